/*
 * absorb: a fault found later that explains an earlier one takes it in: merged, without a second mail.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/explain.h"
#include "collector/judge/root_private.h"

#define BATTERY_MS 43200000 /* no commune's UPS lasts longer */
#define SILENCE_MS 20000    /* what failed while an agent's last rows were still coming */

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_line(const struct judge_check *c)
{
	return c->kind == KIND_UPLINK || c->kind == KIND_PATH;
}

static bool by_line(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	if (c->kind == KIND_GEAR)
		return root->finding.verdict.cause != CAUSE_UPLINK_DEGRADED && !area_is(root);
	return c->kind == KIND_SERVICE && root_line(j, c, t->from, t->reason) == root;
}

static bool by_link(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	(void)j;
	if (!same(root->node, c->node->name))
		return false;
	return c->kind == KIND_UPLINK || (c->kind == KIND_SERVICE && explain_reason(t->reason, EXPLAINED_BY_CUT));
}

static bool by_silence(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	(void)j;
	if (!same(root->node, c->node->name) && !area_is(root))
		return false;
	return c->kind == KIND_UPLINK || (c->kind == KIND_SERVICE && explain_reason(t->reason, EXPLAINED_BY_CUT));
}

/* The UPS ran on battery before, and then the site was dark: the same power cut. */
static bool by_power(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	(void)j;
	return t->check->kind == KIND_UPS && root->facts.is[FACT_ON_BATTERY].answer == ANSWER_YES;
}

static bool by_gear(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	return is_line(t->check) && root_gear(j, root, t->check);
}

static bool by_node(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	(void)j;
	return root_of_node(root, t->check, t->reason);
}

static bool by_names(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	return t->check->kind == KIND_SERVICE && explain_reason(t->reason, EXPLAINED_BY_NAMES) &&
	       root_names(j, root, t->check);
}

/* What an incident of a kind takes in, begun so long before it at most (0: the check's own tolerance). */
static const struct {
	enum check_kind kind;
	bool (*takes)(const struct judge *j, const struct incident *root, const struct trouble *t);
	int64_t before_ms;
} rules[] = {
        {KIND_UPLINK, by_line, 0},
        {KIND_UPLINK, by_node, ROOT_SLOW_MS},
        {KIND_INTERFACE, by_link, 0},
        {KIND_INTERFACE, by_node, ROOT_SLOW_MS},
        {KIND_AGENT, by_silence, SILENCE_MS},
        {KIND_AGENT, by_node, ROOT_SLOW_MS},
        {KIND_AGENT, by_power, BATTERY_MS},
        {KIND_CONFLICT, by_node, ROOT_SLOW_MS},
        {KIND_GEAR, by_gear, ROOT_SLOW_MS},
        {KIND_MTU, by_node, ROOT_SLOW_MS},
        {KIND_CLOCK, by_node, ROOT_SLOW_MS},
        {KIND_HOST, by_node, ROOT_SLOW_MS},
        {KIND_SERVICE, by_names, ROOT_SLOW_MS},
};

static bool takes(const struct judge *j, const struct incident *root, const struct trouble *t)
{
	for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
		int64_t before = rules[k].before_ms ? rules[k].before_ms : root_tolerance_ms(t->check);
		if (rules[k].kind == root->kind && t->from >= root->opened_at - before && rules[k].takes(j, root, t))
			return true;
	}
	return false;
}

void root_absorb(struct judge *j, struct incident *root, const struct judge_check *c)
{
	if (!incident_is_open(root))
		return;
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *t = j->troubles[k];
		struct incident *i = t->incident;
		if (!i || i == root || !t->primary || !incident_is_open(i) || i->wide ||
		        i->simulated != root->simulated)
			continue;
		bool here = t->check->site == c->site || (root->wide && root->kind == KIND_SERVICE);
		if (here && t->after != root && takes(j, root, t))
			trouble_merge(j, i, root, false);
	}
}
