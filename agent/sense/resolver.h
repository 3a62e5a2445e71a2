/*
 * resolver: which name servers this host asks (resolv.conf, and what stands behind systemd's stub).
 *
 * Looked at each step by its time stamp, read when that changed. Event "resolver": `resolver 10.0.0.1 10.0.0.2`, at the start and on
 * change; `resolver none`. Runs in the agent process.
 */
#ifndef SANSANG_RESOLVER_H
#define SANSANG_RESOLVER_H

#include "agent/sense/sense.h"

#define RESOLVER_TEXT 512

/* The servers that `path` names, each with a blank before it: " 10.0.0.1 10.0.0.2"; "" none. Pure but for the file. */
void resolver_servers(const char *path, char out[RESOLVER_TEXT]);

extern const struct sense sense_resolver;

#endif
