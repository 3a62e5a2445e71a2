#include "agent/probe/phase.h"

#define SLOT_MS 100
#define CROWD 16
#define AT_ONCE_MS 50
#define AT_ONCE_SLOTS 4

/* FNV-1a, finished by a multiplication. */
uint64_t phase_hash(unsigned seed, const char *text)
{
	uint64_t h = 14695981039346656037u ^ seed;

	for (const char *p = text; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	return ((h ^ h >> 29) * 0xbf58476d1ce4e5b9u) >> 16;
}

int64_t phase_ms(const struct phase_crowd *crowd, uint64_t check, int64_t every_ms)
{
	uint64_t every = (uint64_t)every_ms, slots = every / SLOT_MS, crowds = 1 + crowd->checks / CROWD;

	if (crowd->at_once)
		return (int64_t)(check % (crowds < AT_ONCE_SLOTS ? crowds : AT_ONCE_SLOTS)) * AT_ONCE_MS;
	if (slots > crowds)
		slots = crowds;
	return (int64_t)((crowd->agent % (every / SLOT_MS) * SLOT_MS + check % slots * (every / slots)) % every);
}

int64_t phase_next_ms(int64_t now_ms, int64_t offset_ms, int64_t phase, int64_t every_ms, int64_t last_ms)
{
	int64_t since = (now_ms + offset_ms - phase) % every_ms;
	int64_t due = now_ms - since + (since < 0 ? 0 : every_ms);

	/* a timer may come a little early: the same turn is not due twice */
	if (due - last_ms < every_ms / 2 && due > last_ms - every_ms)
		due += every_ms;
	return due;
}
