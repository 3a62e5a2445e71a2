#include "collector/judge/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/trouble.h"
#include "common/memory.h"

#define FORGET_EVERY_MS 3600000

static bool same(const char *a, const char *b)
{
	return a ? b && !strcmp(a, b) : !b;
}

/* ---- excuses ---- */

/* Silence is dated from the last word before it, so it seems to begin a little early. */
static int64_t early_ms(const struct judge_check *c)
{
	return c->kind == KIND_AGENT ? c->step_ms + 5000 : 0;
}

/* The one that excuses what began at `from` and still holds at `at`; what began before it is not excused. */
static const struct excuse *excuse_of(const struct judge *j, const struct judge_check *c, int64_t from, int64_t at)
{
	for (size_t k = 0; k < j->excuses.count; k++) {
		const struct excuse *e = j->excuses.all[k];
		if (e->approved && e->from - early_ms(c) <= from && from < e->until && at < e->until &&
		        excuse_covers(e, j->inv, c, from))
			return e;
	}
	return NULL;
}

static void excuse_name(const struct excuse *e, char *out, size_t size)
{
	snprintf(out, size, "%s:%s", excuse_kind_name(e->kind), e->id);
}

/* Every trouble that makes it must be excused, and not all by the same. */
static const struct excuse *excuse_of_all(const struct judge *j, const struct incident *i)
{
	const struct excuse *found = NULL;
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *t = j->troubles[k];
		if (t->incident != i || !t->primary)
			continue;
		const struct excuse *e = excuse_of(j, t->check, t->from, j->now);
		if (!e)
			return NULL;
		found = found ? found : e;
	}
	return found;
}

/* "maintenance:ID": when that was over; now when it is not, or is not known any more. */
static int64_t excuse_over_at(const struct judge *j, const char *name)
{
	const char *id = strchr(name, ':');
	const struct excuse *e = id ? excuse_find(&j->excuses, id + 1) : NULL;
	return e && e->until < j->now ? e->until : j->now;
}

static void excuse_set(struct judge *j, struct incident *i, const struct excuse *e)
{
	char name[96] = "";
	if (e)
		excuse_name(e, name, sizeof name);
	if (same(i->excused, e ? name : NULL))
		return;
	/* what is told now was only found when nothing excused it any more */
	if (!e)
		i->detected_at = excuse_over_at(j, i->excused);
	free(i->excused);
	i->excused = e ? mem_str(name) : NULL;
	i->dirty = i->changed = j->urgent = true;
}

void life_excuse_all(struct judge *j)
{
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (incident_is_open(i) && i->open_count && i->said != SAID_OPEN)
			excuse_set(j, i, excuse_of_all(j, i));
	}
}

/* ---- beginning and coming back ---- */

void life_begin(struct judge *j, struct incident *i, const struct judge_check *c, int64_t from)
{
	const struct unit *u = c->site ? site_unit(j->inv, c->site, from) : NULL;
	const struct excuse *e = excuse_of(j, c, from, from);
	i->live = from >= unit_go_live(j->inv, u);
	if (c->uplink && !i->carrier) {
		i->carrier = mem_str(c->uplink->carrier);
		i->circuit = mem_str(c->uplink->circuit);
	}
	if (!e)
		return;
	char name[96];
	excuse_name(e, name, sizeof name);
	free(i->excused);
	i->excused = mem_str(name);
}

/* Is it down elsewhere too? One site alone does not bring back what was the matter of many. */
static bool fails_elsewhere(const struct judge *j, const struct judge_check *c)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct judge_check *o = j->troubles[k]->check;
		if (o->kind == c->kind && o->site != c->site && !strcmp(o->instance, c->instance))
			return true;
	}
	return false;
}

static bool same_target(const struct judge *j, const struct incident *i, const struct judge_check *c)
{
	enum check_kind kind = c->kind == KIND_PATH ? KIND_UPLINK : c->kind;
	if (i->kind != kind || i->simulated != c->site->simulated || i->outside != c->terminal)
		return false;
	if (i->wide) {
		char what[160];
		snprintf(what, sizeof what, "service:%s@%s", c->instance, c->node->name);
		return kind == KIND_SERVICE && same(i->service, c->instance) && incident_touches(i, what) &&
		       fails_elsewhere(j, c);
	}
	if (!same(i->site, c->site->id))
		return false;
	if (kind == KIND_SERVICE || kind == KIND_TLS)
		return same(i->service, c->service ? c->service->id : NULL);
	if (kind == KIND_UPLINK)
		return same(i->uplink, c->uplink ? c->uplink->id : NULL);
	return same(i->node, c->node->name);
}

struct incident *life_return(const struct judge *j, const struct judge_check *c, int64_t from)
{
	bool excused = excuse_of(j, c, from, from) != NULL;
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		int64_t ended = incident_ended_at(i);
		if (ended && !i->closed_by && from >= ended && from - ended <= LIFE_REOPEN_MS &&
		        (i->excused != NULL) == excused && same_target(j, i, c))
			return i;
	}
	return NULL;
}

/* ---- the end ---- */

static bool shows_down(const struct judge *j, const struct judge_check *c)
{
	if (c->kind == KIND_AGENT)
		return c->node->link != LINK_CONNECTED;
	return check_state_now(c, j->now, NULL) == STATE_DOWN;
}

bool life_is_down(const struct judge *j, const struct incident *i)
{
	if (j->cut == i || j->worn == i)
		return true;
	for (size_t k = 0; k < j->trouble_count; k++)
		if (j->troubles[k]->incident == i && j->troubles[k]->primary && shows_down(j, j->troubles[k]->check))
			return true;
	return false;
}

bool life_close(struct judge *j, struct incident *i, const char *by, const char *reason, bool forced, int64_t at)
{
	if (!incident_is_open(i) || (!forced && life_is_down(j, i)))
		return false;
	/* what is down stays with it until it is back; what nobody sees may make another incident */
	i->open_count = 0;
	for (size_t k = j->trouble_count; k > 0; k--) {
		struct trouble *t = j->troubles[k - 1];
		if (t->incident != i)
			continue;
		t->primary = true;
		if (shows_down(j, t->check))
			i->open_count++;
		else
			trouble_drop(j, t);
	}
	free(i->closed_by);
	free(i->close_reason);
	i->closed_by = mem_str(by);
	i->close_reason = mem_str(reason);
	incident_resolve(i, at);
	testimony_resolved(j, i);
	j->troubles_dirty = j->urgent = true;
	return true;
}

/* Nothing in memory leads to it any more. */
static bool is_held(const struct judge *j, const struct incident *i)
{
	for (size_t k = 0; k < j->trouble_count; k++)
		if (j->troubles[k]->incident == i || j->troubles[k]->after == i)
			return true;
	for (uint32_t k = 0; k < j->fleet.count; k++)
		if (j->fleet.nodes[k]->witnessed == i)
			return true;
	for (size_t k = 0; k < j->gap_count; k++)
		if (j->gaps[k].incident == i)
			return true;
	return j->cut == i || j->worn == i;
}

static bool is_long_over(const struct judge *j, const struct incident *i)
{
	int64_t ended = i->resolved_at > i->opened_at ? i->resolved_at : i->opened_at;
	return !incident_is_open(i) && !i->dirty && ended < j->now - LIFE_KEEP_MS && !is_held(j, i);
}

static void forget(struct judge *j)
{
	size_t kept = 0;
	for (size_t k = 0; k < j->incidents.count; k++)
		kept += !is_long_over(j, j->incidents.all[k]);
	if (kept < j->incidents.count)
		incidents_forget(&j->incidents, is_long_over, j);
	excuses_forget(&j->excuses, j->now - LIFE_KEEP_MS);
}

void life_tick(struct judge *j)
{
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (i->excused && incident_is_open(i) && i->open_count)
			excuse_set(j, i, excuse_of_all(j, i));
	}
	if (j->now / FORGET_EVERY_MS == j->forgot_at / FORGET_EVERY_MS)
		return;
	j->forgot_at = j->now;
	forget(j);
}
