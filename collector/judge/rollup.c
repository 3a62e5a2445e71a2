#include "collector/judge/rollup.h"

#include <stddef.h>

#include "collector/judge/fleet.h"

static const uint8_t badness[] = {[STATE_UP] = 0, [STATE_UNOBSERVED] = 1, [STATE_DEGRADED] = 2, [STATE_DOWN] = 3};

bool rollup_worse(enum state a, enum state b)
{
	return badness[a] > badness[b];
}

/* Unobserved is no news: whatever another agent saw is better to know. */
static bool better(enum state a, enum state b)
{
	if (a == STATE_UNOBSERVED || b == STATE_UNOBSERVED)
		return b == STATE_UNOBSERVED && a != STATE_UNOBSERVED;
	return badness[a] < badness[b];
}

static bool same_thing(const struct rollup_entry *a, const struct rollup_entry *b)
{
	if (a->kind != b->kind || a->site != b->site)
		return false;
	if (a->kind == KIND_SERVICE)
		return a->service == b->service;
	return (a->kind == KIND_UPLINK || a->kind == KIND_PATH) && a->uplink == b->uplink;
}

/* What surrounds the work: it spoils the colour when it is known to be bad, and is no gap when nobody knows. */
static bool is_around(enum check_kind kind)
{
	static const bool around[KIND_COUNT] = {[KIND_GEAR] = true,
	        [KIND_UPS] = true,
	        [KIND_HEALTH] = true,
	        [KIND_CLOCK] = true,
	        [KIND_MTU] = true,
	        [KIND_CONFLICT] = true};
	return around[kind];
}

void rollup_add(struct rollup *r, const struct rollup_entry *e)
{
	if (is_around(e->kind) && e->state == STATE_UNOBSERVED)
		return;
	bool counts = is_around(e->kind) || e->kind == KIND_HOST || (e->kind == KIND_SERVICE && e->service) ||
	              (e->kind == KIND_UPLINK && e->uplink) || (e->kind == KIND_PATH && e->uplink) ||
	              (e->kind == KIND_AGENT && e->link != LINK_NEVER);
	/* what was never seen at all is not yet there */
	if (e->kind != KIND_AGENT && e->state == STATE_UNOBSERVED && !e->since)
		return;
	if (!counts || (e->service && e->service->responsible == RESPONSIBLE_CENTRAL))
		return;
	for (unsigned k = 0; k < r->count; k++) {
		if (!same_thing(&r->entries[k], e))
			continue;
		if (better(e->state, r->entries[k].state))
			r->entries[k] = *e;
		return;
	}
	if (r->count < ROLLUP_ENTRIES)
		r->entries[r->count++] = *e;
}

/* What the site's own agent saw of its line goes before what is seen from outside. */
static bool outdone(const struct rollup *r, const struct rollup_entry *path)
{
	for (unsigned k = 0; k < r->count; k++) {
		const struct rollup_entry *e = &r->entries[k];
		if (e->kind == KIND_UPLINK && e->uplink == path->uplink && e->state != STATE_UNOBSERVED)
			return true;
	}
	return false;
}

static bool is_line(const struct rollup *r, const struct rollup_entry *e)
{
	return e->kind == KIND_UPLINK || (e->kind == KIND_PATH && !outdone(r, e));
}

static bool another_line_works(const struct rollup *r, const struct rollup_entry *down)
{
	for (unsigned k = 0; k < r->count; k++) {
		const struct rollup_entry *e = &r->entries[k];
		if (is_line(r, e) && e->site == down->site && e->uplink != down->uplink &&
		        (e->state == STATE_UP || e->state == STATE_DEGRADED))
			return true;
	}
	return false;
}

static enum state entry_state(const struct rollup *r, const struct rollup_entry *e)
{
	/* ... but for loss and delay: the agent may look at another part of the line */
	if (e->kind == KIND_PATH && outdone(r, e))
		return e->state == STATE_DEGRADED ? STATE_DEGRADED : STATE_UP;
	if (e->kind == KIND_AGENT)
		return e->link == LINK_SILENT ? STATE_DOWN : e->link == LINK_CONNECTED ? STATE_UP : STATE_UNOBSERVED;
	if (e->state != STATE_DOWN)
		return e->state;
	/* services and lines say whether the work goes on without that switch */
	if (is_around(e->kind) || (e->kind == KIND_SERVICE && !e->service->mandatory))
		return STATE_DEGRADED;
	return is_line(r, e) && another_line_works(r, e) ? STATE_DEGRADED : STATE_DOWN;
}

enum state rollup_state(const struct rollup *r, const struct rollup_entry **worst)
{
	enum state state = STATE_UNOBSERVED;
	const struct rollup_entry *decides = NULL;
	for (unsigned k = 0; k < r->count; k++) {
		enum state s = entry_state(r, &r->entries[k]);
		/* of equals the older one tells since when */
		if (decides && !rollup_worse(s, state) && (s != state || r->entries[k].since >= decides->since))
			continue;
		state = s;
		decides = &r->entries[k];
	}
	if (worst)
		*worst = decides;
	return state;
}
