#include "common/conf_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define EXPECTED_TIME "a date such as 2025-07-01, or a time with its offset such as 2025-07-01T00:00:00+07:00"
#define DAY_MS 86400000LL

/* Exactly `digits` digits at *p, moved past; -1 when there are others. */
static int64_t number(const char **p, int digits)
{
	int64_t v = 0;

	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static bool skip(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that leap days end them. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool date_read(const char **p, int64_t *days)
{
	static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t y = number(p, 4);

	if (y < 1970 || !skip(p, '-'))
		return false;
	int64_t m = number(p, 2);
	if (m < 1 || m > 12 || !skip(p, '-'))
		return false;
	int64_t d = number(p, 2), leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d < 1 || d > lengths[m - 1] + (m == 2 ? leap : 0))
		return false;
	*days = days_of(y, m, d);
	return true;
}

static bool clock_read(const char **p, int64_t *ms)
{
	int64_t h = number(p, 2);

	if (h < 0 || h > 23 || !skip(p, ':'))
		return false;
	int64_t m = number(p, 2), s = 0, fraction = 0;
	if (m < 0 || m > 59)
		return false;
	if (skip(p, ':') && ((s = number(p, 2)) < 0 || s > 59))
		return false;
	if (skip(p, '.') && (fraction = number(p, 3)) < 0)
		return false;
	*ms = ((h * 60 + m) * 60 + s) * 1000 + fraction;
	return true;
}

static bool offset_read(const char **p, int64_t *ms)
{
	*ms = 0;
	if (skip(p, 'Z'))
		return true;
	int64_t sign = **p == '-' ? -1 : 1;
	if (!skip(p, '+') && !skip(p, '-'))
		return false;
	int64_t h = number(p, 2);
	if (h < 0 || h > 15)
		return false;
	skip(p, ':');
	int64_t m = number(p, 2);
	if (m < 0 || m > 59)
		return false;
	*ms = sign * (h * 60 + m) * 60000;
	return true;
}

const char *conf_time_read(const char *text, const struct zone *zone, int64_t *out)
{
	int64_t days, clock, offset;
	const char *p = text;

	if (!strcmp(text, "never")) {
		*out = INT64_MAX;
		return NULL;
	}
	if (!date_read(&p, &days))
		return EXPECTED_TIME;
	if (!*p) {
		*out = zone_utc_ms(zone, days * DAY_MS);
		return NULL;
	}
	if ((!skip(&p, 'T') && !skip(&p, ' ')) || !clock_read(&p, &clock))
		return EXPECTED_TIME;
	skip(&p, ' ');
	if (!*p)
		return "the time's offset too, such as +07:00 or Z";
	if (!offset_read(&p, &offset) || *p)
		return EXPECTED_TIME;
	*out = days * DAY_MS + clock - offset;
	return NULL;
}
