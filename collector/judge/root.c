#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/trouble.h"

#define SLACK_MS 5000
#define DARK_TOLERANCE_MS 30000

int64_t root_tolerance_ms(const struct judge_check *c)
{
	return 2 * c->step_ms + SLACK_MS;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* Does the service go by that line? Without a `via` it may go by any. */
static bool goes_by(const struct judge_check *c, const struct uplink *u)
{
	const char *via = c->service ? c->service->via : NULL;
	return u && (!via || !via[0] || same(via, u->id) || same(via, uplink_kind_name(u->kind)));
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

static bool is_of_line(const struct incident *i, const struct uplink *u)
{
	char mine[80], outside[80];
	snprintf(mine, sizeof mine, "uplink:%s@", u->id);
	snprintf(outside, sizeof outside, "path:%s@", u->id);
	return same(i->uplink, u->id) || incident_touches(i, mine) || incident_touches(i, outside);
}

static struct incident *line_incident(
        const struct judge *j, const struct judge_check *c, const struct uplink *u, int64_t at)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		if (i->kind == KIND_UPLINK && may_explain(i, c, at, root_tolerance_ms(c)) && is_of_line(i, u))
			return i;
	}
	return NULL;
}

/* All lines that the service can take are down: the incident of one of them. */
static struct incident *line_down(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *found = NULL;
	for (size_t k = 0; k < c->site->uplink_count; k++) {
		const struct uplink *u = &c->site->uplinks[k];
		struct incident *i = goes_by(c, u) ? line_incident(j, c, u, at) : NULL;
		if (goes_by(c, u) && !i)
			return NULL;
		if (i)
			found = i;
	}
	return found;
}

/* Another line of the site went down at the same time: one root cause at the site, whatever it is. */
static struct incident *lines_together(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *i = at_site(j, c, KIND_UPLINK, at, root_tolerance_ms(c));
	return i && llabs(i->opened_at - at) <= root_tolerance_ms(c) ? i : NULL;
}

static struct incident *link_lost(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *i = at_site(j, c, KIND_INTERFACE, at, root_tolerance_ms(c));
	return i && same(i->node, c->node->name) ? i : NULL;
}

/* It answered at once or through what stands before it: no line explains what it said. */
static bool was_reached(int reason)
{
	static const bool reached[REASON_COUNT] = {[REASON_REFUSED] = true,
	        [REASON_STATUS] = true,
	        [REASON_CONTENT] = true,
	        [REASON_CERTIFICATE] = true,
	        [REASON_HUNG] = true,
	        [REASON_NO_NAME] = true,
	        [REASON_EXPIRED] = true,
	        [REASON_NAME_MISMATCH] = true,
	        [REASON_UNTRUSTED] = true,
	        [REASON_REVOKED] = true,
	        [REASON_REDIRECTS] = true,
	        [REASON_TOO_LARGE] = true,
	        [REASON_UNSYNCHRONISED] = true,
	        [REASON_AUTHENTICATION] = true};
	return reason >= 0 && reason < REASON_COUNT && reached[reason];
}

static struct incident *root_of_service(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = link_lost(j, c, t->from);
	bool reached = was_reached(t->reason);
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
	return crowd_find(j, t);
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
	i = c->terminal ? NULL : lines_together(j, c, t->from);
	if (!i)
		return NULL;
	*primary = true;
	i->first.confidence = CONFIDENCE_LIKELY;
	return i;
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

/* Gear that cannot be reached because its site is dark, its line is down or the cable to it is out is only affected. */
static struct incident *root_of_gear(struct judge *j, struct trouble *t, bool *primary)
{
	static const enum check_kind before[] = {KIND_AGENT, KIND_UPLINK, KIND_INTERFACE};
	const struct judge_check *c = t->check;
	struct incident *i;
	*primary = false;
	for (size_t k = 0; k < sizeof before / sizeof before[0]; k++) {
		i = at_site(j, c, before[k], t->from, root_tolerance_ms(c));
		if (i)
			return i;
	}
	/* several at once: one mail */
	*primary = true;
	i = at_site(j, c, KIND_GEAR, t->from, root_tolerance_ms(c));
	return i && incident_is_open(i) ? i : NULL;
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
	case KIND_GEAR:
		return root_of_gear(j, t, primary);
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
		bool service = t->check->kind == KIND_SERVICE && !was_reached(t->reason);
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
