/*
 * offset: wall time of one boot of one agent: wall = boot + offset, chosen by the collector.
 *
 * Each frame that tells the agent's boot clock gives a measurement, collector's wall - boot, which is the true
 * offset and the delay on the way: never less. The least of the first ones is taken, and kept for the
 * boot; it changes only when a whole row of measurements says that it is wrong by more than
 * OFFSET_SLACK_MS (the collector's clock was set), or one is below it by more than that. Intake only.
 */
#ifndef SANSANG_OFFSET_H
#define SANSANG_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

#define OFFSET_SLACK_MS 500
#define OFFSET_ROW 5 /* measurements */

struct offset {
	uint8_t boot_id[BOOT_ID_BYTES];
	bool known;
	unsigned seen; /* measurements of the row at hand */
	bool refined;  /* the first row is over, or the agent brought the offset along */
	int64_t offset_ms, least_ms;
};

/* A connection's hello: the same boot keeps its offset, another begins anew, with what the agent was told earlier if that fits. */
void offset_hello(
        struct offset *o, const uint8_t boot_id[BOOT_ID_BYTES], int64_t measured_ms, bool told, int64_t told_ms);
/* True when the offset changed. */
bool offset_measure(struct offset *o, int64_t measured_ms);

#endif
