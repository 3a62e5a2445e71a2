/*
 * ask: one question to the collector's Unix socket, one answer (collector/core.h names the acts).
 * Blocking: for tools only.
 */
#ifndef SANSANG_BENCH_ASK_H
#define SANSANG_BENCH_ASK_H

#include <jansson.h>

/* Takes `request`. A new reference; dies with the collector's own words when it refuses or is not there. */
json_t *ask_collector(const char *socket_path, json_t *request);

#endif
