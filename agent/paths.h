/*
 * paths: when to trace: on failure, and now and then while all is well, so that there is a last good path to compare with.
 *
 * A check that goes down for a reason that the way may have, or a line that loses much, is traced at once (one trace at a
 * time, each target at most once in PATHS_AGAIN_MS, PATHS_PER_HOUR in all); a target that is up is traced when first
 * seen and then every PATHS_GOOD_MS, spread by the node's name, with half of PATHS_PER_HOUR. A hole that a check of the
 * MTU finds is traced as its path. Each trace is an event of kind "trace": `SUBJECT JSON`, SUBJECT "path:core",
 * "uplink:mk-ts" or "svc:land"; JSON as trace_json() with "why" ("down", "loss", "mtu" or "good"), "was" (the last good
 * path's addresses, when it differs) and "broke_after" (of "was": from 1, its last hop that still answers; 0 none). A good
 * trace that is as the one before is not told again. Runs in the eyes process.
 */
#ifndef SANSANG_PATHS_H
#define SANSANG_PATHS_H

#include "agent/probe/prober.h"
#include "agent/probe/trace.h"
#include "agent/sink.h"

#define PATHS_AGAIN_MS (10 * 60 * 1000)
#define PATHS_PER_HOUR 60
#define PATHS_GOOD_MS (6 * 3600 * 1000)

struct paths;

/* All borrowed; `spread` the node's name. */
struct paths *paths_new(uv_loop_t *loop, struct icmp *icmp, const struct sink *sink, const char *spread);
/* What is watched now: checks with a target to trace; specs are borrowed during the call. */
void paths_set(struct paths *p, const struct check_spec *specs, size_t count);
/* Every result of the prober. */
void paths_result(struct paths *p, const struct check_spec *spec, const struct probe_result *r, bool changed);
void paths_close(struct paths *p);

#endif
