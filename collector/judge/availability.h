/*
 * availability: minutes out of state intervals.
 *
 * A minute is down when at least 30 s of it were, else up when any of it was seen
 * (slow is up), else unobserved. Intervals are of one check, rising, not overlapping; stretches that no interval
 * covers are unobserved. Pure; runs in judge and wherever figures are made.
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

struct minutes {
	int64_t up, down, unobserved;
};

/* STATE_UP, STATE_DOWN or STATE_UNOBSERVED of the minute that begins at `minute_ms`. */
enum state minute_state(const struct interval *intervals, size_t count, int64_t minute_ms);
/* Counts every minute of [from, until), both rounded down to a minute; long stretches of one state cost nothing. */
struct minutes minutes_count(const struct interval *intervals, size_t count, int64_t from, int64_t until);
/* up / (up + down); NaN when neither was seen. */
double minutes_availability(const struct minutes *m);
/* observed / all; 0 when there are none. */
double minutes_coverage(const struct minutes *m);

#endif
