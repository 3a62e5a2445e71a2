/*
 * host: how the machine is, from /proc and its file systems.
 *
 * The files are opened once and read anew each step, so it goes on in the
 * sandbox. A value that cannot be read is METRIC_UNKNOWN. The disk told of is the fullest of the
 * local file systems (the list is looked at anew each minute or so). Runs in the agent process.
 */
#ifndef SANSANG_HOST_H
#define SANSANG_HOST_H

#include <stdint.h>

#include "common/metric.h"

struct host;

/* `proc_root` "/proc"; tests give a folder of their own. Never fails: what is missing stays unknown. */
struct host *host_open(const char *proc_root);
void host_close(struct host *h);
/* One row as enum host_column; its CPU figure is of the time since the last, or since host_open(). */
void host_read(struct host *h, int64_t values[METRIC_COLUMNS_MAX]);
/* CPU time (user and system) and resident bytes of this process. */
void host_self(struct host *h, int64_t *cpu_us, int64_t *rss_bytes);

#endif
