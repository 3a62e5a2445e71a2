/*
 * closer: when a line that lost something is looked at more closely, and what that came to.
 *
 * Five echoes cannot tell 5 % of loss from 1 %. A line is therefore asked with 32 in two trains each step, and when any of them was lost,
 * or the last look lost 2 % or more, echoes go on one by one, CLOSER_GAP_MS apart, until the next step: about 350 a step, at most
 * 18 kbit/s each way, 7 % of a line of 256 kbit/s. A line at 5 % is looked at from the first step on with 81 %, from one of the first three with
 * 99.3 % (1 - 0.95^32, 1 - 0.95^96). Judge weighs the counts (collector/judge/quality.h); what is lost in one stretch is one burst, across
 * runs too. Nothing is looked at while nothing comes at all. Pure. Runs in the eyes process.
 */
#ifndef SANSANG_CLOSER_H
#define SANSANG_CLOSER_H

#include "agent/probe/probe.h"

#define CLOSER_TRAIN 16
#define CLOSER_ECHOES 32 /* of each step, and when none of them came as many more (probe_options.more) */
#define CLOSER_GAP_MS 20
#define CLOSER_RUN 64    /* echoes of one run of a look, at most */
#define CLOSER_AT_ONCE 8 /* lines of one agent that are looked at closely at the same time */

/* Zero at first. */
struct closer {
	int64_t until_ms;                /* boot time; 0: all is well */
	int64_t wait_ms;                 /* for an answer */
	unsigned echoes, lost, bursts;   /* since they were taken */
	unsigned look_echoes, look_lost; /* ... of looks alone */
	bool in_burst;                   /* the last echo was lost */
};

/* A run of the check is over; `look`: it was a closer one. */
void closer_note(struct closer *c, const struct probe_result *r, bool look, int64_t now_ms);
/* Moves what was counted into r->looked and the others. */
void closer_take(struct closer *c, struct probe_result *r);
/* How many echoes a closer run may send now that must be over at `due_ms`; 0: none. */
unsigned closer_count(const struct closer *c, int64_t now_ms, int64_t due_ms);

#endif
