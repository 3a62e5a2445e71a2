#include "collector/judge/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define EVIDENCE_MAX 60
#define AFFECTS_MAX 1000

static const char *const state_names[] = {"open", "acknowledged", "resolved", "merged"};

const char *incident_state_name(int state)
{
	return state_names[state >= INCIDENT_OPEN && state <= INCIDENT_MERGED ? state : INCIDENT_OPEN];
}

int incident_state_named(const char *name)
{
	for (int i = INCIDENT_OPEN; i <= INCIDENT_MERGED; i++)
		if (!strcmp(state_names[i], name))
			return i;
	return INCIDENT_OPEN;
}

struct incident *incident_find(const struct incidents *all, const char *id)
{
	return index_get(&all->by_id, id);
}

struct incident *incident_make(struct incidents *all, const char *id, bool *fresh)
{
	struct incident *i = incident_find(all, id);
	*fresh = !i;
	if (i)
		return i;
	i = mem_alloc(sizeof *i);
	snprintf(i->id, sizeof i->id, "%s", id);
	i->evidence = json_array();
	i->affects = json_array();
	i->sites = json_array();
	i->votes = json_array();
	i->comments = json_array();
	i->tickets = json_array();
	i->complaints = json_array();
	i->responsible = responsible_name(RESPONSIBLE_COMMUNE);
	i->finding.disputed = FACT_COUNT;
	i->dirty = i->changed = true;
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->all = mem_grow(all->all, all->cap, sizeof *all->all);
	}
	all->all[all->count++] = i;
	index_put(&all->by_id, i->id, i);
	return i;
}

bool incident_is_open(const struct incident *i)
{
	return i->state == INCIDENT_OPEN || i->state == INCIDENT_ACKNOWLEDGED;
}

int64_t incident_ended_at(const struct incident *i)
{
	if (i->state == INCIDENT_RESOLVED)
		return i->resolved_at;
	return incident_is_open(i) && !i->open_count && !i->wide && i->kind != KIND_PATH ? i->last_end : 0;
}

bool incident_covers(const struct incident *i, int64_t at, int64_t tolerance_ms)
{
	if (i->state == INCIDENT_MERGED || at < i->opened_at - tolerance_ms)
		return false;
	int64_t ended = incident_ended_at(i);
	return !ended || at <= ended + tolerance_ms;
}

static void touch(struct incident *i)
{
	i->dirty = i->changed = true;
}

void incident_evidence(struct incident *i, int64_t at, const char *who, const char *vi, const char *en)
{
	if (json_array_size(i->evidence) >= EVIDENCE_MAX)
		return;
	json_array_append_new(
	        i->evidence, json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)at, "who", who, "vi", vi, "en", en));
	touch(i);
}

void incident_affects(struct incident *i, const char *what)
{
	size_t count = json_array_size(i->affects);
	for (size_t k = 0; k < count; k++)
		if (!strcmp(json_string_value(json_array_get(i->affects, k)), what))
			return;
	if (count >= AFFECTS_MAX)
		return;
	json_array_append_new(i->affects, json_string(what));
	touch(i);
}

bool incident_touches(const struct incident *i, const char *prefix)
{
	size_t k, len = strlen(prefix);
	json_t *value;
	json_array_foreach(i->affects, k, value) if (!strncmp(json_string_value(value), prefix, len)) return true;
	return false;
}

unsigned incident_breadth(const struct incident *i, const char *kind)
{
	size_t k, m, len = strlen(kind);
	json_t *a, *b;
	unsigned count = 0;
	json_array_foreach(i->affects, k, a)
	{
		const char *name = json_string_value(a);
		size_t until = strcspn(name, "@") + 1;
		bool seen = strncmp(name, kind, len) != 0;
		json_array_foreach(i->affects, m, b)
		{
			if (m >= k)
				break;
			seen |= !strncmp(json_string_value(b), name, until);
		}
		count += !seen;
	}
	return count;
}

void incident_resolve(struct incident *i, int64_t at)
{
	if (!incident_is_open(i))
		return;
	i->state = INCIDENT_RESOLVED;
	i->resolved_at = at > i->opened_at ? at : i->opened_at;
	touch(i);
}

void incident_reopen(struct incident *i)
{
	if (i->state != INCIDENT_RESOLVED)
		return;
	i->state = i->acked_at ? INCIDENT_ACKNOWLEDGED : INCIDENT_OPEN;
	i->resolved_at = 0;
	i->reopened++;
	/* how it ended was not its end */
	i->final_known = false;
	free(i->why_final_vi);
	free(i->why_final_en);
	i->why_final_vi = i->why_final_en = NULL;
	touch(i);
}

const struct verdict *incident_verdict(const struct incident *i)
{
	if (i->final_known)
		return &i->final;
	for (int f = 0; f < FACT_COUNT; f++)
		if (i->facts.is[f].answer != ANSWER_UNKNOWN)
			return &i->finding.verdict;
	return &i->first;
}

bool incident_alarms(const struct incident *i)
{
	bool far = i->facts.is[FACT_CLOCK_FAR].answer == ANSWER_YES;
	return i->live && state_alarms(i->kind) && (far || cause_alarms(incident_verdict(i)->cause));
}

void incident_merge(struct incident *i, const struct incident *into)
{
	i->state = INCIDENT_MERGED;
	snprintf(i->merged_into, sizeof i->merged_into, "%s", into->id);
	touch(i);
}

static bool is_loud(const struct incident *i)
{
	return incident_alarms(i) && !i->excused;
}

/* The change when the incident is open, and what was said then. */
static const char *say_open(struct incident *i)
{
	bool loud = is_loud(i);
	const char *change = i->said == SAID_RESOLVED ? "reopen" : "update";
	if (i->said == SAID_NOTHING || (i->said == SAID_QUIET && loud))
		change = "open";
	i->said = loud || i->said == SAID_OPEN ? SAID_OPEN : SAID_QUIET;
	return change;
}

const char *incident_say(struct incident *i)
{
	const char *change = "update";
	if (!i->dirty)
		return NULL;
	i->dirty = false;
	/* found to be part of another before anyone heard of it */
	if (i->said == SAID_NOTHING && i->state == INCIDENT_MERGED)
		return NULL;
	bool ended = !incident_is_open(i);
	if (i->said == SAID_NOTHING && ended && !i->late) {
		/* news is opened first, then ended; history is concluded once */
		change = say_open(i);
		i->dirty = true;
	} else if (!ended) {
		change = say_open(i);
	} else if (i->said != SAID_RESOLVED) {
		change = i->state == INCIDENT_MERGED ? "update" : "resolve";
		i->said = SAID_RESOLVED;
	}
	i->changes++;
	return change;
}

/* ---- memory ---- */

void incidents_forget(
        struct incidents *all, bool (*gone)(const struct judge *j, const struct incident *i), const struct judge *j)
{
	size_t kept = 0;
	for (size_t k = 0; k < all->count; k++) {
		if (gone(j, all->all[k]))
			incident_free(all->all[k]);
		else
			all->all[kept++] = all->all[k];
	}
	all->count = kept;
	index_free(&all->by_id);
	for (size_t k = 0; k < kept; k++)
		index_put(&all->by_id, all->all[k]->id, all->all[k]);
}

void incidents_free(struct incidents *all)
{
	for (size_t k = 0; k < all->count; k++)
		incident_free(all->all[k]);
	free(all->all);
	index_free(&all->by_id);
	memset(all, 0, sizeof *all);
}
