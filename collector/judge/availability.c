#include "collector/judge/availability.h"

#include <math.h>

#define MINUTE_MS 60000
#define DOWN_MS 30000

/* First interval that ends after `at`. */
static size_t interval_from(const struct check_history *h, int64_t at)
{
	size_t low = 0, high = h->count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (h->intervals[mid].stop <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int64_t overlap(int64_t a, int64_t b, int64_t from, int64_t until)
{
	a = a > from ? a : from;
	b = b < until ? b : until;
	return b > a ? b - a : 0;
}

/* How much of [from, until) is excused for what began at `began`; overlapping excuses count once. */
static int64_t excused_ms(const struct check_history *h, int64_t began, int64_t from, int64_t until)
{
	int64_t sum = 0, at = from;
	while (at < until) {
		int64_t stop = until;
		bool in = false;
		for (size_t k = 0; k < h->excused_count; k++) {
			const struct excused *e = &h->excused[k];
			if (began < e->from || e->until <= at)
				continue;
			if (e->from <= at) {
				stop = !in || e->until > stop ? e->until : stop;
				in = true;
			} else if (!in && e->from < stop) {
				stop = e->from;
			}
		}
		stop = stop < until ? stop : until;
		sum += in ? stop - at : 0;
		at = stop;
	}
	return sum;
}

static enum minute_state minute_from(const struct check_history *h, size_t first, int64_t minute_ms)
{
	int64_t down = 0, excused = 0, seen = 0, end = minute_ms + MINUTE_MS;
	for (size_t i = first; i < h->count && h->intervals[i].start < end; i++) {
		const struct interval *v = &h->intervals[i];
		int64_t ms = overlap(v->start, v->stop, minute_ms, end);
		if (v->state == STATE_UNOBSERVED)
			continue;
		seen += ms;
		if (v->state != STATE_DOWN)
			continue;
		down += ms;
		if (h->excused_count)
			excused += excused_ms(h, v->start, v->start > minute_ms ? v->start : minute_ms,
			        v->stop < end ? v->stop : end);
	}
	if (down - excused >= DOWN_MS)
		return MINUTE_DOWN;
	if (down >= DOWN_MS)
		return MINUTE_EXCUSED;
	if (seen > 0)
		return MINUTE_UP;
	bool planned = h->excused_count && excused_ms(h, minute_ms + DOWN_MS, minute_ms, end) >= DOWN_MS;
	return planned ? MINUTE_EXCUSED : MINUTE_UNOBSERVED;
}

enum minute_state minute_state(const struct check_history *h, int64_t minute_ms)
{
	return minute_from(h, interval_from(h, minute_ms), minute_ms);
}

/* Where the next excuse begins or ends after `at`, at most `stop`. */
static int64_t next_edge(const struct check_history *h, int64_t at, int64_t stop)
{
	for (size_t k = 0; k < h->excused_count; k++) {
		const struct excused *e = &h->excused[k];
		stop = e->from > at && e->from < stop ? e->from : stop;
		stop = e->until > at && e->until < stop ? e->until : stop;
	}
	return stop;
}

/* Whole minutes from `minute` on that nothing but interval i (or nothing at all) touches. */
static int64_t minutes_alike(const struct check_history *h, size_t i, int64_t minute, int64_t until)
{
	int64_t stop = until;
	if (i < h->count && h->intervals[i].start <= minute)
		stop = h->intervals[i].stop < until ? h->intervals[i].stop : until;
	else if (i < h->count && h->intervals[i].start < until)
		stop = h->intervals[i].start;
	return (next_edge(h, minute, stop) - minute) / MINUTE_MS;
}

struct minutes minutes_count(const struct check_history *h, int64_t from, int64_t until)
{
	struct minutes m = {0};
	from -= from % MINUTE_MS;
	until -= until % MINUTE_MS;
	size_t i = interval_from(h, from);
	for (int64_t minute = from; minute < until;) {
		while (i < h->count && h->intervals[i].stop <= minute)
			i++;
		int64_t alike = minutes_alike(h, i, minute, until);
		if (alike < 1)
			alike = 1;
		int64_t *const sums[] = {[MINUTE_UNOBSERVED] = &m.unobserved,
		        [MINUTE_UP] = &m.up,
		        [MINUTE_DOWN] = &m.down,
		        [MINUTE_EXCUSED] = &m.excused};
		*sums[minute_from(h, i, minute)] += alike;
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
