#include "collector/judge/trouble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/complaint.h"
#include "collector/judge/event.h"
#include "collector/judge/explain.h"
#include "collector/judge/isolation.h"
#include "collector/judge/life.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define LATE_DECIDES_MS 60000 /* what is older waits for nothing */
#define AFTERMATH_MS 15000    /* for what outlives the incident that explained it */
#define RETURN_MS 40000       /* agents come back with a back-off of up to 30 s */
#define UNSEEN_WAIT_MS 5000
#define ROOT_WAIT_MS 8000 /* for what may explain it to be decided */
#define LINE_HOLD_MS 1500 /* the gateway's row comes with it, or a moment later */
#define SURVEY_MS 1000
#define TERMINAL_WAIT_MS 7500 /* from when the agent was found silent */
#define TERMINAL_ASK_MS 250
#define SURVEY_FOR_MS 900000 /* what is new about an incident after this time is told by somebody */
#define ANY (-1)

bool trouble_counts(const struct judge_check *c)
{
	if (!c->node->inv || !c->site)
		return false;
	switch (c->kind) {
	case KIND_SERVICE:
		return c->service != NULL;
	case KIND_UPLINK:
		return c->uplink != NULL;
	case KIND_PATH:
		return c->terminal;
	case KIND_INTERFACE: /* ports of gear go up and down with what is plugged in */
		return c->node->inv->kind == NODE_SERVER;
	case KIND_GEAR: /* gear that never answered is a matter of its settings */
		return c->node->inv->kind == NODE_GEAR && !isnan(c->value[0]);
	case KIND_TLS:
		return c->service != NULL;
	case KIND_MTU:
	case KIND_CLOCK:
	case KIND_CONFLICT:
	case KIND_UPS:
	case KIND_HEALTH: /* never worse than degraded, see state_accuses() */
		return true;
	case KIND_AGENT: /* a simulator's connection says nothing about a site */
		return !c->node->simulated;
	default:
		return false;
	}
}

struct trouble *trouble_add(struct judge *j, struct judge_check *c, int64_t from)
{
	struct trouble *t = mem_alloc(sizeof *t);
	t->check = c;
	t->from = from;
	if (j->trouble_count == j->trouble_cap) {
		j->trouble_cap = j->trouble_cap ? j->trouble_cap * 2 : 16;
		j->troubles = mem_grow(j->troubles, j->trouble_cap, sizeof *j->troubles);
	}
	j->troubles[j->trouble_count++] = t;
	c->trouble = t;
	return t;
}

void trouble_drop(struct judge *j, struct trouble *t)
{
	size_t k = 0;
	while (j->troubles[k] != t)
		k++;
	j->troubles[k] = j->troubles[--j->trouble_count];
	t->check->trouble = NULL;
	j->troubles_dirty = true;
	free(t->known);
	free(t);
}

/* What a failure says by itself. */
static const struct {
	enum check_kind kind;
	int reason;    /* ANY: whatever it is */
	int connected; /* ANY: either */
	enum fact fact;
	enum answer answer;
} sayings[] = {
        {KIND_SERVICE, REASON_REFUSED, ANY, FACT_REFUSED, ANSWER_YES},
        {KIND_SERVICE, REASON_RESET, ANY, FACT_RESET, ANSWER_YES},
        {KIND_SERVICE, REASON_TIMEOUT, 1, FACT_NO_REPLY, ANSWER_YES},
        {KIND_SERVICE, REASON_TIMEOUT, 0, FACT_NO_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_UNREACHABLE, ANY, FACT_NO_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_PROHIBITED, ANY, FACT_PROHIBITED, ANSWER_YES},
        {KIND_SERVICE, REASON_HUNG, ANY, FACT_HUNG, ANSWER_YES},
        {KIND_SERVICE, REASON_DNS, ANY, FACT_NO_NAME, ANSWER_YES},
        {KIND_SERVICE, REASON_NO_NAME, ANY, FACT_NO_NAME, ANSWER_YES},
        {KIND_SERVICE, REASON_SERVER_FAILURE, ANY, FACT_NO_NAME, ANSWER_YES},
        {KIND_SERVICE, REASON_CERTIFICATE, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_SERVICE, REASON_EXPIRED, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_SERVICE, REASON_NAME_MISMATCH, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_SERVICE, REASON_UNTRUSTED, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_SERVICE, REASON_REVOKED, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_SERVICE, REASON_TLS, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_STATUS, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_CONTENT, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_PROTOCOL, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_REDIRECTS, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_TOO_LARGE, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_SERVICE, REASON_AUTHENTICATION, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        /* it answers, but what it says is of no use */
        {KIND_SERVICE, REASON_UNSYNCHRONISED, ANY, FACT_WRONG_ANSWER, ANSWER_YES},
        {KIND_INTERFACE, ANY, ANY, FACT_CARRIER, ANSWER_NO},
        {KIND_CLOCK, ANY, ANY, FACT_CLOCK_OFF, ANSWER_YES},
        {KIND_MTU, ANY, ANY, FACT_LARGE_ONLY, ANSWER_YES},
        {KIND_TLS, ANY, ANY, FACT_BAD_CERTIFICATE, ANSWER_YES},
        {KIND_UPS, ANY, ANY, FACT_ON_BATTERY, ANSWER_YES},
        {KIND_CONFLICT, ANY, ANY, FACT_CONFLICT, ANSWER_YES},
};

/* A trouble of the incident speaks; one that is told long after it happened is hindsight. */
static void trouble_speak(struct judge *j, const struct trouble *t, struct incident *i)
{
	const struct judge_check *c = t->check;
	const char *who = c->node->name;
	enum rank rank = j->now - t->from > LATE_DECIDES_MS ? RANK_HINDSIGHT : RANK_SITE;
	/* a service that is only affected says nothing about a line */
	bool only_affected = c->kind == KIND_SERVICE && i->kind != KIND_SERVICE;
	for (size_t k = 0; k < sizeof sayings / sizeof sayings[0] && !only_affected; k++)
		if (sayings[k].kind == c->kind && (sayings[k].reason == ANY || sayings[k].reason == t->reason) &&
		        (sayings[k].connected == ANY || sayings[k].connected == (int)t->connected))
			judge_know(j, i, sayings[k].fact, sayings[k].answer, rank, t->from, who);
	if (c->kind == KIND_SERVICE && !only_affected && c->service && c->service->check == CHECK_DNS)
		judge_know(j, i, FACT_IS_NAME_SERVER, ANSWER_YES, RANK_SITE, t->from, "inventory");
	if (c->kind == KIND_UPLINK && c->machine.state == STATE_DOWN)
		judge_know(j, i, FACT_LINE, ANSWER_NO, rank, t->from, who);
	/* who can tell that is not without power, and is heard by another way */
	if (c->kind == KIND_UPLINK && i->kind == KIND_UPLINK && rank == RANK_SITE && c->node->link == LINK_CONNECTED)
		judge_know(j, i, FACT_SILENT, ANSWER_NO, RANK_AFAR, t->from, "judge");
	if (c->terminal && c->machine.state == STATE_DOWN)
		judge_know(j, i, FACT_TERMINAL, ANSWER_NO, RANK_AFAR, t->from, "judge");
	if (c->kind == KIND_GEAR && (fact_is_front(j, c->site, c->node->inv) || i->kind == KIND_GEAR))
		judge_know(j, i, FACT_GEAR, ANSWER_NO, rank, t->from, who);
	for (unsigned f = 0; t->known && f < FACT_COUNT; f++) {
		const struct fact_answer *is = &t->known->is[f];
		if (is->answer)
			judge_know(j, i, (enum fact)f, (enum answer)is->answer, (enum rank)is->rank, is->at, is->who);
	}
}

/* Another stretch of the same: what was found out about the last one is not known of this. */
static void begin_anew(struct incident *i, int64_t at)
{
	if (i->state != INCIDENT_RESOLVED)
		return;
	i->began_at = at;
	i->final_known = false;
	for (unsigned f = 0; f < FACT_COUNT; f++)
		if (f != FACT_FLAPS)
			memset(&i->facts.is[f], 0, sizeof i->facts.is[f]);
}

void trouble_join(struct judge *j, struct trouble *t, struct incident *i, bool primary)
{
	char what[160];
	t->incident = i;
	t->due = 0;
	t->primary = primary;
	words_target(t->check, what, sizeof what);
	incident_affects(i, what);
	if (!area_is(i) || json_array_size(i->evidence) < AREA_EVIDENCE)
		words_check_down(j, i, t->check, t->from, t->reason);
	j->troubles_dirty = true;
	j->urgent = true;
	if (primary) {
		begin_anew(i, t->from);
		i->open_count++;
		incident_reopen(i);
		if (!i->began_at || t->from < i->began_at)
			i->began_at = t->from;
		if (t->from < i->opened_at)
			i->opened_at = t->from;
	}
	trouble_speak(j, t, i);
	if (primary)
		flap_down(j, i, t->check, t->from);
	/* what is seen when it is over is of its being back */
	if (i->open_count)
		fact_collect(j, i);
	judge_again(j, i);
	words_summary(j, i);
}

bool trouble_know(struct judge *j, struct judge_check *c, enum fact f, enum answer answer, enum rank rank, int64_t at,
        const char *who)
{
	struct trouble *t = c->trouble;
	if (!t)
		return false;
	if (t->incident)
		return judge_know(j, t->incident, f, answer, rank, at, who);
	if (!t->known)
		t->known = mem_alloc(sizeof *t->known);
	j->troubles_dirty = true;
	return fact_set(t->known, f, answer, rank, at, who);
}

void trouble_merge(struct judge *j, struct incident *from, struct incident *into, bool primary)
{
	size_t index;
	json_t *value;
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *t = j->troubles[k];
		if (t->incident != from)
			continue;
		t->primary = t->primary && primary;
		t->incident = into;
		into->open_count += t->primary;
	}
	json_array_foreach(from->affects, index, value) incident_affects(into, json_string_value(value));
	if (primary && incident_is_open(from) && from->open_count)
		incident_reopen(into);
	if (primary && into->state == INCIDENT_RESOLVED && from->resolved_at > into->resolved_at)
		into->resolved_at = into->last_end = from->resolved_at;
	from->open_count = 0;
	incident_merge(from, into);
	j->troubles_dirty = true;
	j->urgent = true;
}

static void name_target(const struct judge_check *c, char *out, size_t size)
{
	if (c->kind == KIND_SERVICE)
		snprintf(out, size, "svc-%s", c->instance);
	else if (c->kind == KIND_UPLINK || c->kind == KIND_PATH)
		snprintf(out, size, "uplink-%s", c->uplink ? c->uplink->id : c->instance);
	else if (c->kind == KIND_INTERFACE)
		snprintf(out, size, "if-%s-%s", c->node->name, c->instance);
	else if (c->instance[0])
		snprintf(out, size, "%s-%s-%s", check_kind_name(c->kind), c->node->name, c->instance);
	else
		snprintf(out, size, "%s-%s", check_kind_name(c->kind), c->node->name);
}

static void name_incident(const struct judge_check *c, int64_t from, char *out, size_t size)
{
	char stamp[32], target[140];
	clock_format_utc(from, stamp, sizeof stamp);
	name_target(c, target, sizeof target);
	snprintf(out, size, "%.40s.%.100s.%.4s%.2s%.2sT%.2s%.2s%.2s", c->site->id, target, stamp, stamp + 5, stamp + 8,
	        stamp + 11, stamp + 14, stamp + 17);
}

struct incident *trouble_open(struct judge *j, struct trouble *t)
{
	const struct judge_check *c = t->check;
	char id[192];
	bool fresh;
	struct incident *back = life_return(j, c, t->from);
	if (back)
		return back;
	name_incident(c, t->from, id, sizeof id);
	struct incident *i = incident_make(&j->incidents, id, &fresh);
	if (!fresh)
		return i;
	const struct unit *unit = site_unit(j->inv, c->site, t->from);
	i->kind = c->kind == KIND_PATH ? KIND_UPLINK : c->kind;
	i->site = mem_str(c->site->id);
	i->unit = unit ? mem_str(unit->id) : NULL;
	i->node = mem_str(c->node->name);
	i->service = c->service ? mem_str(c->service->id) : NULL;
	i->uplink = c->uplink ? mem_str(c->uplink->id) : NULL;
	i->simulated = c->site->simulated;
	i->outside = c->terminal;
	i->late = j->now - t->from > INCIDENT_LATE_MS;
	i->opened_at = i->began_at = t->from;
	i->detected_at = i->simulated && i->late ? t->from + c->step_ms : t->begun ? t->begun : j->now;
	life_begin(j, i, c, t->from);
	judge_again(j, i);
	return i;
}

/* Could `o`, which is not decided yet, explain the service's trouble? */
static bool may_be_root(const struct judge *j, const struct trouble *o, const struct trouble *t)
{
	const struct judge_check *c = o->check;
	if (!o->due || j->now > o->begun + ROOT_WAIT_MS)
		return false;
	if (c->kind == KIND_SERVICE)
		return c->node == t->check->node && c->service && c->service->check == CHECK_DNS &&
		       explain_reason(t->reason, EXPLAINED_BY_NAMES) && o != t;
	return (c->kind == KIND_UPLINK || c->kind == KIND_INTERFACE) && !c->terminal && c->site == t->check->site &&
	       explain_reason(t->reason, EXPLAINED_BY_CUT);
}

/* What may explain it began at the same place and is not decided yet: when it will be; 0 there is none. */
static int64_t root_due(const struct judge *j, const struct trouble *t)
{
	int64_t due = 0;
	for (size_t k = 0; t->check->kind == KIND_SERVICE && k < j->trouble_count; k++)
		if (may_be_root(j, j->troubles[k], t) && j->troubles[k]->due >= due)
			due = j->troubles[k]->due > j->now ? j->troubles[k]->due : j->now;
	return due;
}

/* A silent agent's terminals, when somebody looks at them, will have been seen in a moment: whether they answer tells a cable from a line. */
static int64_t terminal_hold_ms(const struct judge *j, const struct trouble *t)
{
	const struct judge_check *c = t->check;
	if (c->kind != KIND_AGENT || c->node->link != LINK_SILENT || j->now >= t->begun + TERMINAL_WAIT_MS ||
	        j->now >= t->from + SURVEY_TERMINAL_MS)
		return 0;
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		for (uint32_t m = 0; n->link == LINK_CONNECTED && m < n->check_count; m++) {
			const struct judge_check *o = n->checks[m];
			if (o->terminal && o->site == c->site && o->row_at < t->from + SURVEY_BEAT_MS &&
			        o->row_at > t->from - 3 * o->step_ms && o->machine.state != STATE_DOWN)
				return TERMINAL_ASK_MS;
		}
	}
	return 0;
}

static void decide(struct judge *j, struct trouble *t)
{
	bool primary = true;
	int64_t hold = isolation_hold_ms(j, t);
	bool unseen = t->check->kind != KIND_AGENT && check_state_now(t->check, j->now, NULL) == STATE_UNOBSERVED;
	bool late = j->now - t->from > LATE_DECIDES_MS;
	/* it outlived what explained it only if it was seen since */
	bool mute = t->incident && t->check->kind != KIND_AGENT &&
	            t->check->machine.at <= t->incident->resolved_at + t->check->step_ms;
	if (!hold && (mute || (unseen && !late)))
		hold = UNSEEN_WAIT_MS;
	if (!hold && !late)
		hold = terminal_hold_ms(j, t);
	if (!hold && !late && root_due(j, t))
		hold = root_due(j, t) + 1 - j->now;
	if (!hold && !late)
		hold = crowd_hold_ms(j, t);
	if (hold) {
		t->due = j->now + hold;
		return;
	}
	t->due = 0;
	if (t->incident && t->incident->resolved_at > t->from)
		t->from = t->incident->resolved_at;
	t->after = t->incident;
	t->incident = NULL;
	struct incident *i = root_find(j, t, &primary);
	if (!i && root_contradicted(j, t))
		return;
	if (!i) {
		i = trouble_open(j, t);
		primary = true;
	}
	while (i->state == INCIDENT_MERGED && incident_find(&j->incidents, i->merged_into)) {
		i = incident_find(&j->incidents, i->merged_into);
		primary = false;
	}
	trouble_join(j, t, i, primary);
	event_recall(j, i);
	complaint_recall(j, i);
	root_absorb(j, i, t->check);
}

void trouble_begin(struct judge *j, struct judge_check *c, int64_t from, int reason, bool connected, int64_t hold_ms)
{
	if (c->trouble || !trouble_counts(c))
		return;
	struct trouble *t = trouble_add(j, c, from);
	t->reason = (uint8_t)reason;
	t->connected = connected;
	t->begun = j->now;
	if (!hold_ms && c->kind == KIND_UPLINK && j->now - from <= LATE_DECIDES_MS)
		hold_ms = LINE_HOLD_MS;
	t->due = j->now + hold_ms;
	j->troubles_dirty = true;
	if (!hold_ms)
		decide(j, t);
}

void trouble_end(struct judge *j, struct judge_check *c, int64_t at, bool gone)
{
	struct trouble *t = c->trouble;
	if (!t)
		return;
	struct incident *i = t->incident;
	int64_t from = t->from;
	bool primary = t->primary && i;
	trouble_drop(j, t);
	if (i && c->kind == KIND_AGENT)
		testimony_back(j, c->node, i, from);
	if (!primary)
		return;
	if (at > i->last_end)
		i->last_end = at;
	if (i->open_count)
		i->open_count--;
	words_check_back(j, i, c, at, gone);
	j->urgent = true;
	if (!i->open_count)
		flap_up(j, i);
	testimony_resolved(j, i);
}

static void survey_open(struct judge *j)
{
	if (j->now - j->surveyed_at < SURVEY_MS)
		return;
	j->surveyed_at = j->now;
	for (size_t k = 0; k < j->incidents.count; k++) {
		struct incident *i = j->incidents.all[k];
		if (incident_is_open(i) && i->open_count && j->now - i->opened_at < SURVEY_FOR_MS)
			fact_collect(j, i);
	}
}

void trouble_tick(struct judge *j)
{
	survey_open(j);
	for (size_t k = 0; k < j->trouble_count; k++) {
		struct trouble *t = j->troubles[k];
		bool outlived = t->incident && !t->primary && t->incident->state == INCIDENT_RESOLVED;
		if (outlived && !t->due) {
			t->due = j->now + (t->check->kind == KIND_AGENT ? RETURN_MS : AFTERMATH_MS);
			j->troubles_dirty = true;
		}
		if (t->due && t->due <= j->now && !j->cut)
			decide(j, t);
	}
}

void trouble_hold_all(struct judge *j, int64_t hold_ms)
{
	for (size_t k = 0; k < j->trouble_count; k++)
		if (j->troubles[k]->due && j->troubles[k]->due < j->now + hold_ms)
			j->troubles[k]->due = j->now + hold_ms;
}
