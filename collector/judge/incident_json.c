/*
 * incident_json: an incident as the JSON object of conclusion.h and back, one row of a table for each plain member. What the
 * verdict rests on is written out in words; reading takes the names again.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/incident.h"
#include "collector/judge/words.h"
#include "common/memory.h"

enum field_type { FIELD_TEXT, FIELD_TIME, FIELD_BOOL, FIELD_COUNT, FIELD_LIST };

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
        {"carrier", FIELD_TEXT, offsetof(struct incident, carrier)},
        {"circuit", FIELD_TEXT, offsetof(struct incident, circuit)},
        {"summary_vi", FIELD_TEXT, offsetof(struct incident, summary_vi)},
        {"summary_en", FIELD_TEXT, offsetof(struct incident, summary_en)},
        {"why_final_vi", FIELD_TEXT, offsetof(struct incident, why_final_vi)},
        {"why_final_en", FIELD_TEXT, offsetof(struct incident, why_final_en)},
        {"acked_by", FIELD_TEXT, offsetof(struct incident, acked_by)},
        {"acked_how", FIELD_TEXT, offsetof(struct incident, acked_how)},
        {"closed_by", FIELD_TEXT, offsetof(struct incident, closed_by)},
        {"close_reason", FIELD_TEXT, offsetof(struct incident, close_reason)},
        {"excused", FIELD_TEXT, offsetof(struct incident, excused)},
        {"opened_at", FIELD_TIME, offsetof(struct incident, opened_at)},
        {"began_at", FIELD_TIME, offsetof(struct incident, began_at)},
        {"detected_at", FIELD_TIME, offsetof(struct incident, detected_at)},
        {"resolved_at", FIELD_TIME, offsetof(struct incident, resolved_at)},
        {"acked_at", FIELD_TIME, offsetof(struct incident, acked_at)},
        {"last_end", FIELD_TIME, offsetof(struct incident, last_end)},
        {"simulated", FIELD_BOOL, offsetof(struct incident, simulated)},
        {"late", FIELD_BOOL, offsetof(struct incident, late)},
        {"live", FIELD_BOOL, offsetof(struct incident, live)},
        {"outside", FIELD_BOOL, offsetof(struct incident, outside)},
        {"wide", FIELD_BOOL, offsetof(struct incident, wide)},
        {"reopened", FIELD_COUNT, offsetof(struct incident, reopened)},
        {"flaps", FIELD_COUNT, offsetof(struct incident, flaps)},
        {"evidence", FIELD_LIST, offsetof(struct incident, evidence)},
        {"affects", FIELD_LIST, offsetof(struct incident, affects)},
        {"sites", FIELD_LIST, offsetof(struct incident, sites)},
        {"votes", FIELD_LIST, offsetof(struct incident, votes)},
        {"comments", FIELD_LIST, offsetof(struct incident, comments)},
        {"tickets", FIELD_LIST, offsetof(struct incident, tickets)},
        {"complaints", FIELD_LIST, offsetof(struct incident, complaints)},
};
#define FIELDS (sizeof fields / sizeof fields[0])

static json_t *field_json(const struct incident *i, size_t k)
{
	const char *at = (const char *)i + fields[k].offset;
	const char *text;
	int64_t ms;
	switch (fields[k].type) {
	case FIELD_TEXT:
		text = *(char *const *)at;
		return text ? json_string(text) : json_null();
	case FIELD_TIME:
		ms = *(const int64_t *)at;
		return ms ? json_integer(ms) : json_null();
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_COUNT:
		return json_integer(*(const unsigned *)at);
	default:
		return json_incref(*(json_t *const *)at);
	}
}

static void field_set(struct incident *i, size_t k, const json_t *value)
{
	char *at = (char *)i + fields[k].offset;
	switch (fields[k].type) {
	case FIELD_TEXT:
		free(*(char **)at);
		*(char **)at = mem_str(json_string_value(value));
		break;
	case FIELD_TIME:
		*(int64_t *)at = json_integer_value(value);
		break;
	case FIELD_BOOL:
		*(bool *)at = json_is_true(value);
		break;
	case FIELD_COUNT:
		*(unsigned *)at = (unsigned)json_integer_value(value);
		break;
	default:
		json_array_clear(*(json_t **)at);
		json_array_extend(*(json_t **)at, (json_t *)value);
	}
}

void incident_free(struct incident *i)
{
	for (size_t k = 0; k < FIELDS; k++) {
		char *at = (char *)i + fields[k].offset;
		if (fields[k].type == FIELD_TEXT)
			free(*(char **)at);
		else if (fields[k].type == FIELD_LIST)
			json_decref(*(json_t **)at);
	}
	json_decref(i->minutes_lost);
	free(i);
}

/* ---- what the verdict rests on ---- */

static json_t *fact_said(const struct incident *i, enum fact f, const char *key)
{
	enum answer answer = (enum answer)i->facts.is[f].answer;
	return json_pack("{s:s, s:s, s:s}", key, fact_name(f), "vi", fact_words(f, answer, "vi"), "en",
	        fact_words(f, answer, "en"));
}

static json_t *disputed_json(const struct incident *i)
{
	char *vi = words_disputed(i, "vi"), *en = words_disputed(i, "en");
	json_t *o = vi ? json_pack("{s:s, s:s, s:s}", "fact", fact_name(i->finding.disputed), "vi", vi, "en", en)
	               : json_null();
	free(vi);
	free(en);
	return o;
}

static void finding_put(const struct incident *i, json_t *o)
{
	const struct finding *f = &i->finding;
	/* what the facts say, beside the final cause when that is known */
	const struct verdict *now = i->final_known ? &f->verdict : incident_verdict(i);
	json_t *out = json_array();
	for (unsigned k = 0; k < f->ruled_out_count; k++) {
		json_t *row = fact_said(i, f->ruled_out[k].by, "by");
		json_object_set_new(row, "cause", json_string(cause_words(f->ruled_out[k].cause)->name));
		json_array_append_new(out, row);
	}
	json_object_set_new(o, "ruled_out", out);
	json_object_set_new(o, "runner_up",
	        f->runner_up == CAUSE_UNKNOWN ? json_null() : json_string(cause_words(f->runner_up)->name));
	json_object_set_new(o, "disputed", disputed_json(i));
	json_object_set_new(o, "cause_now", json_string(cause_words(now->cause)->name));
	json_object_set_new(o, "now_confidence", json_string(confidence_name(now->confidence)));
	json_object_set_new(o, "first_confidence", json_string(confidence_name(i->first.confidence)));
	json_object_set_new(o, "facts", facts_json(&i->facts));
}

json_t *incident_json(const struct incident *i)
{
	const struct verdict *now = incident_verdict(i);
	const struct cause_words *known = cause_words(now->cause);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", i->id, "kind",
	        check_kind_name(i->kind), "cause", cause_words(i->first.cause)->name, "confidence",
	        confidence_name(now->confidence), "severity", incident_alarms(i) ? "alarm" : "warning", "state",
	        incident_state_name(i->state), "responsible", i->responsible, "check_first_vi", known->first_vi,
	        "check_first_en", known->first_en);
	json_object_set_new(
	        o, "final_cause", i->final_known ? json_string(cause_words(i->final.cause)->name) : json_null());
	json_object_set_new(o, "merged_into", i->merged_into[0] ? json_string(i->merged_into) : json_null());
	json_object_set_new(o, "minutes_lost", i->minutes_lost ? json_incref(i->minutes_lost) : json_null());
	finding_put(i, o);
	for (size_t k = 0; k < FIELDS; k++)
		json_object_set_new(o, fields[k].name, field_json(i, k));
	return o;
}

/* ---- reading ---- */

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void finding_get(struct incident *i, const json_t *o)
{
	struct finding *f = &i->finding;
	const json_t *row, *out = json_object_get(o, "ruled_out"), *disputed = json_object_get(o, "disputed");
	size_t k;
	/* rows of schema 2 have neither of these */
	bool known = json_is_string(json_object_get(o, "cause_now"));
	f->verdict = (struct verdict){cause_named(word_of(o, known ? "cause_now" : "cause")),
	        confidence_named(word_of(o, known ? "now_confidence" : "confidence"))};
	f->runner_up = cause_named(word_of(o, "runner_up"));
	f->disputed = json_is_object(disputed) ? fact_named(word_of(disputed, "fact")) : FACT_COUNT;
	f->ruled_out_count = 0;
	json_array_foreach(out, k, row)
	{
		enum fact by = fact_named(word_of(row, "by"));
		if (by == FACT_COUNT || f->ruled_out_count == RULED_OUT_MAX)
			continue;
		f->ruled_out[f->ruled_out_count].cause = cause_named(word_of(row, "cause"));
		f->ruled_out[f->ruled_out_count++].by = by;
	}
	facts_from_json(&i->facts, json_object_get(o, "facts"));
}

void incident_from_json(struct incident *i, const json_t *o)
{
	const char *first = word_of(o, "first_confidence");
	for (int k = 0; k < KIND_COUNT; k++)
		if (!strcmp(check_kind_name(k), word_of(o, "kind")))
			i->kind = (enum check_kind)k;
	for (size_t k = 0; k < FIELDS; k++)
		field_set(i, k, json_object_get(o, fields[k].name));
	for (int k = RESPONSIBLE_COMMUNE; k <= RESPONSIBLE_CENTRAL; k++)
		if (!strcmp(responsible_name(k), word_of(o, "responsible")))
			i->responsible = responsible_name(k);
	enum confidence confidence = confidence_named(word_of(o, "confidence"));
	i->first = (struct verdict){cause_named(word_of(o, "cause")), *first ? confidence_named(first) : confidence};
	i->final_known = json_is_string(json_object_get(o, "final_cause"));
	i->final = (struct verdict){cause_named(word_of(o, "final_cause")), confidence};
	i->state = (enum incident_state)incident_state_named(word_of(o, "state"));
	/* schema 2 knew the phase by the severity alone */
	if (!json_object_get(o, "live"))
		i->live = !strcmp(word_of(o, "severity"), "alarm");
	snprintf(i->merged_into, sizeof i->merged_into, "%s", word_of(o, "merged_into"));
	json_decref(i->minutes_lost);
	i->minutes_lost = json_is_object(json_object_get(o, "minutes_lost"))
	                          ? json_incref(json_object_get(o, "minutes_lost"))
	                          : NULL;
	finding_get(i, o);
	i->last_end = i->resolved_at ? i->resolved_at : i->last_end;
	i->dirty = i->changed = false;
}
