/*
 * agent: the process that owns the key, the spool and the uplink.
 *
 * Each step, at multiples of the step in collector time, it senses the host and its
 * interfaces, gathers what the eyes saw and seals one batch; a change of state is sealed at
 * once. Before the collector told its time, the own wall clock aligns the steps, right or not.
 */
#ifndef SANSANG_AGENT_H
#define SANSANG_AGENT_H

#include "common/process.h"

/* Role "agent"; arg is a const struct agent_config *. */
int agent_run(struct process *self, void *arg);

#endif
