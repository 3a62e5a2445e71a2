/*
 * availability: minutes out of state intervals.
 *
 * A minute is down when at least 30 s of it were, else up when any of it was seen (slow is up), else unobserved.
 * Where an excuse is in force (maintenance, drill, approved power cut) what is down, and what nobody saw for half a minute, is excused; what
 * works is up as ever. What was down before the excuse began is not excused: nobody plans a failure that is there.
 * Intervals are of one check, rising, not overlapping; stretches that no interval covers are unobserved. Excuses may overlap.
 * Pure; runs in judge and wherever figures are made.
 */
#ifndef SANSANG_JUDGE_AVAILABILITY_H
#define SANSANG_JUDGE_AVAILABILITY_H

#include <stddef.h>
#include <stdint.h>

#include "collector/judge/state.h"

struct interval {
	int64_t start, stop; /* UTC ms, stop is not within */
	uint8_t state;       /* enum state */
};

/* When an excuse was in force over the check. */
struct excused {
	int64_t from, until;
};

struct check_history {
	const struct interval *intervals; /* borrowed */
	size_t count;
	const struct excused *excused; /* borrowed, in any order; few */
	size_t excused_count;
};

enum minute_state { MINUTE_UNOBSERVED, MINUTE_UP, MINUTE_DOWN, MINUTE_EXCUSED };

struct minutes {
	int64_t up, down, excused, unobserved;
};

/* Of the minute that begins at `minute_ms`. */
enum minute_state minute_state(const struct check_history *r, int64_t minute_ms);
/* Counts every minute of [from, until), both rounded down to a minute; long stretches of one state cost nothing. */
struct minutes minutes_count(const struct check_history *r, int64_t from, int64_t until);
/* up / (up + down); NaN when neither was seen. */
double minutes_availability(const struct minutes *m);
/* observed / (all but the excused ones); 0 when there are none. */
double minutes_coverage(const struct minutes *m);

#endif
