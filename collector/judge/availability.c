#include "collector/judge/availability.h"

#include <math.h>

#define MINUTE_MS 60000
#define DOWN_MS 30000

/* First interval that ends after `at`. */
static size_t interval_from(const struct interval *intervals, size_t count, int64_t at)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (intervals[mid].stop <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int64_t overlap(const struct interval *i, int64_t from, int64_t until)
{
	int64_t a = i->start > from ? i->start : from, b = i->stop < until ? i->stop : until;
	return b > a ? b - a : 0;
}

static enum state minute_from(const struct interval *intervals, size_t count, size_t first, int64_t minute_ms)
{
	int64_t down = 0, seen = 0, end = minute_ms + MINUTE_MS;
	for (size_t i = first; i < count && intervals[i].start < end; i++) {
		int64_t ms = overlap(&intervals[i], minute_ms, end);
		if (intervals[i].state == STATE_UNOBSERVED)
			continue;
		seen += ms;
		if (intervals[i].state == STATE_DOWN)
			down += ms;
	}
	if (down >= DOWN_MS)
		return STATE_DOWN;
	return seen > 0 ? STATE_UP : STATE_UNOBSERVED;
}

enum state minute_state(const struct interval *intervals, size_t count, int64_t minute_ms)
{
	return minute_from(intervals, count, interval_from(intervals, count, minute_ms), minute_ms);
}

/* Whole minutes from `minute` on that nothing but interval i (or nothing at all) touches. */
static int64_t minutes_alike(const struct interval *intervals, size_t count, size_t i, int64_t minute, int64_t until)
{
	int64_t stop = until;
	if (i < count && intervals[i].start <= minute)
		stop = intervals[i].stop < until ? intervals[i].stop : until;
	else if (i < count && intervals[i].start < until)
		stop = intervals[i].start;
	return (stop - minute) / MINUTE_MS;
}

struct minutes minutes_count(const struct interval *intervals, size_t count, int64_t from, int64_t until)
{
	struct minutes m = {0};
	from -= from % MINUTE_MS;
	until -= until % MINUTE_MS;
	size_t i = interval_from(intervals, count, from);
	for (int64_t minute = from; minute < until;) {
		while (i < count && intervals[i].stop <= minute)
			i++;
		int64_t alike = minutes_alike(intervals, count, i, minute, until);
		if (alike < 1)
			alike = 1;
		enum state s = minute_from(intervals, count, i, minute);
		*(s == STATE_DOWN ? &m.down : s == STATE_UP ? &m.up : &m.unobserved) += alike;
		minute += alike * MINUTE_MS;
	}
	return m;
}

double minutes_availability(const struct minutes *m)
{
	int64_t seen = m->up + m->down;
	return seen ? (double)m->up / (double)seen : NAN;
}

double minutes_coverage(const struct minutes *m)
{
	int64_t all = m->up + m->down + m->unobserved;
	return all ? (double)(m->up + m->down) / (double)all : 0;
}
