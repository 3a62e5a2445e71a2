/*
 * crowd: services that fail together. One service from three or more sites is one incident of that service
 * (wide: of no site). Three or more services at one site at the same moment are one incident of that site.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/book.h"
#include "collector/judge/explain.h"
#include "collector/judge/trouble.h"
#include "collector/judge/words.h"

#define MANY_SITES 3
#define MANY_SERVICES 3
#define MANY_NAMES 2 /* of services whose names are not resolved */
#define NAMES_MAX 16
#define SPREAD_MS 30000
#define OTHERS_WAIT_MS 11000 /* a step, and what its batch needs */
#define OTHERS_ASK_MS 500

struct crowd {
	const char *names[NAMES_MAX];
	unsigned count;
	struct incident *wide, *first;
};

static void crowd_add(struct crowd *w, const char *name)
{
	for (unsigned k = 0; k < w->count; k++)
		if (!strcmp(w->names[k], name))
			return;
	if (w->count < NAMES_MAX)
		w->names[w->count++] = name;
}

static bool in_crowd(const struct incident *i, const struct trouble *t, int64_t window)
{
	const struct judge_check *c = t->check;
	if (i->kind != KIND_SERVICE || i->state == INCIDENT_MERGED || i->simulated != c->node->simulated)
		return false;
	if (i->wide ? !incident_covers(i, t->from, window) : llabs(i->opened_at - t->from) > window)
		return false;
	/* what stands for the names took this service with it: that explains what is not resolved, nothing else */
	if (i->wide && i->service && strcmp(i->service, c->service->id) != 0 &&
	        !explain_reason(t->reason, EXPLAINED_BY_NAMES))
		return false;
	char service[80];
	snprintf(service, sizeof service, "service:%s@", c->service->id);
	return incident_touches(i, service);
}

static struct crowd crowd_of(const struct judge *j, const struct trouble *t)
{
	struct crowd w = {0};
	int64_t window = root_tolerance_ms(t->check) + SPREAD_MS;
	const struct book_list *around = book_around(j, t->from);
	crowd_add(&w, t->check->site->id);
	for (size_t k = 0; k < around->count; k++) {
		struct incident *i = around->all[k];
		if (!in_crowd(i, t, window))
			continue;
		if (i->wide)
			w.wide = i;
		else if (i->site)
			crowd_add(&w, i->site);
		if (!w.first || i->opened_at < w.first->opened_at)
			w.first = i;
	}
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (o != t && !o->incident && o->due && o->check->kind == KIND_SERVICE &&
		        o->check->service == t->check->service &&
		        o->check->node->simulated == t->check->node->simulated && llabs(o->from - t->from) <= window)
			crowd_add(&w, o->check->site->id);
	}
	return w;
}

static void add_site(struct incident *i, const char *site)
{
	size_t k;
	json_t *id;
	json_array_foreach(i->sites, k, id) if (!strcmp(json_string_value(id), site)) return;
	json_array_append_new(i->sites, json_string(site));
}

static void widen(struct judge *j, struct incident *i)
{
	i->wide = true;
	if (i->site)
		add_site(i, i->site);
	free(i->site);
	free(i->unit);
	free(i->node);
	i->site = i->unit = i->node = NULL;
	words_summary(j, i);
	i->changed = true;
	book_widened(j, i);
}

/* What waits to be decided of the same service belongs to it too: the first mail says how many they are. */
static void take_waiting(struct judge *j, const struct trouble *t, struct incident *root, int64_t window)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *o = j->troubles[k];
		if (o == t || o->incident || !o->due || o->check->service != t->check->service ||
		        o->check->kind != KIND_SERVICE || o->check->node->simulated != t->check->node->simulated ||
		        llabs(o->from - t->from) > window)
			continue;
		add_site(root, o->check->site->id);
		trouble_join(j, o, root, true);
	}
}

static struct incident *from_many_sites(struct judge *j, struct trouble *t)
{
	struct crowd w = crowd_of(j, t);
	if (w.wide) {
		add_site(w.wide, t->check->site->id);
		return w.wide;
	}
	if (w.count < MANY_SITES)
		return NULL;
	struct incident *root = w.first ? w.first : trouble_open(j, t);
	int64_t window = root_tolerance_ms(t->check) + SPREAD_MS;
	widen(j, root);
	add_site(root, t->check->site->id);
	const struct book_list *around = book_around(j, t->from);
	for (size_t k = 0; k < around->count; k++) {
		struct incident *i = around->all[k];
		if (i == root || i->wide || !in_crowd(i, t, window))
			continue;
		if (i->site)
			add_site(root, i->site);
		trouble_merge(j, i, root, true);
	}
	take_waiting(j, t, root, window);
	return root;
}

/* Another agent of the same site sees the same service down. */
static struct incident *sibling_sees_it(const struct judge *j, const struct trouble *t)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (o != t && o->primary && o->incident && o->check->service && o->check->kind == KIND_SERVICE &&
		        o->check->service == t->check->service && o->check->site == t->check->site &&
		        incident_is_open(o->incident))
			return o->incident;
	}
	return NULL;
}

/* Troubles of services at the site that began together with this one and belong to it alone. */
static bool together(const struct trouble *o, const struct trouble *t)
{
	if (o->check->kind != KIND_SERVICE || o->check->site != t->check->site || !o->check->service)
		return false;
	if (llabs(o->from - t->from) > root_tolerance_ms(t->check))
		return false;
	/* what is not resolved fails with what is not resolved */
	if (explain_reason(t->reason, EXPLAINED_BY_NAMES) != explain_reason(o->reason, EXPLAINED_BY_NAMES))
		return false;
	return o->incident ? o->primary && !o->incident->wide && incident_is_open(o->incident) : o->due != 0;
}

static struct incident *many_at_one_site(struct judge *j, struct trouble *t)
{
	struct crowd w = {0};
	crowd_add(&w, t->check->service->id);
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *o = j->troubles[k];
		if (o == t || !together(o, t))
			continue;
		crowd_add(&w, o->check->service->id);
		if (o->incident && (!w.first || o->incident->opened_at < w.first->opened_at))
			w.first = o->incident;
	}
	unsigned least = explain_reason(t->reason, EXPLAINED_BY_NAMES) ? MANY_NAMES : MANY_SERVICES;
	if (w.count < least)
		return NULL;
	struct incident *root = w.first ? w.first : trouble_open(j, t);
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *o = j->troubles[k];
		if (o != t && together(o, t) && o->incident && o->incident != root)
			trouble_merge(j, o->incident, root, true);
	}
	return root;
}

struct incident *crowd_find(struct judge *j, struct trouble *t)
{
	struct incident *i = sibling_sees_it(j, t);
	i = i ? i : from_many_sites(j, t);
	return i ? i : many_at_one_site(j, t);
}

int64_t crowd_hold_ms(const struct judge *j, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	unsigned others = 0, spoke = 0;
	if (c->kind != KIND_SERVICE || !c->service || !t->begun || j->now - t->begun >= OTHERS_WAIT_MS)
		return 0;
	for (uint32_t k = 0; k < j->fleet.count && spoke < MANY_SITES - 1; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		const struct judge_check *o =
		        n->site && n->site != c->site ? fleet_check(n, KIND_SERVICE, c->service->id) : NULL;
		if (!o || n->simulated != c->node->simulated || n->link != LINK_CONNECTED)
			continue;
		others++;
		spoke += o->machine.at >= t->from;
	}
	return others >= MANY_SITES - 1 && spoke < MANY_SITES - 1 ? OTHERS_ASK_MS : 0;
}
