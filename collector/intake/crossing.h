/*
 * crossing: what an agent's connection loses either way, by counting at both ends.
 *
 * Each heartbeat of the agent tells how many TCP segments with data it had sent and received just before. TCP delivers in order, so when the
 * heartbeat is read all that was sent before it has come, and what the kernel here counts fewer was lost on the way up; repetitions count
 * at both ends. Down, what had been sent when the heartbeat before came and is not counted there by now was lost. Either estimate is too
 * low by the few segments that were sent between two countings, never too high; so the highest one stands. Pure. Runs in intake.
 */
#ifndef SANSANG_CROSSING_H
#define SANSANG_CROSSING_H

#include <stdbool.h>
#include <stdint.h>

/* Zero at first. */
struct crossing {
	uint32_t lost_up, lost_down; /* since the connection began */
	uint32_t out_before;         /* sent when the last heartbeat came; 0: none yet */
	uint32_t told_up, told_down;
	int64_t told_ms;
};

/* A heartbeat: the agent's counts in it, and ours now. */
void crossing_beat(struct crossing *c, uint32_t their_out, uint32_t their_in, uint32_t our_out, uint32_t our_in);
/* Is there more lost than was told, and is it time to tell? Counts as told then. Loop time. */
bool crossing_due(struct crossing *c, int64_t now_ms);

#endif
