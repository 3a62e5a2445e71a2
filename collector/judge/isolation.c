#include "collector/judge/isolation.h"

#include <stdio.h>
#include <string.h>

#include "collector/judge/trouble.h"
#include "collector/judge/words.h"

#define TOGETHER_MS 15000
#define MANY 3
#define MANY_PERCENT 60
/* frames come at least every 5 s: who was heard this long after the last frame of a silent agent is proof */
#define PROOF_MS 6000
#define PROOF_WAIT_MS 8000
#define SILENCE_MS 12000
/* agents come back with a back-off of up to 30 s */
#define RETURN_MS 40000

static bool counted(const struct judge_node *n)
{
	return n->inv && !n->simulated && n->link != LINK_NEVER;
}

static bool beside(const struct judge *j, const struct judge_node *n)
{
	return j->inv && j->inv->collector_node && !strcmp(j->inv->collector_node, n->name);
}

/* The agent beside the collector reports now: then its paths are better proof than a mass of silence. */
static bool has_witness(const struct judge *j)
{
	const struct judge_node *n =
	        j->inv && j->inv->collector_node ? fleet_node(&j->fleet, j->inv->collector_node) : NULL;
	bool paths = false;
	for (uint32_t i = 0; n && i < n->check_count; i++) {
		const struct judge_check *c = n->checks[i];
		paths |= (c->kind == KIND_UPLINK || (c->kind == KIND_PATH && !c->terminal)) && c->machine.at;
	}
	return paths && n->link == LINK_CONNECTED;
}

static void cut_begin(struct judge *j, int64_t at, bool by_path)
{
	char id[96], stamp[32], when[40];
	bool fresh;
	if (j->cut)
		return;
	clock_format_utc(at, stamp, sizeof stamp);
	snprintf(id, sizeof id, "collector.line.%.4s%.2s%.2sT%.2s%.2s%.2s", stamp, stamp + 5, stamp + 8, stamp + 11,
	        stamp + 14, stamp + 17);
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	if (fresh) {
		i->kind = KIND_PATH;
		i->opened_at = at;
		i->detected_at = j->now;
		i->late = j->now - at > INCIDENT_LATE_MS;
		i->live = true;
		i->responsible = responsible_name(RESPONSIBLE_PROVINCE);
		i->first = (struct verdict){CAUSE_COLLECTOR_ISOLATED, by_path ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY};
		words_summary(j, i);
	}
	incident_reopen(i);
	words_time(j, at, when, sizeof when);
	char vi[200], en[200];
	snprintf(vi, sizeof vi,
	        by_path ? "Trạm đo cạnh máy chủ giám sát không tới được cổng mạng từ %s"
	                : "Phần lớn trạm đo cùng im lặng từ %s",
	        when);
	snprintf(en, sizeof en,
	        by_path ? "The agent beside the collector cannot reach the gateway since %s"
	                : "Most agents fell silent together at %s",
	        when);
	incident_evidence(i, at, "judge", vi, en);
	j->cut = i;
	j->cut_by_path = by_path;
	j->urgent = true;
}

static void cut_end(struct judge *j, int64_t at)
{
	if (!j->cut)
		return;
	incident_evidence(
	        j->cut, at, "judge", "Máy chủ giám sát đã có đường truyền trở lại", "The collector's line is back");
	incident_resolve(j->cut, at);
	j->cut = NULL;
	j->cut_ended_at = j->now;
	j->urgent = true;
	trouble_hold_all(j, RETURN_MS);
}

/* Incidents that were opened on the first of the silent ones, before it showed that we are the cause. */
static void absorb(struct judge *j, int64_t since)
{
	for (size_t k = j->incidents.count; k > 0; k--) {
		struct incident *i = j->incidents.all[k - 1];
		if (i->opened_at < since - TOGETHER_MS)
			continue;
		if (i != j->cut && i->kind == KIND_AGENT && incident_is_open(i) && !i->simulated)
			trouble_merge(j, i, j->cut, false);
	}
}

void isolation_path(struct judge *j, const struct judge_check *c, int64_t at, bool down)
{
	if (!beside(j, c->node) || c->terminal || (c->kind != KIND_PATH && c->kind != KIND_UPLINK))
		return;
	if (down && j->now - at < INCIDENT_LATE_MS)
		cut_begin(j, at, true);
	else if (!down && j->cut_by_path)
		cut_end(j, at);
}

void isolation_silent(struct judge *j, int64_t at)
{
	unsigned known = 0, silent = 0;
	int64_t first = at;
	if (j->cut || has_witness(j))
		return;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		/* who was gone before says nothing about now */
		if (!counted(n) || (n->link != LINK_CONNECTED && n->link_at < at - TOGETHER_MS))
			continue;
		known++;
		if (n->link != LINK_SILENT)
			continue;
		silent++;
		if (n->link_at < first)
			first = n->link_at;
	}
	if (silent < MANY || silent * 100 <= known * MANY_PERCENT)
		return;
	cut_begin(j, first - SILENCE_MS, false);
	absorb(j, first - SILENCE_MS);
}

void isolation_heard(struct judge *j, const struct judge_node *n, int64_t at)
{
	if (j->cut && !j->cut_by_path && counted(n) && at > j->cut->opened_at + SILENCE_MS)
		cut_end(j, at);
}

/* Was anyone at another site heard after this one's last frame? */
static bool proven(const struct judge *j, const struct trouble *t)
{
	unsigned others = 0;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (!counted(n) || n->site == t->check->site || beside(j, n))
			continue;
		others++;
		if (n->link == LINK_CONNECTED && n->life_at >= t->from + PROOF_MS)
			return true;
	}
	return others + 1 < MANY;
}

int64_t isolation_hold_ms(const struct judge *j, const struct trouble *t)
{
	if (t->check->node->simulated)
		return 0;
	if (j->cut)
		return 1000;
	if (t->check->kind != KIND_AGENT || t->check->node->link != LINK_SILENT || has_witness(j))
		return 0;
	if (j->now >= t->from + SILENCE_MS + PROOF_WAIT_MS || proven(j, t))
		return 0;
	return 500;
}
