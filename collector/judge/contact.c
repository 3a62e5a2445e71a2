#include "collector/judge/contact.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/isolation.h"
#include "collector/judge/trouble.h"

#define SILENCE_MS 12000     /* intake says silent after this */
#define CLOSED_HOLD_MS 10000 /* an agent that restarts is back by then */
#define DOUBT_MS 45000       /* back-off of up to 30 s, jittered */

static void link_set(struct judge *j, struct judge_node *n, enum agent_link link, int64_t at)
{
	struct transition t;
	static const enum state states[] = {[LINK_NEVER] = STATE_UNOBSERVED,
	        [LINK_CONNECTED] = STATE_UP,
	        [LINK_SILENT] = STATE_DOWN,
	        [LINK_CLOSED] = STATE_DOWN};
	n->link = (uint8_t)link;
	n->link_at = at;
	n->dirty = true;
	n->agent->dirty = true;
	if (state_set(&n->agent->machine, at, states[link], REASON_OK, &t))
		judge_move(j, n->agent, &t, false);
}

void contact_heard(struct judge *j, struct judge_node *n, int64_t at)
{
	if (at > n->life_at)
		n->life_at = at;
	n->dirty = true;
	n->confirm_by = 0;
	if (n->link != LINK_CONNECTED)
		link_set(j, n, LINK_CONNECTED, at);
	isolation_heard(j, n, at);
}

/*
 * What the collector's kernel knew of the connection (common/stall.h). "dead" is silent: either nothing passes, or only theirs does not,
 * and the site must tell. "silent" is that all of ours was acknowledged: their kernel lives and the way is well.
 */
static const struct {
	const char *verdict;
	enum fact fact;
	const char *vi, *en;
} stalls[] = {
        {"out", FACT_ONE_WAY, "Gói từ trạm đo %s vẫn tới, gói của máy chủ giám sát không tới nơi",
                "What agent %s sends arrives, what the collector sends does not"},
        {"hole-out", FACT_LARGE_ONLY, "Chỉ gói nhỏ của máy chủ giám sát tới được trạm đo %s",
                "Only what is small arrives at agent %s"},
        {"hole-in", FACT_LARGE_ONLY, "Chỉ gói nhỏ của trạm đo %s tới được máy chủ giám sát",
                "Only what is small arrives from agent %s"},
        {"silent", FACT_ACKNOWLEDGES, "Máy của trạm đo %s vẫn xác nhận mọi gói tin nhưng trạm đo không nói gì",
                "The host of agent %s acknowledges every packet, but the agent says nothing"},
};

static void tell_stall(struct judge *j, struct judge_node *n, const json_t *o, int64_t at)
{
	const char *verdict = json_string_value(json_object_get(json_object_get(o, "tcp"), "verdict"));
	char vi[200], en[200];
	for (size_t k = 0; verdict && k < sizeof stalls / sizeof stalls[0]; k++) {
		if (strcmp(stalls[k].verdict, verdict))
			continue;
		trouble_know(j, n->agent, stalls[k].fact, ANSWER_YES, RANK_AFAR, at, "tcp");
		snprintf(vi, sizeof vi, stalls[k].vi, n->name);
		snprintf(en, sizeof en, stalls[k].en, n->name);
		if (n->agent->trouble && n->agent->trouble->incident)
			incident_evidence(n->agent->trouble->incident, at, "tcp", vi, en);
	}
}

static void lost(struct judge *j, struct judge_node *n, enum agent_link link, int64_t at, const json_t *o)
{
	/* closed after silent adds nothing: it is we who gave up */
	if (n->link == LINK_SILENT || n->link == link)
		return;
	bool was_closed = n->link == LINK_CLOSED;
	int64_t from = link == LINK_SILENT ? at - SILENCE_MS : at;
	n->confirm_by = 0;
	link_set(j, n, link, at);
	if (!was_closed)
		trouble_begin(j, n->agent, from, REASON_TIMEOUT, false, link == LINK_SILENT ? 1 : CLOSED_HOLD_MS);
	trouble_know(j, n->agent, link == LINK_SILENT ? FACT_SILENT : FACT_CLOSED, ANSWER_YES, RANK_AFAR, at, "judge");
	tell_stall(j, n, o, at);
}

/* What TCP lost either way since the connection began, by intake's count. */
static void lossy(struct judge *j, struct judge_node *n, const json_t *o, int64_t at)
{
	ways_count(&check_quality_make(n->agent)->ways, at, json_integer_value(json_object_get(o, "lost_up")),
	        json_integer_value(json_object_get(o, "lost_down")));
	n->agent->dirty = true;
	ways_tell(j, n, at);
}

static void copy_word(const json_t *o, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(o, key));
	if (s)
		snprintf(out, size, "%s", s);
}

void contact_record(struct judge *j, const struct record *r)
{
	struct judge_node *n = fleet_node_make(&j->fleet, r->node);
	json_t *o = json_loadb((const char *)r->body, r->body_len, 0, NULL);
	const char *state = json_string_value(json_object_get(o, "state"));
	if (n && state) {
		copy_word(o, "software", n->software, sizeof n->software);
		copy_word(o, "address", n->address, sizeof n->address);
		copy_word(o, "config_version", n->config_version, sizeof n->config_version);
		if (json_is_integer(json_object_get(o, "skew_ms")))
			n->skew_ms = json_integer_value(json_object_get(o, "skew_ms"));
		n->dirty = true;
		if (!strcmp(state, "connected") || !strcmp(state, "heard") || !strcmp(state, "configured"))
			contact_heard(j, n, r->at_ms);
		else if (!strcmp(state, "lossy"))
			lossy(j, n, o, r->at_ms);
		else if (!strcmp(state, "silent"))
			lost(j, n, LINK_SILENT, r->at_ms, o);
		else if (!strcmp(state, "closed") || !strcmp(state, "reset"))
			lost(j, n, LINK_CLOSED, r->at_ms, o);
	}
	json_decref(o);
}

void contact_doubt(struct judge *j, int64_t now)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		/* a simulator falls quiet when its history is told */
		if (n->link != LINK_CONNECTED || n->simulated)
			continue;
		int64_t patience = state_patience_ms(n->agent->step_ms);
		n->confirm_by = now + (patience > DOUBT_MS ? patience : DOUBT_MS);
	}
}

void contact_tick(struct judge *j)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		if (n->confirm_by && n->confirm_by <= j->now && n->link == LINK_CONNECTED)
			lost(j, n, LINK_SILENT, j->now, NULL);
	}
}
