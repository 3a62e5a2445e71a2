#include "collector/judge/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/area.h"
#include "collector/judge/event_words.h"
#include "collector/judge/topology.h"
#include "collector/judge/trouble.h"
#include "collector/judge/words.h"
#include "common/memory.h"

#define AFTER_MS 60000       /* what happened so long after an incident may bear on it */
#define GEAR_AFTER_MS 180000 /* ... and what its gear says, which is asked once a minute */
#define EVIDENCE_FROM_EVENTS 30
#define LOOK_BACK 512       /* incidents */
#define GASP_MS 180000      /* a UPS row older than this may be out of date */
#define BATTERY_MS 43200000 /* no commune's UPS lasts longer */

/* Bytes of the UTF-8 sequence there, 0 when it is none (RFC 3629, section 4). */
static unsigned sequence_len(const unsigned char *p)
{
	static const struct {
		unsigned char first, last, low, high, len;
	} rows[] = {{0x01, 0x7f, 0, 0, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		if (*p < rows[k].first || *p > rows[k].last)
			continue;
		if (rows[k].len > 1 && (p[1] < rows[k].low || p[1] > rows[k].high))
			return 0;
		for (unsigned m = 2; m < rows[k].len; m++)
			if ((p[m] & 0xc0) != 0x80)
				return 0;
		return rows[k].len;
	}
	return 0;
}

/* What a stranger chose: no control characters, no broken UTF-8. */
static void make_plain(char *text)
{
	unsigned char *p = (unsigned char *)text;
	while (*p) {
		unsigned len = sequence_len(p);
		if (!len)
			*p = '?';
		else if (*p < ' ' || *p == 0x7f)
			*p = ' ';
		p += len ? len : 1;
	}
}

static bool kind_valid(const char *kind)
{
	size_t len = strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return len && len < EVENT_KIND_MAX && !kind[len];
}

static void battery_note(struct judge_node *n, const struct node_event *e)
{
	/* "low" may be a battery that is being charged again */
	bool on = !strncmp(e->text, "on-battery", 10);
	if (strcmp(e->kind, "ups"))
		return;
	if (on && !n->battery_at)
		n->battery_at = e->at;
	else if (!strncmp(e->text, "on-mains", 8))
		n->battery_at = 0;
	n->dirty = true;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* "svc:land" of an event is "service:land@NODE" among what an incident affects. */
static bool about_target(const struct incident *i, const struct node_event *e)
{
	char target[METRIC_INSTANCE_MAX + METRIC_NODE_MAX + 16];
	bool service = !strncmp(e->subject, "svc:", 4);
	/* the only line of a site goes without a name */
	if (!strcmp(e->subject, "uplink:"))
		return i->kind == KIND_UPLINK && !i->outside && i->site && e->node->site &&
		       !strcmp(i->site, e->node->site->id);
	snprintf(target, sizeof target, "%s%s@%s", service ? "service" : "", e->subject + (service ? 3 : 0),
	        e->node->name);
	return incident_touches(i, target);
}

static bool bears_on(const struct incident *i, const struct node_event *e)
{
	bool ours = e->node->site && (same(i->site, e->node->site->id) || area_covers(i, e->node->site->id));
	bool targeted = !strcmp(e->kind, "trace") || !strcmp(e->kind, "check");
	int64_t after = strcmp(e->kind, "gear-restarted") ? AFTER_MS : GEAR_AFTER_MS;
	if (i->state == INCIDENT_MERGED || e->at < i->opened_at - EVENTS_BEFORE_MS ||
	        (i->state == INCIDENT_RESOLVED && e->at > i->resolved_at + after))
		return false;
	if (targeted && strncmp(e->subject, "path:", 5))
		return about_target(i, e);
	/* a path of the agent's own tells about its silence and its lines, not about one service */
	if (targeted)
		return ours && i->kind != KIND_SERVICE;
	return ours && (i->kind == KIND_AGENT || i->kind == KIND_UPLINK || same(i->node, e->node->name));
}

static bool said_before(const struct incident *i, const char *vi)
{
	size_t k;
	json_t *row;
	json_array_foreach(
	        i->evidence, k, row) if (same(json_string_value(json_object_get(row, "vi")), vi)) return true;
	return false;
}

static void bear_witness(struct judge *j, struct incident *i, const struct node_event *e)
{
	struct event_words w;
	if (!bears_on(i, e))
		return;
	event_speaks(j, i, e);
	if (json_array_size(i->evidence) >= EVIDENCE_FROM_EVENTS)
		return;
	event_words(e->node->name, e->kind, e->subject, e->text, &w);
	if (!w.telling || said_before(i, w.vi))
		return;
	incident_evidence(i, e->at, e->node->name, w.vi, w.en);
}

void event_recall(struct judge *j, struct incident *i)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		bool there = n->recent && n->site && (i->wide || same(n->site->id, i->site));
		for (unsigned m = 0; there && m < EVENTS_RECENT; m++)
			if (n->recent[m].text)
				bear_witness(j, i, &n->recent[m]);
	}
}

/* Takes a copy: what an incident will want to know that opens a moment later. */
static void remember(struct judge_node *n, const struct node_event *e)
{
	struct event_words w;
	event_words(n->name, e->kind, e->subject, e->text, &w);
	if (!w.telling)
		return;
	if (!n->recent)
		n->recent = mem_alloc(EVENTS_RECENT * sizeof *n->recent);
	struct node_event *oldest = &n->recent[0];
	for (unsigned m = 1; m < EVENTS_RECENT; m++)
		if (n->recent[m].at < oldest->at)
			oldest = &n->recent[m];
	free(oldest->text);
	*oldest = *e;
	oldest->text = mem_str(e->text);
}

void event_restore(struct judge_node *n, int64_t at, const char *kind, const char *subject, const char *text)
{
	struct node_event e = {.node = n, .at = at, .text = (char *)text};
	snprintf(e.kind, sizeof e.kind, "%s", kind);
	snprintf(e.subject, sizeof e.subject, "%s", subject);
	remember(n, &e);
}

/* The node whose matter it is; *rest is the text behind the subject, the subject goes to e->subject. NULL: it may not speak for that gear. */
static struct judge_node *owner_of(
        struct judge *j, struct judge_node *n, const char *text, struct node_event *e, const char **rest)
{
	char subject[METRIC_INSTANCE_MAX], gear[METRIC_NODE_MAX];
	size_t len = strcspn(text, " ");
	const char *instance;
	snprintf(subject, sizeof subject, "%.*s", (int)len, text);
	*rest = text[len] ? text + len + 1 : "";
	bool of_gear = strchr(subject, '/') && metric_subject_valid(subject);
	if (of_gear) {
		metric_subject_split(subject, gear);
		of_gear = j->inv && inventory_node(j->inv, gear);
	}
	/* "/data" and "10.0.0.1/24" are things of the node itself */
	struct judge_node *owner = of_gear ? fleet_subject_node(&j->fleet, n, subject, &instance) : n;
	snprintf(e->subject, sizeof e->subject, "%s", of_gear && owner ? instance : subject);
	make_plain(e->subject); /* it may have been cut within a letter */
	return owner;
}

/* What is not there any more accuses nobody, unless it was said already. */
static void interface_removed(struct judge *j, const struct node_event *e)
{
	struct judge_check *c = fleet_check(e->node, KIND_INTERFACE, e->subject);
	if (c && c->trouble && !c->trouble->incident)
		trouble_end(j, c, e->at, true);
}

void event_take(struct judge *j, struct judge_node *n, int64_t at, const char *kind, const char *text)
{
	struct node_event e = {.at = at};
	const char *rest;
	if (!n->inv || !kind_valid(kind) || n->events_pending >= EVENTS_PENDING_MAX)
		return;
	char *plain = mem_str(text);
	make_plain(plain);
	e.node = owner_of(j, n, plain, &e, &rest);
	if (e.node) {
		n->events_pending++;
		snprintf(e.kind, sizeof e.kind, "%s", kind);
		e.text = mem_str(rest);
		battery_note(e.node, &e);
		if (!strcmp(e.kind, "carrier") && !strncmp(e.text, "removed", 7))
			interface_removed(j, &e);
		if (!strcmp(e.kind, "agent-started") && e.node == n && !j->uncertain)
			testimony_started(n, at);
		if (j->topology)
			topology_learn(j->topology, e.node, e.kind, e.subject, e.text);
		/* of a boot whose clock nobody could verify: what it says now may be of any time */
		if (!j->uncertain)
			remember(e.node, &e);
		size_t count = j->incidents.count;
		for (size_t k = count; k > 0 && k + LOOK_BACK > count; k--)
			bear_witness(j, j->incidents.all[k - 1], &e);
		if (j->event_count == j->event_cap) {
			j->event_cap = j->event_cap ? j->event_cap * 2 : 64;
			j->events = mem_grow(j->events, j->event_cap, sizeof *j->events);
		}
		j->events[j->event_count++] = e;
	}
	free(plain);
}

int64_t event_on_battery(const struct judge *j, const struct site *site, int64_t at, const char **who)
{
	for (uint32_t k = 0; site && k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		int64_t since = n->battery_at > at - BATTERY_MS && n->battery_at <= at + GASP_MS ? n->battery_at : 0;
		if (n->site != site)
			continue;
		for (uint32_t m = 0; m < n->check_count && !since; m++) {
			const struct judge_check *c = n->checks[m];
			if (c->kind == KIND_UPS && c->machine.state == STATE_DEGRADED && c->machine.at > at - GASP_MS)
				since = c->machine.since;
		}
		if (!since)
			continue;
		if (who)
			*who = n->name;
		return since;
	}
	return 0;
}

void events_forget(struct judge *j)
{
	for (size_t k = 0; k < j->event_count; k++)
		free(j->events[k].text);
	j->event_count = 0;
	for (uint32_t k = 0; k < j->fleet.count; k++)
		j->fleet.nodes[k]->events_pending = 0;
}
