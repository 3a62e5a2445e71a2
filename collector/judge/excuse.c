#include "collector/judge/excuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/fleet.h"
#include "common/memory.h"

#define TARGETS_MAX 1000
#define REASON_MAX 1000

static const char *const kinds[] = {"maintenance", "drill", "planned-cut"};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

const char *excuse_kind_name(int kind)
{
	return kinds[kind >= 0 && kind < KINDS ? kind : EXCUSE_MAINTENANCE];
}

/* ---- whom it covers ---- */

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool unit_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	const struct unit *u = c->site ? site_unit(inv, c->site, at) : NULL;
	return u && same(u->id, id);
}

static bool site_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	(void)inv;
	(void)at;
	return c->site && same(c->site->id, id);
}

static bool node_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	(void)inv;
	(void)at;
	return same(c->node->name, id);
}

static bool service_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	(void)inv;
	(void)at;
	return c->service && same(c->service->id, id);
}

/* The line itself, services that can go by no other, and when it is the site's only one all that is heard through it. */
static bool uplink_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	const struct uplink *u = NULL;
	(void)inv;
	(void)at;
	if (c->uplink)
		return same(c->uplink->id, id);
	for (size_t k = 0; c->site && k < c->site->uplink_count; k++)
		if (same(c->site->uplinks[k].id, id))
			u = &c->site->uplinks[k];
	if (!u)
		return false;
	if (c->service && c->service->via && c->service->via[0])
		return same(c->service->via, id) || same(c->service->via, uplink_kind_name(u->kind));
	return c->site->uplink_count == 1;
}

static bool province_covers(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	(void)c;
	(void)at;
	return same(inv->id, id);
}

static const struct {
	const char *name;
	bool (*covers)(const char *id, const struct inventory *inv, const struct judge_check *c, int64_t at);
} targets[] = {
        {"unit:", unit_covers},
        {"site:", site_covers},
        {"node:", node_covers},
        {"service:", service_covers},
        {"uplink:", uplink_covers},
        {"province:", province_covers},
};

bool excuse_covers(const struct excuse *e, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	if (!inv)
		return false;
	for (size_t k = 0; k < e->target_count; k++)
		for (size_t m = 0; m < sizeof targets / sizeof targets[0]; m++) {
			size_t len = strlen(targets[m].name);
			if (!strncmp(e->targets[k], targets[m].name, len) &&
			        targets[m].covers(e->targets[k] + len, inv, c, at))
				return true;
		}
	return false;
}

const struct excuse *excuse_at(
        const struct excuses *all, const struct inventory *inv, const struct judge_check *c, int64_t at)
{
	const struct excuse *expected = NULL;
	for (size_t k = 0; k < all->count; k++) {
		const struct excuse *e = all->all[k];
		if (at < e->from || at >= e->until || !excuse_covers(e, inv, c, at))
			continue;
		if (e->approved)
			return e;
		expected = expected ? expected : e;
	}
	return expected;
}

/* ---- what is kept ---- */

static void excuse_empty(struct excuse *e)
{
	for (size_t k = 0; k < e->target_count; k++)
		free(e->targets[k]);
	free(e->targets);
	free(e->by);
	free(e->reason);
}

static int kind_named(const char *name)
{
	for (int k = 0; name && k < KINDS; k++)
		if (!strcmp(kinds[k], name))
			return k;
	return -1;
}

static const char *wrong(const json_t *o, int kind)
{
	const char *id = json_string_value(json_object_get(o, "id")),
	           *reason = json_string_value(json_object_get(o, "reason"));
	const json_t *list = json_object_get(o, "targets"), *one;
	size_t k;
	if (!id || !*id || strlen(id) >= sizeof((struct excuse *)0)->id)
		return "id: 1 to 63 bytes expected";
	if (kind < 0)
		return "kind: maintenance, drill or planned-cut expected";
	if (!json_array_size(list) || json_array_size(list) > TARGETS_MAX)
		return "targets: 1 to 1000 of unit:ID, site:ID, node:ID, service:ID, uplink:ID, province:ID expected";
	json_array_foreach(list, k, one) if (!json_is_string(one)) return "targets: texts expected";
	if (!json_is_integer(json_object_get(o, "from")) || !json_is_integer(json_object_get(o, "until")))
		return "from and until: UTC milliseconds expected";
	if (json_integer_value(json_object_get(o, "until")) < json_integer_value(json_object_get(o, "from")))
		return "until: not before from expected";
	if (reason && strlen(reason) > REASON_MAX)
		return "reason: at most 1000 bytes expected";
	return NULL;
}

static struct excuse *excuse_slot(struct excuses *all, const char *id)
{
	struct excuse *e = excuse_find(all, id);
	if (e) {
		excuse_empty(e);
		return e;
	}
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 16;
		all->all = mem_grow(all->all, all->cap, sizeof(struct excuse *));
	}
	return all->all[all->count++] = mem_alloc(sizeof(struct excuse));
}

int excuse_put(struct excuses *all, const struct inventory *inv, const json_t *o, char *why, size_t why_size)
{
	int kind = kind_named(json_string_value(json_object_get(o, "kind")));
	const char *problem = wrong(o, kind);
	const json_t *list = json_object_get(o, "targets"), *one;
	const json_t *approved = json_object_get(o, "approved");
	size_t k;
	(void)inv; /* targets were checked when it was asked for; what is gone since covers nothing */
	snprintf(why, why_size, "%s", problem ? problem : "");
	if (problem)
		return -EINVAL;
	struct excuse *e = excuse_slot(all, json_string_value(json_object_get(o, "id")));
	*e = (struct excuse){.kind = kind,
	        .from = json_integer_value(json_object_get(o, "from")),
	        .until = json_integer_value(json_object_get(o, "until")),
	        .approved = kind != EXCUSE_PLANNED_CUT || json_is_true(approved),
	        .by = mem_str(json_string_value(json_object_get(o, "by"))),
	        .reason = mem_str(json_string_value(json_object_get(o, "reason"))),
	        .dirty = true};
	snprintf(e->id, sizeof e->id, "%s", json_string_value(json_object_get(o, "id")));
	e->target_count = json_array_size(list);
	e->targets = mem_alloc(e->target_count * sizeof *e->targets);
	json_array_foreach(list, k, one) e->targets[k] = mem_str(json_string_value(one));
	all->dirty = true;
	return 0;
}

struct excuse *excuse_find(const struct excuses *all, const char *id)
{
	for (size_t k = 0; k < all->count; k++)
		if (!strcmp(all->all[k]->id, id))
			return all->all[k];
	return NULL;
}

bool excuse_end(struct excuses *all, const char *id, int64_t at)
{
	struct excuse *e = excuse_find(all, id);
	if (!e || e->until <= at)
		return false;
	e->until = at > e->from ? at : e->from;
	e->dirty = all->dirty = true;
	return true;
}

json_t *excuse_json(const struct excuse *e)
{
	json_t *list = json_array();
	for (size_t k = 0; k < e->target_count; k++)
		json_array_append_new(list, json_string(e->targets[k]));
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:b, s:s, s:s}", "id", e->id, "kind", excuse_kind_name(e->kind),
	        "targets", list, "from", (json_int_t)e->from, "until", (json_int_t)e->until, "approved",
	        (int)e->approved, "by", e->by ? e->by : "", "reason", e->reason ? e->reason : "");
}

/* ---- from province.yaml ---- */

static void plan_put(struct excuses *all, const struct inventory *inv, const struct planned *p, int64_t now)
{
	char why[128];
	struct excuse *e = excuse_find(all, p->id);
	/* the same file again: what is over, or was ended early, stays so */
	if (e && e->from == p->from && e->until <= now)
		return;
	json_t *list = json_array();
	for (size_t k = 0; k < p->targets.count; k++)
		json_array_append_new(list, json_string(p->targets.items[k]));
	json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:I, s:s, s:s}", "id", p->id, "kind", kinds[EXCUSE_MAINTENANCE],
	        "targets", list, "from", (json_int_t)p->from, "until", (json_int_t)p->until, "by", EXCUSE_BY_FILE,
	        "reason", p->reason ? p->reason : "");
	excuse_put(all, inv, o, why, sizeof why);
	json_decref(o);
}

void excuses_plan(struct excuses *all, const struct inventory *inv, int64_t now)
{
	for (size_t k = 0; k < inv->planned_count; k++)
		plan_put(all, inv, &inv->planned[k], now);
	for (size_t k = 0; k < all->count; k++) {
		const struct excuse *e = all->all[k];
		bool there = !same(e->by, EXCUSE_BY_FILE);
		for (size_t m = 0; m < inv->planned_count && !there; m++)
			there = !strcmp(inv->planned[m].id, e->id);
		/* taken out of the file: over */
		if (!there)
			excuse_end(all, e->id, now);
	}
}

void excuses_forget(struct excuses *all, int64_t before)
{
	for (size_t k = all->count; k > 0; k--) {
		struct excuse *e = all->all[k - 1];
		if (e->until >= before || e->dirty)
			continue;
		excuse_empty(e);
		free(e);
		all->all[k - 1] = all->all[--all->count];
	}
}

void excuses_free(struct excuses *all)
{
	for (size_t k = 0; k < all->count; k++) {
		excuse_empty(all->all[k]);
		free(all->all[k]);
	}
	free(all->all);
	memset(all, 0, sizeof *all);
}
