/*
 * conf_time: instants as people write them in configuration.
 *
 * "2025-07-01" is midnight in the zone; "2025-07-01T00:00:00+07:00" (or with "Z", a blank for the T, minutes only,
 * milliseconds) names its offset; "never" is INT64_MAX.
 */
#ifndef SANSANG_CONF_TIME_H
#define SANSANG_CONF_TIME_H

#include <stdint.h>

#include "common/zone.h"

/* NULL when *out is set, else what was expected (static text). Years 1970 to 9999. */
const char *conf_time_read(const char *text, const struct zone *zone, int64_t *out);

#endif
