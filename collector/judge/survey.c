/*
 * survey: facts of an incident as fleet and inventory show them now, and what follows when one of them changes.
 *
 * What is seen from outside is of rank AFAR, what an agent of the site tells while it runs of rank SITE. A good row proves something only when it was
 * taken after the trouble had begun for sure: an agent may have lived for a heartbeat after the last frame that came. The first
 * answer stands: what is well again a minute later has come back, and says nothing about how it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/event.h"
#include "collector/judge/judge.h"
#include "collector/judge/rejudge.h"
#include "collector/judge/topology.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define AFAR "judge"
#define AT_ONCE_MS 40000

struct view {
	struct judge *j;
	struct incident *i;
	const struct site *site; /* NULL of a wide incident */
};

struct seen {
	bool up, down, at_once; /* at_once: it went down when the incident began */
};

static enum answer answer_of(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

/* What a check says about the time since the incident began. */
static void look(const struct view *v, const struct judge_check *c, struct seen *out)
{
	if (c->machine.state == STATE_DOWN && c->machine.at >= v->i->began_at) {
		out->down = true;
		out->at_once |= c->machine.since <= v->i->began_at + AT_ONCE_MS;
	} else if ((c->machine.state == STATE_UP || c->machine.state == STATE_DEGRADED) && !c->machine.run &&
	           c->row_at >= v->i->began_at + SURVEY_BEAT_MS)
		out->up = true;
}

static void know_first(const struct view *v, enum fact f, bool yes, enum rank rank, const char *who)
{
	if (!v->i->facts.is[f].answer)
		judge_know(v->j, v->i, f, answer_of(yes), rank, v->j->now, who);
}

/* Bad news of a terminal come at once, good ones with the next batch. */
static bool untold(const struct view *v, const struct judge_check *c)
{
	return c->machine.state == STATE_UP && !c->machine.run && c->node->link == LINK_CONNECTED &&
	       c->node->life_at >= v->i->began_at + SURVEY_BEAT_MS &&
	       v->j->now >= v->i->began_at + SURVEY_TERMINAL_MS &&
	       c->row_at > v->i->began_at - state_patience_ms(c->step_ms);
}

static struct seen look_terminals(const struct view *v, const struct uplink *u)
{
	struct seen seen = {0};
	for (uint32_t k = 0; k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		for (uint32_t m = 0; m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			if (!c->terminal || c->site != v->site || c->uplink != u)
				continue;
			look(v, c, &seen);
			seen.up |= untold(v, c);
		}
	}
	return seen;
}

/* By the agents that stand there. */
static struct seen look_inside(const struct view *v, const struct uplink *u)
{
	struct seen seen = {0};
	for (uint32_t k = 0; k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		for (uint32_t m = 0; n->site == v->site && m < n->check_count; m++)
			if (n->checks[m]->kind == KIND_UPLINK && n->checks[m]->uplink == u)
				look(v, n->checks[m], &seen);
	}
	return seen;
}

static const struct uplink *line_of(const struct view *v)
{
	for (size_t k = 0; v->i->kind == KIND_UPLINK && v->i->uplink && k < v->site->uplink_count; k++)
		if (!strcmp(v->site->uplinks[k].id, v->i->uplink))
			return &v->site->uplinks[k];
	return NULL;
}

static bool one_carrier(const struct site *s)
{
	for (size_t k = 1; k < s->uplink_count; k++)
		if (strcmp(s->uplinks[k].carrier ? s->uplinks[k].carrier : "",
		            s->uplinks[0].carrier ? s->uplinks[0].carrier : ""))
			return false;
	return true;
}

static void survey_lines(const struct view *v)
{
	const struct uplink *own = line_of(v);
	bool late_word = false;
	unsigned dark = 0, up = 0, other_up = 0, other_dark = 0, terminal_up = 0, terminal_dark = 0;
	for (size_t k = 0; k < v->site->uplink_count; k++) {
		const struct uplink *u = &v->site->uplinks[k];
		struct seen out = look_terminals(v, u), in = look_inside(v, u);
		/* a terminal stands at the near end of its line: that it answers inside says little when somebody looks from outside */
		bool alive = !in.down && (out.up || (in.up && !out.down));
		up += alive;
		dark += !alive && (in.down || out.down);
		if (own && u != own) {
			other_up += alive;
			other_dark += !alive && (in.down || out.down);
			continue;
		}
		terminal_up += out.up;
		terminal_dark += out.down;
		late_word |= out.down && out.at_once && !out.up;
		if (own && in.down && !in.up)
			know_first(v, FACT_LINE, false, RANK_SITE, v->site->id);
	}
	/* that it answers was only concluded from silence, or was so for a moment */
	if (late_word && !terminal_up)
		judge_know(v->j, v->i, FACT_TERMINAL, ANSWER_NO, RANK_AFAR, v->j->now, AFAR);
	else if (terminal_up || terminal_dark)
		know_first(v, FACT_TERMINAL, terminal_up, RANK_AFAR, AFAR);
	if (other_up || (own && other_dark && other_dark + 1 == v->site->uplink_count))
		know_first(v, FACT_OTHER_LINE, other_up, RANK_AFAR, AFAR);
	if (v->site->uplink_count > 1 && !one_carrier(v->site) && dark && (up || dark == v->site->uplink_count))
		know_first(v, FACT_ALL_LINES, !up, RANK_AFAR, AFAR);
}

static void survey_agents(const struct view *v)
{
	bool alive = false, silent = false, own = v->i->kind == KIND_AGENT;
	for (uint32_t k = 0; k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		if (n->site != v->site || !n->inv || n->inv->kind != NODE_SERVER || n->simulated)
			continue;
		if (own && v->i->node && !strcmp(n->name, v->i->node)) {
			if (n->link == LINK_SILENT || n->link == LINK_CLOSED)
				judge_know(v->j, v->i, n->link == LINK_SILENT ? FACT_SILENT : FACT_CLOSED, ANSWER_YES,
				        RANK_AFAR, n->link_at, AFAR);
			continue;
		}
		alive |= n->link == LINK_CONNECTED && n->life_at >= v->i->began_at + SURVEY_BEAT_MS;
		silent |= n->link == LINK_SILENT;
	}
	if (!alive && !silent)
		return;
	if (own)
		know_first(v, FACT_SIBLINGS, alive, RANK_AFAR, AFAR);
	else if (v->i->kind == KIND_UPLINK || v->i->kind == KIND_GEAR)
		know_first(v, FACT_SILENT, !alive, RANK_AFAR, AFAR);
}

/* Gateway and gear, as agents of the site that are heard see them now. */
bool fact_is_near(const struct node *gear)
{
	return gear && gear->poller && gear->poller->at == gear->at;
}

bool fact_is_front(const struct judge *j, const struct site *s, const struct node *gear)
{
	const struct node *front = NULL;
	if (!s || !fact_is_near(gear))
		return false;
	for (size_t k = 0; j->topology && k < s->uplink_count; k++) {
		const struct node *through = topology_gateway_gear(j->topology, s, &s->uplinks[k]);
		if (through == gear)
			return true;
		front = through ? through : front;
	}
	/* nothing is known of any router there: it may be this */
	return !front;
}

static void survey_near(const struct view *v)
{
	for (uint32_t k = 0; k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		for (uint32_t m = 0; n->site == v->site && m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			struct seen seen = {0};
			bool gateway = c->kind == KIND_PATH && !strcmp(c->instance, "gateway");
			if (!gateway && (c->kind != KIND_GEAR || !fact_is_front(v->j, v->site, n->inv)))
				continue;
			look(v, c, &seen);
			if (seen.up != seen.down)
				know_first(v, gateway ? FACT_GATEWAY : FACT_GEAR, seen.up, RANK_SITE, n->name);
		}
	}
}

static void survey_power(const struct view *v)
{
	const char *who = AFAR;
	int64_t since = event_on_battery(v->j, v->site, v->i->began_at, &who);
	if (since && judge_know(v->j, v->i, FACT_ON_BATTERY, ANSWER_YES, RANK_SITE, since, who))
		words_battery(v->j, v->i, v->site, v->i->began_at);
}

/* Is the way bad that it goes by? Of a service that answered nothing. */
static void survey_way(const struct view *v)
{
	const struct service *s = inventory_service(v->j->inv, v->i->service);
	for (uint32_t k = 0; s && k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		for (uint32_t m = 0; n->site == v->site && m < n->check_count; m++) {
			const struct judge_check *c = n->checks[m];
			bool way = c->kind == KIND_UPLINK && c->uplink && topology_goes_by(s, c->uplink);
			if (way && (check_quality(c) & QUALITY_LOSSY))
				know_first(v, FACT_LOSS, true, RANK_SITE, n->name);
		}
	}
}

/* Do others get what this one does not? Only a row from after the beginning says so. */
static void survey_service(const struct view *v)
{
	unsigned up = 0, down = 0;
	for (uint32_t k = 0; k < v->j->fleet.count; k++) {
		const struct judge_node *n = v->j->fleet.nodes[k];
		const struct judge_check *c = n->site && n->site != v->site && n->simulated == v->i->simulated
		                                      ? fleet_check(n, KIND_SERVICE, v->i->service)
		                                      : NULL;
		struct seen seen = {0};
		if (!c)
			continue;
		look(v, c, &seen);
		up += seen.up;
		down += seen.down;
	}
	/* of a wide one this many are down already, so one that is not says nothing about a way */
	if (v->i->wide ? down > 1 : up || down)
		judge_know(v->j, v->i, FACT_OTHERS_REACH, answer_of(!v->i->wide && up), RANK_AFAR, v->j->now, AFAR);
}

void fact_collect(struct judge *j, struct incident *i)
{
	struct view v = {.j = j, .i = i, .site = j->inv && i->site ? inventory_site(j->inv, i->site) : NULL};
	if (i->kind == KIND_SERVICE && i->service)
		survey_service(&v);
	if (v.site && i->kind == KIND_SERVICE && i->service)
		survey_way(&v);
	if (!v.site || i->kind == KIND_SERVICE)
		return;
	if (i->kind == KIND_AGENT || i->kind == KIND_UPLINK || i->kind == KIND_GEAR)
		survey_agents(&v);
	if (i->kind != KIND_AGENT && i->kind != KIND_UPLINK)
		return;
	survey_lines(&v);
	survey_near(&v);
	survey_power(&v);
}

static const char *responsible_base(const struct judge *j, const struct incident *i)
{
	const struct service *s = j->inv && i->service ? inventory_service(j->inv, i->service) : NULL;
	if (s)
		return responsible_name(s->responsible);
	if (i->kind == KIND_UPLINK)
		return responsible_name(RESPONSIBLE_CARRIER);
	return responsible_name(i->kind == KIND_PATH ? RESPONSIBLE_PROVINCE : RESPONSIBLE_COMMUNE);
}

static void set_text(char **text, const char *value)
{
	free(*text);
	*text = mem_str(value);
}

/* A verdict about a silent site's line names the line; another verdict does not. */
static void name_line(const struct judge *j, struct incident *i)
{
	const struct site *s = j->inv && i->site ? inventory_site(j->inv, i->site) : NULL;
	if (i->kind != KIND_AGENT || !s || s->uplink_count != 1)
		return;
	const struct uplink *u = cause_of_line(i->finding.verdict.cause) ? &s->uplinks[0] : NULL;
	set_text(&i->uplink, u ? u->id : NULL);
	set_text(&i->carrier, u ? u->carrier : NULL);
	set_text(&i->circuit, u ? u->circuit : NULL);
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
	return a->verdict.cause == b->verdict.cause && a->verdict.confidence == b->verdict.confidence &&
	       a->runner_up == b->runner_up && a->disputed == b->disputed;
}

void judge_again(struct judge *j, struct incident *i)
{
	struct finding was = i->finding;
	i->finding = cause_judge(i->kind, &i->facts);
	if (i->said == SAID_NOTHING || i->said == SAID_QUIET)
		i->first = i->finding.verdict;
	if (i->final_known) {
		bool other = i->final.cause != i->finding.verdict.cause;
		i->final = i->finding.verdict;
		words_why_final(i);
		if (other)
			rejudge_incident(j, i);
	}
	name_line(j, i);
	i->responsible = cause_responsible(i->finding.verdict.cause, responsible_base(j, i));
	if (same_finding(&was, &i->finding) && i->summary_vi)
		return;
	words_summary(j, i);
	i->dirty = i->changed = j->urgent = true;
}

bool judge_know(struct judge *j, struct incident *i, enum fact f, enum answer answer, enum rank rank, int64_t at,
        const char *who)
{
	char unsure[80];
	/* of a boot whose clock could not be verified: worth no more than a look from afar, and said so */
	if (j->uncertain && rank > RANK_AFAR) {
		rank = RANK_AFAR;
		snprintf(unsure, sizeof unsure, "%.40s (giờ chưa rõ)", who);
		who = unsure;
	}
	if (rank > RANK_AFAR && area_testify(j, i, f, answer, at, who))
		return true;
	if (!fact_set(&i->facts, f, answer, rank, at, who))
		return false;
	i->dirty = true;
	judge_again(j, i);
	return true;
}
