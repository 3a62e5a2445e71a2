/*
 * phase: when within its period a check runs, in collector time.
 *
 * A wake-up costs several probes' worth of cold caches, so an agent's checks share one by crowds of sixteen or so;
 * where in the period the first crowd stands depends on the agent, so that many agents do not fall upon one
 * server at once. Pure. Runs in the eyes process.
 */
#ifndef SANSANG_PHASE_H
#define SANSANG_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Near texts fall far apart. */
uint64_t phase_hash(unsigned seed, const char *text);

struct phase_crowd {
	uint64_t agent; /* hash of its name */
	size_t checks;  /* that it has of this sort */
	bool at_once;   /* within the first 200 ms of each period */
};

/* 0 .. every_ms - 1 of the check with that hash. */
int64_t phase_ms(const struct phase_crowd *crowd, uint64_t check, int64_t every_ms);
/* Boot time of the next turn of a check whose last was due at `last_ms` (0: none); collector time = boot time + offset. */
int64_t phase_next_ms(int64_t now_ms, int64_t offset_ms, int64_t phase, int64_t every_ms, int64_t last_ms);

#endif
