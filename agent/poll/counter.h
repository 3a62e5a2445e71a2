/*
 * counter: a device's counter made steady: it only rises, over wraps of 32 bits, and where it was set back there is a gap and no spike.
 */
#ifndef SANSANG_POLL_COUNTER_H
#define SANSANG_POLL_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

struct counter {
	int bits; /* 0: never seen */
	int64_t raw, total;
};

/*
 * The total, or METRIC_UNKNOWN: not told, or set back since. `most`: what it can have counted since the last
 * reading, 0 when that is not known. `reset`: the device says, or it is known, that it began anew. A 32-bit counter that
 * may wrap more than once between two readings counts too little: that is what 64-bit ones are for.
 */
int64_t counter_step(struct counter *c, int64_t raw, int bits, int64_t most, bool reset);

#endif
