/*
 * once: checks that are run one time each, side by side, and waited for: for commands, which have no loop of their own.
 *
 * Ends when all have their results: a few seconds, whatever the targets do. Each check is tried as often as in the agent.
 */
#ifndef SANSANG_ONCE_H
#define SANSANG_ONCE_H

#include "agent/probe/prober.h"
#include "agent/probe/trace.h"

/* results[i] is of specs[i]; texts of the specs are borrowed during the call. */
void once_run(const struct check_spec *specs, size_t count, struct probe_result *results);
void once_trace(const struct trace_request *request, struct trace_result *out);

#endif
