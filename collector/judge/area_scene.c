#include "collector/judge/area_scene.h"

#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/event.h"
#include "common/memory.h"

/* frames come at least every 5 s: what was seen this long after the last one was seen after the fault */
#define PROOF_MS 6000

bool area_scene_bears(const struct trouble *t)
{
	const struct judge_check *c = t->check;
	if (!c->site || c->node->simulated || c->site->simulated)
		return false;
	if (c->kind == KIND_AGENT)
		return c->node->link == LINK_SILENT;
	bool line = c->kind == KIND_UPLINK || (c->kind == KIND_PATH && c->terminal);
	return line && c->uplink && c->machine.state == STATE_DOWN;
}

bool area_scene_counts(const struct judge *j, const struct trouble *o, const struct trouble *t)
{
	const struct incident *i = o->incident;
	if (!area_scene_bears(o) || o->check->site->uplink_count > AREA_LINES_MAX)
		return false;
	if (i && (!o->primary || !incident_is_open(i) || (i->kind != KIND_AGENT && i->kind != KIND_UPLINK)))
		return false;
	if (o != t && o->after && o->after == i)
		return false;
	(void)j;
	bool grows = i && area_is(i) && t->from >= o->from && t->from - o->from <= AREA_GROWS_MS;
	return grows || llabs(o->from - t->from) <= AREA_WINDOW_MS;
}

static int32_t *slot_of(const struct area_scene *s, const struct judge *j, const struct site *site)
{
	return &s->slots[site - j->inv->sites];
}

static struct area_site *site_add(struct area_scene *s, const struct judge *j, const struct site *site)
{
	int32_t *slot = slot_of(s, j, site);
	if (*slot >= 0)
		return &s->all[*slot];
	*slot = (int32_t)s->count;
	s->all[s->count] = (struct area_site){.site = site};
	return &s->all[s->count++];
}

struct area_site *area_scene_site(const struct area_scene *s, const struct judge *j, const struct site *site)
{
	int32_t slot = *slot_of(s, j, site);
	return slot >= 0 && (size_t)slot < s->gone ? &s->all[slot] : NULL;
}

/* A cable within the site explains it there. */
static bool link_is_out(const struct judge_node *n)
{
	for (uint32_t k = 0; k < n->check_count; k++)
		if (n->checks[k]->kind == KIND_INTERFACE && n->checks[k]->trouble)
			return true;
	return false;
}

static bool planned(const struct judge *j, const struct trouble *t)
{
	const struct excuse *e = excuse_at(&j->excuses, j->inv, t->check, t->from);
	return e && e->kind == EXCUSE_PLANNED_CUT;
}

static void gather(struct area_scene *s, const struct judge *j, const struct trouble *t)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (!area_scene_counts(j, o, t) || link_is_out(o->check->node))
			continue;
		struct area_site *a = site_add(s, j, o->check->site);
		if (!a->from || o->from < a->from)
			a->from = o->from;
		if (o->check->kind == KIND_AGENT)
			a->dark = true;
		else
			a->down |= 1u << (o->check->uplink - a->site->uplinks);
		a->power |= planned(j, o);
	}
	s->gone = s->count;
}

/*
 * What a check says about a line since then. The agent's own word counts more than a look from outside, but that its terminal, which
 * stands at the site, answers it says nothing about the line.
 */
static void see_line(struct area_site *a, const struct judge_check *c, int64_t from, uint32_t *own_up)
{
	uint32_t bit = 1u << (c->uplink - a->site->uplinks);
	bool up = (c->machine.state == STATE_UP || c->machine.state == STATE_DEGRADED) && c->row_at >= from + PROOF_MS;
	bool near = !c->terminal && c->uplink->terminal;
	if (up && !c->terminal && !near)
		*own_up |= bit;
	if (up && !near)
		a->up |= bit;
	else if (c->machine.state == STATE_DOWN && c->machine.at >= from - AREA_WINDOW_MS)
		a->down |= bit;
}

/* A site is dark when none of its agents is heard; one without agents when none of its lines answers. */
static void look(struct area_scene *s, const struct judge *j, int64_t from)
{
	uint32_t *own_up = mem_alloc((j->inv->site_count + 1) * sizeof *own_up);
	bool *heard = mem_alloc(j->inv->site_count + 1), *has_agent = mem_alloc(j->inv->site_count + 1);
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (n->simulated || !n->site || !n->inv)
			continue;
		size_t at = (size_t)(n->site - j->inv->sites);
		has_agent[at] |= n->link != LINK_NEVER;
		if (n->link == LINK_CONNECTED && n->life_at >= from + PROOF_MS) {
			heard[at] = true;
			site_add(s, j, n->site);
		}
		for (uint32_t m = 0; m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			bool line = c->uplink && c->site && c->site->uplink_count <= AREA_LINES_MAX &&
			            (c->kind == KIND_UPLINK || c->terminal);
			if (line)
				see_line(site_add(s, j, c->site), c, from, &own_up[c->site - j->inv->sites]);
		}
	}
	for (size_t k = 0; k < s->count; k++) {
		struct area_site *a = &s->all[k];
		size_t at = (size_t)(a->site - j->inv->sites);
		uint32_t lines = a->site->uplink_count < AREA_LINES_MAX ? (1u << a->site->uplink_count) - 1 : ~0u;
		/* between a look from outside that fails and an own one that does not, the line is up */
		a->down &= ~own_up[at];
		a->up &= ~a->down;
		if (k < s->gone && !has_agent[at])
			a->dark = lines && a->down == lines;
		a->dark &= !heard[at] && !(a->up && !a->down);
		a->well = k >= s->gone && heard[at] && !a->down;
		a->power |= k < s->gone && event_on_battery(j, a->site, from, NULL) != 0;
	}
	free(own_up);
	free(heard);
	free(has_agent);
}

/* Of those that are only seen the ones about which nothing is known say nothing. */
static void drop_unknown(struct area_scene *s, const struct judge *j)
{
	size_t kept = s->gone;
	for (size_t k = s->gone; k < s->count; k++) {
		bool says = s->all[k].well || s->all[k].up;
		*slot_of(s, j, s->all[k].site) = says ? (int32_t)kept : -1;
		if (says) {
			s->all[kept] = s->all[k];
			s->all[kept].dark = false;
			s->all[kept].down = 0;
			s->all[kept++].well = true;
		}
	}
	s->count = kept;
}

void area_scene_make(struct area_scene *s, const struct judge *j, const struct trouble *t)
{
	size_t sites = j->inv->site_count;
	*s = (struct area_scene){
	        .all = mem_alloc((sites + 1) * sizeof *s->all), .slots = mem_alloc((sites + 1) * sizeof *s->slots)};
	memset(s->slots, 0xff, (sites + 1) * sizeof *s->slots);
	gather(s, j, t);
	if (s->gone < 2)
		return;
	look(s, j, t->from);
	drop_unknown(s, j);
}

void area_scene_free(struct area_scene *s)
{
	free(s->all);
	free(s->slots);
}
