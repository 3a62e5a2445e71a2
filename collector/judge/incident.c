#include "collector/judge/incident.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define EVIDENCE_MAX 60
#define AFFECTS_MAX 1000

static const char *const state_names[] = {"open", "acknowledged", "resolved", "merged"};
/* words that `responsible` may be, so that it can be a static pointer after loading too */
static const char *const responsible_words[] = {"commune", "province", "carrier", "central"};

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
	i->responsible = responsible_words[0];
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

bool incident_covers(const struct incident *i, int64_t at, int64_t tolerance_ms)
{
	if (i->state == INCIDENT_MERGED || at < i->opened_at - tolerance_ms)
		return false;
	return i->state != INCIDENT_RESOLVED || at <= i->resolved_at + tolerance_ms;
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
	touch(i);
}

void incident_merge(struct incident *i, const struct incident *into)
{
	i->state = INCIDENT_MERGED;
	snprintf(i->merged_into, sizeof i->merged_into, "%s", into->id);
	touch(i);
}

/* ---- the JSON object: one row a field ---- */

enum field_type { FIELD_TEXT, FIELD_TIME, FIELD_BOOL };

static const struct {
	const char *name;
	enum field_type type;
	size_t offset;
} fields[] = {
        {"site", FIELD_TEXT, offsetof(struct incident, site)},
        {"node", FIELD_TEXT, offsetof(struct incident, node)},
        {"service", FIELD_TEXT, offsetof(struct incident, service)},
        {"uplink", FIELD_TEXT, offsetof(struct incident, uplink)},
        {"unit", FIELD_TEXT, offsetof(struct incident, unit)},
        {"summary_vi", FIELD_TEXT, offsetof(struct incident, summary_vi)},
        {"summary_en", FIELD_TEXT, offsetof(struct incident, summary_en)},
        {"acked_by", FIELD_TEXT, offsetof(struct incident, acked_by)},
        {"opened_at", FIELD_TIME, offsetof(struct incident, opened_at)},
        {"detected_at", FIELD_TIME, offsetof(struct incident, detected_at)},
        {"resolved_at", FIELD_TIME, offsetof(struct incident, resolved_at)},
        {"acked_at", FIELD_TIME, offsetof(struct incident, acked_at)},
        {"simulated", FIELD_BOOL, offsetof(struct incident, simulated)},
        {"late", FIELD_BOOL, offsetof(struct incident, late)},
        {"outside", FIELD_BOOL, offsetof(struct incident, outside)},
        {"wide", FIELD_BOOL, offsetof(struct incident, wide)},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static json_t *field_json(const struct incident *i, size_t k)
{
	const char *at = (const char *)i + fields[k].offset;
	if (fields[k].type == FIELD_BOOL)
		return json_boolean(*(const bool *)at);
	if (fields[k].type == FIELD_TEXT)
		return *(char *const *)at ? json_string(*(char *const *)at) : json_null();
	int64_t ms = *(const int64_t *)at;
	return ms ? json_integer(ms) : json_null();
}

static void field_set(struct incident *i, size_t k, const json_t *value)
{
	char *at = (char *)i + fields[k].offset;
	if (fields[k].type == FIELD_BOOL) {
		*(bool *)at = json_is_true(value);
	} else if (fields[k].type == FIELD_TIME) {
		*(int64_t *)at = json_integer_value(value);
	} else {
		free(*(char **)at);
		*(char **)at = mem_str(json_string_value(value));
	}
}

json_t *incident_json(const struct incident *i)
{
	const struct cause_words *first = cause_words(i->first.cause), *final = cause_words(i->final.cause);
	const struct cause_words *known = i->final_known ? final : first;
	enum confidence confidence = i->final_known ? i->final.confidence : i->first.confidence;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:s, s:s}", "id", i->id, "kind",
	        check_kind_name(i->kind), "cause", first->name, "confidence", confidence_name(confidence), "severity",
	        i->alarm ? "alarm" : "warning", "state", incident_state_name(i->state), "responsible", i->responsible,
	        "evidence", i->evidence, "affects", i->affects, "check_first_vi", known->first_vi, "check_first_en",
	        known->first_en);
	json_object_set_new(o, "final_cause", i->final_known ? json_string(final->name) : json_null());
	json_object_set_new(o, "merged_into", i->merged_into[0] ? json_string(i->merged_into) : json_null());
	for (size_t k = 0; k < FIELD_COUNT; k++)
		json_object_set_new(o, fields[k].name, field_json(i, k));
	return o;
}

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

void incident_from_json(struct incident *i, const json_t *o)
{
	for (int k = 0; k < KIND_COUNT; k++)
		if (!strcmp(check_kind_name(k), word_of(o, "kind")))
			i->kind = (enum check_kind)k;
	for (size_t k = 0; k < FIELD_COUNT; k++)
		field_set(i, k, json_object_get(o, fields[k].name));
	for (size_t k = 0; k < sizeof responsible_words / sizeof responsible_words[0]; k++)
		if (!strcmp(responsible_words[k], word_of(o, "responsible")))
			i->responsible = responsible_words[k];
	enum confidence confidence = confidence_named(word_of(o, "confidence"));
	i->first = (struct verdict){cause_named(word_of(o, "cause")), confidence};
	i->final_known = json_is_string(json_object_get(o, "final_cause"));
	i->final = (struct verdict){cause_named(word_of(o, "final_cause")), confidence};
	i->state = (enum incident_state)incident_state_named(word_of(o, "state"));
	i->alarm = !strcmp(word_of(o, "severity"), "alarm");
	snprintf(i->merged_into, sizeof i->merged_into, "%s", word_of(o, "merged_into"));
	json_array_extend(i->evidence, json_object_get(o, "evidence"));
	json_array_extend(i->affects, json_object_get(o, "affects"));
	i->last_end = i->resolved_at;
	i->dirty = i->changed = false;
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
	if (i->said == SAID_NOTHING) {
		/* history is concluded once, when it is over; news is opened first, then ended */
		bool once = i->late && ended;
		change = once ? "resolve" : "open";
		i->dirty = ended && !once;
		i->said = once ? SAID_RESOLVED : SAID_OPEN;
	} else if (i->said == SAID_OPEN && ended) {
		change = i->state == INCIDENT_MERGED ? "update" : "resolve";
		i->said = SAID_RESOLVED;
	} else if (i->said == SAID_RESOLVED && !ended) {
		change = "reopen";
		i->said = SAID_OPEN;
	}
	i->changes++;
	return change;
}

static void incident_free(struct incident *i)
{
	for (size_t k = 0; k < FIELD_COUNT; k++)
		if (fields[k].type == FIELD_TEXT)
			free(*(char **)((char *)i + fields[k].offset));
	json_decref(i->evidence);
	json_decref(i->affects);
	free(i);
}

void incidents_free(struct incidents *all)
{
	for (size_t k = 0; k < all->count; k++)
		incident_free(all->all[k]);
	free(all->all);
	index_free(&all->by_id);
	memset(all, 0, sizeof *all);
}
