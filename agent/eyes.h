/*
 * eyes: the process that probes.
 *
 * It parses what servers answer, so it holds nothing worth stealing: no key, no spool, no
 * file but the resolver's. Its raw sockets are opened before privileges are dropped. What it sees
 * goes to the agent process (talk.h): once a step, and at once when a state changes.
 */
#ifndef SANSANG_EYES_H
#define SANSANG_EYES_H

#include "common/process.h"

/* Role "eyes"; arg is a const struct agent_config *. */
int eyes_run(struct process *self, void *arg);

#endif
