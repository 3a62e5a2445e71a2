/*
 * zone: the offsets of an IANA time zone, read from the system's zoneinfo without touching TZ.
 *
 * Runs in any process; reads one file when it is loaded and nothing after, so load it before the sandbox closes or allow
 * /usr/share/zoneinfo. Times are milliseconds. Format: RFC 8536. After the last transition in the file (2037 in Debian)
 * its offset stays in force.
 */
#ifndef SANSANG_ZONE_H
#define SANSANG_ZONE_H

#include <stdint.h>

struct zone;

/* NULL and "UTC" need no file. 0 and gives *out; -EINVAL for a bad name or file, -errno when the file cannot be read. */
int zone_load(const char *name, struct zone **out);
/* NULL is fine. */
void zone_free(struct zone *z);
/* What must be added to UTC at that instant to get local time. NULL is UTC. */
int64_t zone_offset_ms(const struct zone *z, int64_t utc_ms);
/* UTC of a local wall time. A time that the clock skipped or repeated gives a UTC time within an hour of it. */
int64_t zone_utc_ms(const struct zone *z, int64_t local_ms);

#endif
