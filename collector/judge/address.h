/*
 * address: another machine uses an address of ours, as a state.
 *
 * Agents tell it as events (agent/sense/conflict.h, lease.h): at once, again each minute while it is heard, and when it is over. Each address
 * makes a check of kind "conflict" at its node, degraded while the conflict lasts, which is a trouble of its own. An agent that
 * was started anew or lost what it heard tells no end: what was not told again for ADDRESS_OVER_MS while the agent
 * reports is over. Only addresses that look like one make a check: a peer in the site's network does not choose them. Runs in judge.
 */
#ifndef SANSANG_JUDGE_ADDRESS_H
#define SANSANG_JUDGE_ADDRESS_H

#include "collector/judge/judge.h"

#define ADDRESS_OVER_MS 180000

/* An event of a batch of node `n`; other kinds are passed over. Transitions wait for judge_settle(). */
void address_event(struct judge *j, struct judge_node *n, int64_t at, const char *kind, const char *text);
/* Conflicts that nobody tells any more end; transitions wait for judge_settle(). */
void address_tick(struct judge *j);

#endif
