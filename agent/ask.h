/*
 * ask: what the collector's people may ask an agent to look at now, answered within seconds.
 *
 * {"do": "trace", "target": "HOST" or "HOST:PORT" (by TCP then), "source": optional}
 * {"do": "probe", "type": "tcp", "target": "10.0.0.5:443"}     as the command `sansang-agent probe`
 * {"do": "check", "service": "land"}                           a check of the central configuration, as it stands there
 * The answer is the JSON of the commands `sansang-agent trace` and `probe`, or {"error": "text for a person"}. At most
 * ASK_RUNNING_MAX at a time and ASK_PER_MINUTE a minute: more are refused, so that nobody makes a flood of us.
 * Runs in the eyes process.
 */
#ifndef SANSANG_ASK_H
#define SANSANG_ASK_H

#include <uv.h>

#include "agent/central.h"
#include "agent/probe/icmp.h"

#define ASK_RUNNING_MAX 4
#define ASK_PER_MINUTE 30

struct asks;

/* `json` (malloc'ed, taken) answers the ask that `token` came with; comes once for each, unless asks_close() came first. */
typedef void (*ask_on_answer)(void *arg, void *token, char *json);

/* `icmp` is borrowed, may be NULL. */
struct asks *asks_new(uv_loop_t *loop, struct icmp *icmp, ask_on_answer on_answer, void *arg);
/* `central` is borrowed during the call and may be NULL. The answer may come during the call. */
void asks_put(struct asks *a, const struct central *central, const char *json, size_t len, void *token);
/* Closes its handles; the memory goes with the last. */
void asks_close(struct asks *a);

#endif
