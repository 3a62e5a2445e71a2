#include <stdlib.h>
#include <string.h>

#include "collector/judge/trouble.h"
#include "collector/judge/words.h"

#define SLACK_MS 5000
#define DARK_TOLERANCE_MS 30000
#define MANY_SITES 3
#define SITES_MAX 16

int64_t root_tolerance_ms(const struct judge_check *c)
{
	return 2 * c->step_ms + SLACK_MS;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static const struct uplink *uplink_named(const struct site *s, const char *id)
{
	for (size_t k = 0; id && k < s->uplink_count; k++)
		if (!strcmp(s->uplinks[k].id, id))
			return &s->uplinks[k];
	return NULL;
}

/* Does the service go by that line? Without a `via` it may go by any. */
static bool goes_by(const struct judge_check *c, const struct uplink *u)
{
	const char *via = c->service ? c->service->via : NULL;
	return u && (!via || !via[0] || same(via, u->id) || same(via, uplink_kind_name(u->kind)));
}

static unsigned lines_of(const struct judge_check *c)
{
	unsigned lines = 0;
	for (size_t k = 0; k < c->site->uplink_count; k++)
		lines += goes_by(c, &c->site->uplinks[k]);
	return lines;
}

/* Was it going on at the check's site, and not over before what is left of the trouble? */
static bool may_explain(const struct incident *i, const struct judge_check *c, int64_t at, int64_t tolerance)
{
	bool outlived = c->trouble && c->trouble->after == i;
	return !outlived && incident_covers(i, at, tolerance) && same(i->site, c->site->id);
}

/* An incident of that kind at the check's site that was going on at `at`. */
static struct incident *at_site(
        const struct judge *j, const struct judge_check *c, enum check_kind kind, int64_t at, int64_t tolerance)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		if (i->kind == kind && may_explain(i, c, at, tolerance))
			return i;
	}
	return NULL;
}

/* All lines that the service can take are down: the incident of one of them. */
static struct incident *line_down(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *found = NULL;
	unsigned down = 0;
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (i->kind != KIND_UPLINK || !may_explain(i, c, at, root_tolerance_ms(c)))
			continue;
		if (!goes_by(c, uplink_named(c->site, i->uplink)))
			continue;
		found = i;
		down++;
	}
	return down && down >= lines_of(c) ? found : NULL;
}

static struct incident *link_lost(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *i = at_site(j, c, KIND_INTERFACE, at, root_tolerance_ms(c));
	return i && same(i->node, c->node->name) ? i : NULL;
}

/* ---- one service from many sites ---- */

struct crowd {
	const char *sites[SITES_MAX];
	unsigned count;
	struct incident *wide, *first;
};

static void crowd_add(struct crowd *w, const char *site)
{
	for (unsigned k = 0; k < w->count; k++)
		if (!strcmp(w->sites[k], site))
			return;
	if (w->count < SITES_MAX)
		w->sites[w->count++] = site;
}

static bool in_crowd(const struct incident *i, const struct trouble *t, int64_t window)
{
	const struct judge_check *c = t->check;
	if (i->kind != KIND_SERVICE || i->state == INCIDENT_MERGED || i->simulated != c->node->simulated)
		return false;
	if (i->wide ? !incident_covers(i, t->from, window) : llabs(i->opened_at - t->from) > window)
		return false;
	return same(i->service, c->service->id);
}

static struct crowd crowd_of(const struct judge *j, const struct trouble *t)
{
	struct crowd w = {0};
	int64_t window = root_tolerance_ms(t->check) + DARK_TOLERANCE_MS;
	crowd_add(&w, t->check->site->id);
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
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
		if (o != t && !o->incident && o->due && o->check->service == t->check->service &&
		        o->check->node->simulated == t->check->node->simulated && llabs(o->from - t->from) <= window)
			crowd_add(&w, o->check->site->id);
	}
	return w;
}

static void widen(struct judge *j, struct incident *i)
{
	i->wide = true;
	free(i->site);
	free(i->unit);
	free(i->node);
	i->site = i->unit = i->node = NULL;
	/* that it fails from everywhere says more than how it fails from here */
	if (i->first.confidence == CONFIDENCE_UNCLEAR)
		i->first.confidence = CONFIDENCE_LIKELY;
	words_summary(j, i);
	i->changed = true;
}

static struct incident *service_root(struct judge *j, struct trouble *t)
{
	struct crowd w = crowd_of(j, t);
	if (w.wide)
		return w.wide;
	if (w.count < MANY_SITES)
		return NULL;
	struct incident *root = w.first ? w.first : trouble_open(j, t);
	int64_t window = root_tolerance_ms(t->check) + DARK_TOLERANCE_MS;
	widen(j, root);
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (i != root && !i->wide && in_crowd(i, t, window))
			trouble_merge(j, i, root, true);
	}
	return root;
}

/* Another agent of the same site sees the same service down. */
static struct incident *service_sibling(const struct judge *j, const struct trouble *t)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (o != t && o->primary && o->incident && o->check->service &&
		        o->check->service == t->check->service && o->check->site == t->check->site &&
		        incident_is_open(o->incident))
			return o->incident;
	}
	return NULL;
}

static struct incident *root_of_service(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = link_lost(j, c, t->from);
	/* who refuses or answers wrongly was reached: no line explains that */
	bool reached = t->reason == REASON_REFUSED || t->reason == REASON_STATUS || t->reason == REASON_CONTENT ||
	               t->reason == REASON_CERTIFICATE;
	*primary = false;
	if (!i && !reached)
		i = line_down(j, c, t->from);
	if (!i && !reached) {
		i = at_site(j, c, KIND_AGENT, t->from, 0);
		if (i && !same(i->node, c->node->name))
			i = NULL;
	}
	if (i)
		return i;
	*primary = true;
	i = service_sibling(j, t);
	return i ? i : service_root(j, t);
}

static struct incident *root_of_line(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = link_lost(j, c, t->from);
	*primary = false;
	if (i)
		return i;
	i = at_site(j, c, KIND_AGENT, t->from, DARK_TOLERANCE_MS);
	if (i) {
		testimony_line(j, i, c);
		return i;
	}
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (o != t && o->primary && o->incident && o->check->uplink == c->uplink &&
		        incident_is_open(o->incident)) {
			*primary = true;
			return o->incident;
		}
	}
	return NULL;
}

static struct incident *root_of_agent(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = at_site(j, c, KIND_AGENT, t->from, DARK_TOLERANCE_MS);
	*primary = true;
	if (i && incident_is_open(i))
		return i;
	/* seen from outside its line is dead: that explains silence, not a closed connection */
	*primary = false;
	i = at_site(j, c, KIND_UPLINK, t->from, DARK_TOLERANCE_MS);
	return i && incident_is_open(i) && c->node->link == LINK_SILENT ? i : NULL;
}

struct incident *root_find(struct judge *j, struct trouble *t, bool *primary)
{
	struct incident *i;
	switch (t->check->kind) {
	case KIND_SERVICE:
		return root_of_service(j, t, primary);
	case KIND_UPLINK:
	case KIND_PATH:
		return root_of_line(j, t, primary);
	case KIND_AGENT:
		return root_of_agent(j, t, primary);
	case KIND_INTERFACE:
		i = at_site(j, t->check, KIND_AGENT, t->from, DARK_TOLERANCE_MS);
		*primary = false;
		if (i && same(i->node, t->check->node->name)) {
			testimony_line(j, i, t->check);
			return i;
		}
		return NULL;
	default:
		return NULL;
	}
}

void root_absorb(struct judge *j, struct incident *root, const struct judge_check *c)
{
	bool line = root->kind == KIND_UPLINK, link = root->kind == KIND_INTERFACE;
	if (!line && !link)
		return;
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *t = j->troubles[k];
		struct incident *i = t->incident;
		if (!i || i == root || !t->primary || !incident_is_open(i) || i->wide || t->check->site != c->site)
			continue;
		if (t->from < root->opened_at - root_tolerance_ms(t->check))
			continue;
		bool service = t->check->kind == KIND_SERVICE && t->reason != REASON_REFUSED;
		if (line && service && line_down(j, t->check, t->from) == root)
			trouble_merge(j, i, root, false);
		else if (link && t->check->node == c->node && (service || t->check->kind == KIND_UPLINK))
			trouble_merge(j, i, root, false);
	}
}

bool root_contradicted(const struct judge *j, const struct trouble *t)
{
	if (!t->check->terminal)
		return false;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (n->inv && n->site == t->check->site && n->link == LINK_CONNECTED)
			return true;
	}
	return false;
}
