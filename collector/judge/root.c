#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/book.h"
#include "collector/judge/explain.h"
#include "collector/judge/isolation.h"
#include "collector/judge/root_private.h"
#include "collector/judge/topology.h"

#define SLACK_MS 5000
#define DARK_TOLERANCE_MS 30000
#define WORSE_PERCENT 25.0

int64_t root_tolerance_ms(const struct judge_check *c)
{
	return 2 * c->step_ms + SLACK_MS;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_true(const struct incident *i, enum fact f)
{
	return i->facts.is[f].answer == ANSWER_YES;
}

bool root_may_explain(const struct incident *i, const struct judge_check *c, int64_t at, int64_t tolerance)
{
	bool outlived = c->trouble && c->trouble->after == i;
	return !outlived && incident_covers(i, at, tolerance) &&
	       (same(i->site, c->site->id) || area_covers(i, c->site->id));
}

/* ---- looking through the incidents of a site, the newest first ---- */

typedef bool fits(const struct judge *j, const struct incident *i, const struct judge_check *c, const void *arg);

static struct incident *look_at(const struct judge *j, const struct book_list *list, const struct judge_check *c,
        int64_t at, int64_t tolerance, fits *may, const void *arg)
{
	for (size_t k = list->count; k > 0; k--) {
		struct incident *i = list->all[k - 1];
		if (may(j, i, c, arg) && root_may_explain(i, c, at, tolerance))
			return i;
	}
	return NULL;
}

static struct incident *look(
        const struct judge *j, const struct judge_check *c, int64_t at, int64_t tolerance, fits *may, const void *arg)
{
	struct incident *i = look_at(j, book_site(j, c->site->id), c, at, tolerance, may, arg);
	return i ? i : look_at(j, book_wide(j), c, at, tolerance, may, arg);
}

static bool is_of_kind(const struct judge *j, const struct incident *i, const struct judge_check *c, const void *arg)
{
	(void)j;
	(void)c;
	return i->kind == *(const enum check_kind *)arg;
}

/* An incident of that kind at the check's site that was going on at `at`. */
static struct incident *at_site(
        const struct judge *j, const struct judge_check *c, enum check_kind kind, int64_t at, int64_t tolerance)
{
	return look(j, c, at, tolerance, is_of_kind, &kind);
}

/* ---- lines ---- */

static bool is_of_line(const struct judge *j, const struct incident *i, const struct judge_check *c, const void *arg)
{
	const struct uplink *u = arg;
	char mine[80], outside[80];
	(void)j;
	(void)c;
	if (i->kind != KIND_UPLINK)
		return false;
	snprintf(mine, sizeof mine, "uplink:%s@", u->id);
	snprintf(outside, sizeof outside, "path:%s@", u->id);
	return same(i->uplink, u->id) || incident_touches(i, mine) || incident_touches(i, outside);
}

/* How bad is the line of a trouble of this incident at the check's site? 100: nothing passes. */
static double loss_of(const struct judge *j, const struct incident *i, const struct judge_check *c)
{
	double loss = -1;
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct judge_check *o = j->troubles[k]->check;
		if (j->troubles[k]->incident != i || o->site != c->site || !o->uplink)
			continue;
		double is = o->machine.state == STATE_DOWN ? 100 : o->value[0];
		loss = is > loss ? is : loss;
	}
	/* it is over: then its facts say what it was */
	bool bad = is_true(i, FACT_LOSS) || is_true(i, FACT_DELAY) || is_true(i, FACT_FULL);
	return loss >= 0 ? loss : bad ? 0 : 100;
}

bool root_fits_line(const struct judge *j, const struct incident *i, const struct judge_check *c, int reason)
{
	if (is_true(i, FACT_LARGE_ONLY))
		return explain_reason(reason, EXPLAINED_BY_HOLE);
	double loss = loss_of(j, i, c);
	return explain_reason(reason, loss >= 100             ? EXPLAINED_BY_CUT
	                              : loss >= WORSE_PERCENT ? EXPLAINED_BY_WORSE_LINE
	                                                      : EXPLAINED_BY_BAD_LINE);
}

struct incident *root_line(const struct judge *j, const struct judge_check *c, int64_t at, int reason)
{
	struct incident *found = NULL;
	for (size_t k = 0; k < c->site->uplink_count; k++) {
		const struct uplink *u = &c->site->uplinks[k];
		if (!topology_goes_by(c->service, u))
			continue;
		struct incident *i = look(j, c, at, root_tolerance_ms(c), is_of_line, u);
		if (!i || !root_fits_line(j, i, c, reason))
			return NULL;
		found = i;
	}
	return found;
}

/* Another line of the site went down at the same time: one root cause at the site, whatever it is. */
static struct incident *lines_together(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *i = at_site(j, c, KIND_UPLINK, at, root_tolerance_ms(c));
	bool down = c->machine.state == STATE_DOWN && i && loss_of(j, i, c) >= 100;
	return down && llabs(i->opened_at - at) <= root_tolerance_ms(c) ? i : NULL;
}

static struct incident *link_lost(const struct judge *j, const struct judge_check *c, int64_t at)
{
	struct incident *i = at_site(j, c, KIND_INTERFACE, at, root_tolerance_ms(c));
	return i && same(i->node, c->node->name) ? i : NULL;
}

bool root_gear(const struct judge *j, const struct incident *i, const struct judge_check *c)
{
	const struct node *gear = i->kind == KIND_GEAR && c->uplink && j->topology && c->site
	                                  ? topology_gateway_gear(j->topology, c->site, c->uplink)
	                                  : NULL;
	return gear && same(i->node, gear->id);
}

static bool is_gear_before(
        const struct judge *j, const struct incident *i, const struct judge_check *c, const void *arg)
{
	(void)arg;
	return root_gear(j, i, c);
}

/* ---- nodes and names ---- */

bool root_of_node(const struct incident *i, const struct judge_check *c, int reason)
{
	bool service = c->kind == KIND_SERVICE;
	if (!same(i->node, c->node->name) && !(i->kind == KIND_UPLINK && same(i->site, c->site->id)))
		return false;
	if (is_true(i, FACT_CONFLICT) && i->kind != KIND_SERVICE)
		return !service || explain_reason(reason, EXPLAINED_BY_CUT);
	if (i->kind == KIND_CLOCK)
		return service && explain_reason(reason, EXPLAINED_BY_CLOCK);
	return i->kind == KIND_MTU && service && explain_reason(reason, EXPLAINED_BY_HOLE);
}

static bool is_of_node(const struct judge *j, const struct incident *i, const struct judge_check *c, const void *arg)
{
	(void)j;
	return root_of_node(i, c, *(const int *)arg);
}

bool root_names(const struct judge *j, const struct incident *i, const struct judge_check *c)
{
	char mine[160];
	const struct service *server =
	        i->kind == KIND_SERVICE && i->service ? inventory_service(j->inv, i->service) : NULL;
	if (!server || server->check != CHECK_DNS || server == c->service)
		return false;
	snprintf(mine, sizeof mine, "service:%s@%s", server->id, c->node->name);
	return incident_touches(i, mine);
}

/* The name server's incident, of this site or of many. */
static struct incident *names_fail(const struct judge *j, const struct judge_check *c, int64_t at)
{
	const struct book_list *lists[] = {book_site(j, c->site->id), book_wide(j)};
	for (size_t m = 0; m < 2; m++) {
		for (size_t k = lists[m]->count; k > 0; k--) {
			struct incident *i = lists[m]->all[k - 1];
			bool outlived = c->trouble && c->trouble->after == i;
			if (!outlived && incident_covers(i, at, root_tolerance_ms(c)) && root_names(j, i, c))
				return i;
		}
	}
	return NULL;
}

/* The name server turns out to fail after what asks it did: it is one more maker of what stands for them. */
static struct incident *names_failed(const struct judge *j, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	if (!c->service || c->service->check != CHECK_DNS)
		return NULL;
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *o = j->troubles[k];
		if (o != t && o->primary && o->incident && o->check->kind == KIND_SERVICE &&
		        o->check->node == c->node && explain_reason(o->reason, EXPLAINED_BY_NAMES) &&
		        incident_is_open(o->incident) && llabs(o->from - t->from) <= ROOT_SLOW_MS)
			return o->incident;
	}
	return NULL;
}

/* ---- by kind ---- */

static struct incident *root_of_service(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	int reason = t->reason;
	struct incident *i = explain_reason(reason, EXPLAINED_BY_CUT) ? link_lost(j, c, t->from) : NULL;
	*primary = false;
	i = i ? i : look(j, c, t->from, ROOT_SLOW_MS, is_of_node, &reason);
	i = i ? i : root_line(j, c, t->from, reason);
	if (!i && explain_reason(reason, EXPLAINED_BY_CUT)) {
		/* it may have failed a moment before the last frame that came */
		i = at_site(j, c, KIND_AGENT, t->from, root_tolerance_ms(c));
		if (i && !area_is(i) && !same(i->node, c->node->name))
			i = NULL;
	}
	if (!i && explain_reason(reason, EXPLAINED_BY_NAMES))
		i = names_fail(j, c, t->from);
	if (i)
		return i;
	*primary = true;
	i = names_failed(j, t);
	return i ? i : crowd_find(j, t);
}

static struct incident *root_of_line(struct judge *j, struct trouble *t, bool *primary)
{
	static const int nothing = REASON_TIMEOUT;
	const struct judge_check *c = t->check;
	struct incident *i = link_lost(j, c, t->from);
	*primary = false;
	i = i ? i : look(j, c, t->from, root_tolerance_ms(c), is_of_node, &nothing);
	i = i ? i : look(j, c, t->from, ROOT_SLOW_MS, is_gear_before, NULL);
	if (i && i->kind != KIND_MTU && i->kind != KIND_CLOCK)
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
	*primary = i != NULL;
	return i;
}

static struct incident *root_of_agent(struct judge *j, struct trouble *t, bool *primary)
{
	static const int nothing = REASON_TIMEOUT;
	const struct judge_check *c = t->check;
	struct incident *i = at_site(j, c, KIND_AGENT, t->from, DARK_TOLERANCE_MS);
	*primary = true;
	if (i && incident_is_open(i))
		return i;
	*primary = false;
	i = look(j, c, t->from, root_tolerance_ms(c), is_of_node, &nothing);
	if (i && incident_is_open(i) && is_true(i, FACT_CONFLICT))
		return i;
	/* seen from outside its line is dead: that explains silence, not a closed connection */
	i = at_site(j, c, KIND_UPLINK, t->from, DARK_TOLERANCE_MS);
	/* a line that was bad and is silent now is not over before it is heard again */
	*primary = i && loss_of(j, i, c) < 100;
	return i && incident_is_open(i) && c->node->link == LINK_SILENT ? i : NULL;
}

static bool is_router(const struct judge *j, const struct judge_check *c)
{
	bool is = false;
	for (size_t k = 0; j->topology && k < c->site->uplink_count; k++)
		is |= topology_gateway_gear(j->topology, c->site, &c->site->uplinks[k]) == c->node->inv;
	return is;
}

/* Gear that cannot be reached because its site is dark, its line is down or the cable to it is out is only affected. */
static struct incident *root_of_gear(struct judge *j, struct trouble *t, bool *primary)
{
	static const enum check_kind before[] = {KIND_AGENT, KIND_UPLINK, KIND_INTERFACE, KIND_CONFLICT};
	const struct judge_check *c = t->check;
	struct incident *i;
	*primary = false;
	for (size_t k = 0; k < sizeof before / sizeof before[0]; k++) {
		i = at_site(j, c, before[k], t->from, root_tolerance_ms(c));
		if (!i)
			continue;
		/* the line to it is well, so it is the router itself that is seen dead from afar */
		if (i->kind == KIND_AGENT && is_true(i, FACT_TERMINAL) && is_router(j, c))
			judge_know(j, i, FACT_GEAR, ANSWER_NO, RANK_AFAR, t->from, "judge");
		return i;
	}
	/* several at once: one mail */
	*primary = true;
	i = at_site(j, c, KIND_GEAR, t->from, root_tolerance_ms(c));
	return i && incident_is_open(i) ? i : NULL;
}

static struct incident *root_of_link(struct judge *j, struct trouble *t, bool *primary)
{
	struct incident *i = at_site(j, t->check, KIND_AGENT, t->from, DARK_TOLERANCE_MS);
	*primary = false;
	if (!i || (!same(i->node, t->check->node->name) && !area_is(i)))
		return NULL;
	testimony_line(j, i, t->check);
	return i;
}

static struct incident *certificate_of(const struct judge *j, const struct judge_check *c)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		bool is_its = i->kind == KIND_TLS || (i->kind == KIND_SERVICE && is_true(i, FACT_BAD_CERTIFICATE));
		if (is_its && incident_is_open(i) && same(i->service, c->service ? c->service->id : NULL))
			return i;
	}
	return NULL;
}

/* What is said of a line, a cable or a hole while the site was dark belongs to the dark. */
static struct incident *root_of_quality(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = NULL;
	*primary = false;
	if (c->kind == KIND_MTU)
		i = at_site(j, c, KIND_AGENT, t->from, 0);
	if (!i && c->kind == KIND_MTU)
		i = at_site(j, c, KIND_UPLINK, t->from, root_tolerance_ms(c));
	if (i && (i->kind == KIND_AGENT || loss_of(j, i, c) >= WORSE_PERCENT))
		return i;
	/* one hole is found on several ways, one certificate runs out before many eyes */
	i = c->kind == KIND_MTU ? at_site(j, c, KIND_MTU, t->from, ROOT_SLOW_MS) : NULL;
	i = c->kind == KIND_TLS ? certificate_of(j, c) : i;
	*primary = i && incident_is_open(i);
	return *primary ? i : NULL;
}

/* The collector's own line: what stands for it, while it lasts. */
static struct incident *own_line(const struct judge *j, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	bool of_line = c->kind == KIND_UPLINK || c->kind == KIND_PATH ||
	               (c->kind == KIND_SERVICE && explain_reason(t->reason, EXPLAINED_BY_BAD_LINE));
	if (c->terminal || !of_line || !isolation_beside(j, c->node))
		return NULL;
	return j->cut ? j->cut : j->worn;
}

struct incident *root_find(struct judge *j, struct trouble *t, bool *primary)
{
	const struct judge_check *c = t->check;
	struct incident *i = own_line(j, t);
	*primary = false;
	if (i)
		return i;
	if (!link_lost(j, c, t->from))
		i = area_find(j, t, primary);
	if (i)
		return i;
	switch (c->kind) {
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
		return root_of_link(j, t, primary);
	default:
		return root_of_quality(j, t, primary);
	}
}

bool root_contradicted(const struct judge *j, const struct trouble *t)
{
	/* that the agent is heard says nothing against a line that is merely bad */
	if (!t->check->terminal || t->check->machine.state == STATE_DEGRADED)
		return false;
	/* ... nor against one of several */
	if (t->check->site->uplink_count > 1)
		return false;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (n->inv && n->site == t->check->site && n->link == LINK_CONNECTED)
			return true;
	}
	return false;
}
