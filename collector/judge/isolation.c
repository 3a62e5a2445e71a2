#include "collector/judge/isolation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/book.h"
#include "collector/judge/event.h"
#include "collector/judge/explain.h"
#include "collector/judge/trouble.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define TOGETHER_MS 15000
#define MANY 3
#define MANY_PERCENT 60
/* ... although the agent beside the collector sees its gateway */
#define ALL 5
#define ALL_PERCENT 90
/* frames come at least every 5 s: who was heard this long after the last frame of a silent agent is proof */
#define PROOF_MS 6000
#define PROOF_WAIT_MS 8000
/* ... and rows come every 10 s: after the first silence they have had the time to prove it */
#define MASS_WAIT_MS 4000
#define SILENCE_MS 12000
/* agents come back with a back-off of up to 30 s */
#define RETURN_MS 40000
#define WORN_TOGETHER_MS 60000
#define WORN_HOLD_MS 8000       /* until the others have said whether their lines are bad too */
#define DOUBT_HOLD_MS 20000     /* until the collector's own line has shown whether it is */
#define OWN_CABLE_MS 14000      /* the way out is looked at every 10 s */
#define WORN_OVER_MS 75000      /* after total loss a line seems well before it is looked at long enough */
#define QUALITY_RETURN_MS 80000 /* how good a line is looks back a minute */
#define DOUBT_PERCENT 5.0
#define LINE_ID "collector.line."
#define WORN_ID "collector.quality."

static bool counted(const struct judge_node *n)
{
	return n->inv && !n->simulated && n->link != LINK_NEVER;
}

bool isolation_beside(const struct judge *j, const struct judge_node *n)
{
	return j->inv && j->inv->collector_node && !strcmp(j->inv->collector_node, n->name);
}

/* A check of the collector's own way out. */
static bool is_own_way(const struct judge *j, const struct judge_check *c)
{
	return isolation_beside(j, c->node) && !c->terminal && (c->kind == KIND_PATH || c->kind == KIND_UPLINK);
}

/* The agent beside the collector when it reports now: then its paths are better proof than a mass of silence. */
static const struct judge_node *witness(const struct judge *j)
{
	const struct judge_node *n =
	        j->inv && j->inv->collector_node ? fleet_node(&j->fleet, j->inv->collector_node) : NULL;
	bool paths = false;
	for (uint32_t i = 0; n && i < n->check_count; i++)
		paths |= is_own_way(j, n->checks[i]) && n->checks[i]->machine.at;
	return paths && n->link == LINK_CONNECTED ? n : NULL;
}

/* ---- the incidents ---- */

static struct incident *own_incident(struct judge *j, const char *prefix, int64_t at)
{
	char id[96], stamp[32];
	bool fresh;
	clock_format_utc(at, stamp, sizeof stamp);
	snprintf(id, sizeof id, "%s%.4s%.2s%.2sT%.2s%.2s%.2s", prefix, stamp, stamp + 5, stamp + 8, stamp + 11,
	        stamp + 14, stamp + 17);
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	if (fresh) {
		i->kind = KIND_PATH;
		i->opened_at = i->began_at = at;
		i->detected_at = j->now;
		i->late = j->now - at > INCIDENT_LATE_MS;
		i->live = true;
		i->responsible = responsible_name(RESPONSIBLE_PROVINCE);
	}
	incident_reopen(i);
	j->urgent = true;
	return i;
}

static void say(const struct judge *j, struct incident *i, int64_t at, const char *vi, const char *en)
{
	char text_vi[200], text_en[200], when[40];
	words_time(j, at, when, sizeof when);
	snprintf(text_vi, sizeof text_vi, vi, when);
	snprintf(text_en, sizeof text_en, en, when);
	incident_evidence(i, at, "judge", text_vi, text_en);
}

static void cut_begin(struct judge *j, int64_t at, const struct judge_check *by)
{
	if (j->cut)
		return;
	struct incident *i = own_incident(j, LINE_ID, at);
	say(j, i, at,
	        by ? "Trạm đo cạnh máy chủ giám sát không tới được cổng mạng từ %s"
	           : "Phần lớn trạm đo cùng im lặng từ %s",
	        by ? "The agent beside the collector cannot reach the gateway since %s"
	           : "Most agents fell silent together at %s");
	judge_know(j, i, FACT_EVERYBODY, ANSWER_YES, by ? RANK_SITE : RANK_AFAR, at, by ? by->node->name : "judge");
	if (by)
		judge_know(j, i, FACT_GATEWAY, ANSWER_NO, RANK_SITE, at, by->node->name);
	j->cut = i;
	j->cut_by_path = by != NULL;
}

static void cut_end(struct judge *j, int64_t at)
{
	if (!j->cut)
		return;
	incident_evidence(
	        j->cut, at, "judge", "Máy chủ giám sát đã có đường truyền trở lại", "The collector's line is back");
	incident_resolve(j->cut, at);
	testimony_resolved(j, j->cut);
	j->cut = NULL;
	j->cut_ended_at = j->now;
	j->urgent = true;
	trouble_hold_all(j, RETURN_MS);
}

/* Does a line that is bad, not dead, speak? */
static bool is_quality(const struct judge_check *c)
{
	return (c->kind == KIND_UPLINK || c->kind == KIND_PATH) && c->machine.state == STATE_DEGRADED;
}

/* What says nothing about a site while the collector's own line is bad. */
static bool depends_on_us(const struct judge_check *c)
{
	return (c->kind == KIND_AGENT && c->node->link == LINK_SILENT) || c->terminal || is_quality(c);
}

/* Incidents that were opened on the first ones, before it showed that we are the cause. */
static void absorb(struct judge *j, struct incident *root, int64_t since)
{
	for (size_t k = 0; k < j->trouble_count; k++) {
		const struct trouble *t = j->troubles[k];
		struct incident *i = t->incident;
		if (!i || i == root || !t->primary || !incident_is_open(i) || i->simulated || i->opened_at < since)
			continue;
		if (i->kind == KIND_AGENT || (i->kind == KIND_UPLINK && depends_on_us(t->check)))
			trouble_merge(j, i, root, false);
	}
}

static void worn_begin(struct judge *j, int64_t at, const struct judge_check *by)
{
	if (j->worn || j->cut)
		return;
	struct incident *i = own_incident(j, WORN_ID, at);
	say(j, i, at,
	        by ? "Trạm đo cạnh máy chủ giám sát: đường ra mất gói hoặc chậm từ %s"
	           : "Phần lớn địa điểm cùng báo kênh truyền kém từ %s: đường của máy chủ giám sát",
	        by ? "The agent beside the collector: the way out loses packets or is slow since %s"
	           : "Most sites report bad lines together since %s: it is the collector's own");
	judge_know(j, i, FACT_EVERYBODY, ANSWER_YES, by ? RANK_SITE : RANK_AFAR, at, by ? by->node->name : "judge");
	j->worn = i;
	absorb(j, i, at - TOGETHER_MS);
}

static void worn_end(struct judge *j, int64_t at)
{
	if (!j->worn)
		return;
	incident_evidence(j->worn, at, "judge", "Đường truyền của máy chủ giám sát đã tốt trở lại",
	        "The collector's line is well again");
	incident_resolve(j->worn, at);
	testimony_resolved(j, j->worn);
	j->worn = NULL;
	j->cut_ended_at = j->now;
	j->urgent = true;
	trouble_hold_all(j, RETURN_MS);
}

/* ---- what shows it ---- */

/* All of them are well: one that is back does not speak for the other. */
static bool own_ways_well(const struct judge_node *n, const struct judge *j, enum state worst)
{
	for (uint32_t k = 0; k < n->check_count; k++) {
		const struct judge_check *c = n->checks[k];
		if (is_own_way(j, c) && c->machine.state > worst)
			return false;
	}
	return true;
}

void isolation_path(struct judge *j, const struct judge_check *c, int64_t at, enum state state)
{
	if (!is_own_way(j, c))
		return;
	bool fresh = j->now - at < INCIDENT_LATE_MS;
	if (state == STATE_DOWN && j->worn)
		return; /* see isolation_tick() */
	if (state == STATE_DOWN && fresh) {
		cut_begin(j, at, c);
		absorb(j, j->cut, at - TOGETHER_MS);
		return;
	}
	if (j->cut_by_path && own_ways_well(c->node, j, STATE_DEGRADED))
		cut_end(j, at);
	/* one of them is still bad, or has become so while nothing passed */
	if (fresh && !own_ways_well(c->node, j, STATE_UP))
		worn_begin(j, at, c);
}

/* A line that was bad has been well for a while. */
static void look_for_better(struct judge *j)
{
	const struct judge_node *n = witness(j);
	int64_t since = 0;
	if (!j->worn || !n || !own_ways_well(n, j, STATE_UP))
		return;
	for (uint32_t k = 0; k < n->check_count; k++)
		if (is_own_way(j, n->checks[k]) && n->checks[k]->machine.since > since)
			since = n->checks[k]->machine.since;
	if (j->now >= since + WORN_OVER_MS)
		worn_end(j, since);
}

/* Does the agent beside the collector get an answer from outside? Then we are not cut off. */
static bool somebody_answers(const struct judge *j, const struct judge_node *n, int64_t since)
{
	for (uint32_t k = 0; k < n->check_count; k++) {
		const struct judge_check *c = n->checks[k];
		if (c->terminal && (c->machine.state == STATE_UP || c->machine.state == STATE_DEGRADED) &&
		        c->row_at >= since)
			return true;
	}
	for (uint32_t k = 0; k < j->fleet.count; k++)
		if (j->fleet.nodes[k]->link == LINK_SILENT && event_on_battery(j, j->fleet.nodes[k]->site, since, NULL))
			return true;
	return false;
}

/* How many of those that were there a moment ago are silent; since when; was any other heard since? */
struct silence {
	unsigned known, silent;
	int64_t first;
	bool contradicted;
};

static struct silence count_silent(const struct judge *j, const struct judge_node *beside)
{
	struct silence s = {.first = INT64_MAX};
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		/* who was gone before says nothing about now */
		if (counted(n) && n != beside && n->link == LINK_SILENT && n->link_at > j->now - TOGETHER_MS) {
			s.silent++;
			s.first = n->link_at < s.first ? n->link_at : s.first;
		}
	}
	s.known = s.silent;
	for (uint32_t k = 0; k < j->fleet.count && s.silent; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (!counted(n) || n == beside || n->link != LINK_CONNECTED)
			continue;
		s.known++;
		s.contradicted |= n->life_at >= s.first - SILENCE_MS + PROOF_MS;
	}
	return s;
}

/* Most are silent, and nobody was heard since; after MASS_WAIT_MS everybody has had the time to be. */
static bool is_mass(const struct judge *j, struct silence *s)
{
	const struct judge_node *beside = witness(j);
	*s = count_silent(j, beside);
	if (s->silent < (beside ? ALL : MANY) || s->silent * 100 <= s->known * (beside ? ALL_PERCENT : MANY_PERCENT))
		return false;
	return !s->contradicted && !(beside && somebody_answers(j, beside, s->first - SILENCE_MS + PROOF_MS));
}

static void look_for_silence(struct judge *j)
{
	struct silence s;
	if (!is_mass(j, &s) || j->now < s.first + MASS_WAIT_MS)
		return;
	int64_t since = s.first - SILENCE_MS;
	cut_begin(j, since, NULL);
	absorb(j, j->cut, since - TOGETHER_MS);
}

void isolation_heard(struct judge *j, const struct judge_node *n, int64_t at)
{
	bool other = counted(n) && !isolation_beside(j, n);
	if (j->cut && !j->cut_by_path && other && at > j->cut->opened_at + SILENCE_MS)
		cut_end(j, at);
}

/* How many sites there are that report, and how many of them report a bad line that began within a minute before. */
static void count_bad(const struct judge *j, unsigned *known, unsigned *bad, int64_t *first)
{
	const struct site **seen = mem_alloc((j->fleet.count + 1) * sizeof *seen);
	unsigned sites = 0;
	*known = *bad = 0;
	*first = j->now;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		bool is_bad = false;
		if (!counted(n) || n->inv->kind != NODE_SERVER || n->link != LINK_CONNECTED)
			continue;
		for (uint32_t m = 0; m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			bool since = is_quality(c) && !c->terminal && c->trouble &&
			             c->trouble->from > j->now - 2 * WORN_TOGETHER_MS;
			is_bad |= since || (j->worn && is_quality(c) && !c->terminal);
			if (since && c->trouble->from < *first)
				*first = c->trouble->from;
		}
		bool known_site = false;
		for (unsigned m = 0; m < sites; m++)
			known_site |= seen[m] == n->site;
		if (known_site)
			continue;
		seen[sites++] = n->site;
		*known += 1;
		*bad += is_bad;
	}
	free(seen);
}

/* A line that was bad and now carries nothing at all. */
static void look_for_worse(struct judge *j)
{
	const struct judge_node *n = witness(j);
	struct incident *worn = j->worn;
	for (uint32_t k = 0; worn && n && k < n->check_count && j->worn; k++) {
		const struct judge_check *c = n->checks[k];
		/* all echoes of one look may be lost by chance */
		bool again = c->row_at > c->machine.since && c->value[0] >= 100;
		if (!is_own_way(j, c) || c->machine.state != STATE_DOWN || !again)
			continue;
		j->worn = NULL;
		cut_begin(j, c->machine.since, c);
		trouble_merge(j, worn, j->cut, false);
		absorb(j, j->cut, c->machine.since - TOGETHER_MS);
	}
}

void isolation_tick(struct judge *j)
{
	unsigned known, bad;
	int64_t first;
	look_for_worse(j);
	look_for_better(j);
	bool may = j->worn != NULL;
	if (!j->cut)
		look_for_silence(j);
	if (j->cut || witness(j))
		return;
	for (size_t k = 0; k < j->trouble_count && !may; k++)
		may = is_quality(j->troubles[k]->check);
	if (!may)
		return;
	count_bad(j, &known, &bad, &first);
	bool most = bad >= MANY && bad * 100 > known * MANY_PERCENT;
	if (most && !j->worn)
		worn_begin(j, first, NULL);
	else if (!most && j->worn)
		worn_end(j, j->now);
}

void isolation_resume(struct judge *j)
{
	for (size_t k = j->incidents.count; k > 0 && !j->worn; k--) {
		struct incident *i = j->incidents.all[k - 1];
		if (incident_is_open(i) && !strncmp(i->id, WORN_ID, strlen(WORN_ID)))
			j->worn = i;
	}
	if (j->cut)
		j->cut_by_path = j->cut->facts.is[FACT_EVERYBODY].rank > RANK_AFAR;
}

/* ---- may a trouble be decided? ---- */

bool isolation_testifies(const struct judge *j, const struct judge_check *c, int reason)
{
	bool after = j->cut || (j->cut_ended_at && j->now < j->cut_ended_at + RETURN_MS);
	return after && c->kind == KIND_SERVICE && !isolation_beside(j, c->node) &&
	       !explain_reason(reason, EXPLAINED_BY_CUT);
}

/* Was anyone at another site heard after this one's last frame? */
static bool proven(const struct judge *j, const struct trouble *t)
{
	unsigned others = 0;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		if (!counted(n) || n->site == t->check->site || isolation_beside(j, n))
			continue;
		others++;
		if (n->link == LINK_CONNECTED && n->life_at >= t->from + PROOF_MS)
			return true;
	}
	return others + 1 < MANY;
}

/* Rows that differ, but not enough of them yet to say so. */
static bool own_way_in_doubt(const struct judge *j)
{
	const struct judge_node *n = witness(j);
	for (uint32_t k = 0; n && k < n->check_count; k++) {
		const struct judge_check *c = n->checks[k];
		bool lossy = c->value[0] >= DOUBT_PERCENT; /* false of NaN */
		if (is_own_way(j, c) &&
		        (c->machine.state > STATE_UP || (c->machine.run && c->machine.run_state > STATE_UP) || lossy))
			return true;
	}
	return false;
}

int64_t isolation_hold_ms(const struct judge *j, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	if (c->node->simulated)
		return 0;
	if (j->cut)
		return isolation_testifies(j, c, t->reason) ? 0 : 1000;
	/* a cable out at the collector itself: is it the one that its way out goes by? */
	if (c->kind == KIND_INTERFACE && isolation_beside(j, c->node) && witness(j) && j->now < t->begun + OWN_CABLE_MS)
		return 500;
	if (is_quality(c) && j->cut_ended_at && j->now < j->cut_ended_at + QUALITY_RETURN_MS && !j->worn)
		return 1000;
	bool own_service = c->kind == KIND_SERVICE && isolation_beside(j, c->node) &&
	                   explain_reason(t->reason, EXPLAINED_BY_BAD_LINE);
	if (own_service && !j->worn && own_way_in_doubt(j) && j->now < t->begun + DOUBT_HOLD_MS)
		return 1000;
	if (depends_on_us(c) && !is_own_way(j, c)) {
		if (j->worn || (own_way_in_doubt(j) && j->now < t->begun + DOUBT_HOLD_MS))
			return 1000;
		if (is_quality(c) && !witness(j) && j->now < t->begun + WORN_HOLD_MS)
			return 1000;
	}
	struct silence s;
	if (c->kind == KIND_AGENT && j->now < t->begun + MASS_WAIT_MS + 1000 && is_mass(j, &s))
		return 500;
	int64_t hold = area_hold_ms(j, t);
	if (hold || c->kind != KIND_AGENT || c->node->link != LINK_SILENT || witness(j))
		return hold;
	if (j->now >= t->from + SILENCE_MS + PROOF_WAIT_MS || proven(j, t))
		return 0;
	return 500;
}
