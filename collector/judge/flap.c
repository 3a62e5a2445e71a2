#include "collector/judge/flap.h"

#include <string.h>

#include "collector/judge/trouble.h"

#define LATE_MS 120000 /* history waits for nothing */

static bool may_flap(const struct judge_check *c)
{
	static const bool kinds[KIND_COUNT] = {[KIND_INTERFACE] = true,
	        [KIND_PATH] = true,
	        [KIND_UPLINK] = true,
	        [KIND_SERVICE] = true,
	        [KIND_AGENT] = true,
	        [KIND_GEAR] = true};
	return kinds[c->kind] && (c->kind == KIND_AGENT || c->machine.state != STATE_DEGRADED);
}

void flap_down(struct judge *j, struct incident *i, struct judge_check *c, int64_t from)
{
	if (!may_flap(c) || i->wide || from <= c->downs[FLAP_TIMES - 1])
		return;
	memmove(c->downs, c->downs + 1, sizeof c->downs - sizeof c->downs[0]);
	c->downs[FLAP_TIMES - 1] = from;
	c->dirty = true;
	if (!c->downs[0] || from - c->downs[0] > FLAP_WINDOW_MS)
		return;
	i->flaps = i->flaps < FLAP_TIMES ? FLAP_TIMES : i->flaps + 1;
	i->dirty = i->changed = true;
	judge_know(j, i, FACT_FLAPS, ANSWER_YES, c->terminal ? RANK_AFAR : RANK_SITE, from, c->node->name);
}

/* How long quiet must last before it is believed. */
static int64_t quiet_ms(const struct incident *i)
{
	bool lines = i->kind == KIND_UPLINK || i->kind == KIND_INTERFACE || i->kind == KIND_AGENT ||
	             i->kind == KIND_SERVICE || i->kind == KIND_GEAR;
	if (!lines || i->wide || i->late || i->closed_by)
		return 0;
	if (i->flaps)
		return FLAP_QUIET_MS;
	return i->last_end - i->began_at < FLAP_SHORT_MS ? FLAP_PAUSE_MS : 0;
}

void flap_up(struct judge *j, struct incident *i)
{
	int64_t quiet = quiet_ms(i);
	if (!quiet || j->now - i->last_end >= quiet || j->now - i->last_end > LATE_MS) {
		incident_resolve(i, i->last_end);
		return;
	}
	i->dirty = i->changed = true;
}

/* Open, and nothing makes it: it waits. The collector's own lines are judged by isolation.c. */
static bool waits(const struct judge *j, const struct incident *i)
{
	return incident_is_open(i) && incident_ended_at(i) && i != j->cut && i != j->worn;
}

void flap_tick(struct judge *j)
{
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (!waits(j, i) || j->now - i->last_end < quiet_ms(i))
			continue;
		incident_resolve(i, i->last_end);
		testimony_resolved(j, i);
		j->urgent = true;
	}
}
