#include "collector/judge/ways.h"

#include <stdio.h>
#include <string.h>

#include "collector/judge/trouble.h"

#define MINUTE_MS 60000
#define CHANCE (1.0 / 400)
#define COUNTED_MOST 1000 /* more makes no difference */

static void move_on(struct ways *w, int64_t at)
{
	int64_t minute = at / MINUTE_MS;
	for (; w->minute < minute; w->minute++) {
		if (minute - w->minute >= WAYS_KEEP)
			w->minute = minute - WAYS_KEEP;
		for (unsigned k = 0; k < 2; k++) {
			memmove(w->lost[k] + 1, w->lost[k], (WAYS_KEEP - 1) * sizeof w->lost[k][0]);
			w->lost[k][0] = 0;
		}
	}
}

void ways_add(struct ways *w, int64_t at, enum way way, int64_t lost)
{
	int64_t age;
	move_on(w, at);
	age = w->minute - at / MINUTE_MS;
	if (way == WAY_NONE || lost <= 0 || age >= WAYS_KEEP)
		return;
	uint32_t *to = &w->lost[way - WAY_UP][age];
	*to = *to + lost > COUNTED_MOST ? COUNTED_MOST : *to + (uint32_t)lost;
}

void ways_count(struct ways *w, int64_t at, int64_t up, int64_t down)
{
	const int64_t total[2] = {up, down};
	if (up < 0 || down < 0 || up > UINT32_MAX || down > UINT32_MAX)
		return;
	/* fewer than before: another connection */
	bool other = up < w->told[0] || down < w->told[1];
	for (unsigned k = 0; k < 2; k++) {
		ways_add(w, at, k ? WAY_DOWN : WAY_UP, total[k] - (other ? 0 : w->told[k]));
		w->told[k] = (uint32_t)total[k];
	}
}

/* P(X <= few) of n tosses. */
static double tail(unsigned few, unsigned n)
{
	double term = 1, sum = 0;
	for (unsigned k = 0; k < n; k++)
		term /= 2;
	for (unsigned k = 0; k <= few; k++) {
		sum += term;
		term = term * (n - k) / (k + 1);
	}
	return sum;
}

enum way ways_judge(const struct ways *w, int64_t at)
{
	unsigned sum[2] = {0};
	struct ways now = *w;
	move_on(&now, at);
	for (unsigned k = 0; k < 2; k++)
		for (unsigned m = 0; m < WAYS_KEEP; m++)
			sum[k] += now.lost[k][m];
	unsigned few = sum[0] < sum[1] ? sum[0] : sum[1];
	/* a power of two below what a double can hold; so many losses are proof enough */
	unsigned n = sum[0] + sum[1] > COUNTED_MOST ? COUNTED_MOST : sum[0] + sum[1];
	if (!n || few > n / 4 || tail(few, n) >= CHANCE)
		return WAY_NONE;
	return sum[0] > sum[1] ? WAY_UP : WAY_DOWN;
}

void ways_encode(const struct ways *w, struct buf *out)
{
	buf_put_svarint(out, w->minute);
	for (unsigned k = 0; k < 2 * WAYS_KEEP; k++)
		buf_put_varint(out, w->lost[k / WAYS_KEEP][k % WAYS_KEEP]);
	buf_put_varint(out, w->told[0]);
	buf_put_varint(out, w->told[1]);
}

void ways_decode(struct ways *w, struct cursor *c)
{
	w->minute = cursor_svarint(c);
	for (unsigned k = 0; k < 2 * WAYS_KEEP; k++)
		w->lost[k / WAYS_KEEP][k % WAYS_KEEP] = (uint32_t)cursor_varint(c) % (COUNTED_MOST + 1);
	w->told[0] = (uint32_t)cursor_varint(c);
	w->told[1] = (uint32_t)cursor_varint(c);
	if (c->failed)
		memset(w, 0, sizeof *w);
}

/* Its only bad line, or NULL. */
static const struct uplink *bad_line(const struct judge *j, const struct site *s)
{
	const struct uplink *found = NULL;
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct judge_check *c = j->troubles[k]->check;
		if (c->site != s || !c->uplink || !(check_quality(c) & QUALITY_LOSSY))
			continue;
		if (found && found != c->uplink)
			return NULL;
		found = c->uplink;
	}
	return found;
}

static void say(struct judge *j, struct judge_check *c, const struct judge_node *n, enum way way, int64_t at)
{
	char vi[200], en[200];
	if (!trouble_know(j, c, FACT_LOSS_ONE_WAY, ANSWER_YES, RANK_SITE, at, "tcp") || !c->trouble->incident)
		return;
	snprintf(vi, sizeof vi, "Gói chỉ mất trên chiều %s %s, theo TCP của cả hai đầu", way == WAY_UP ? "từ" : "đến",
	        n->name);
	snprintf(en, sizeof en, "Packets are lost only on their way %s %s, as TCP of both ends counts them",
	        way == WAY_UP ? "from" : "to", n->name);
	incident_evidence(c->trouble->incident, at, "tcp", vi, en);
}

void ways_tell(struct judge *j, struct judge_node *n, int64_t at)
{
	const struct ways *w = n->agent->quality ? &n->agent->quality->ways : NULL;
	enum way way = w ? ways_judge(w, at) : WAY_NONE;
	const struct uplink *line = way != WAY_NONE && n->site ? bad_line(j, n->site) : NULL;
	for (size_t k = 0; line && k < j->trouble_count; k++) {
		struct judge_check *c = j->troubles[k]->check;
		if (c->site == n->site && c->uplink == line && (check_quality(c) & QUALITY_LOSSY))
			say(j, c, n, way, at);
	}
}
