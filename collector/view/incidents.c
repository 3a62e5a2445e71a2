#include <stdlib.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"
#include "collector/view/view_private.h"
#include "common/clock.h"
#include "common/memory.h"

static const char *name_of_site(const struct inventory *inv, const char *id)
{
	const struct site *s = inv && id ? inventory_site(inv, id) : NULL;
	return s ? s->name : NULL;
}

static const char *name_of_unit(const struct inventory *inv, const char *id)
{
	const struct unit *u = inv && id ? inventory_unit(inv, id) : NULL;
	return u ? u->name : NULL;
}

static const char *name_of_service(const struct inventory *inv, const char *id)
{
	const struct service *s = inv && id ? inventory_service(inv, id) : NULL;
	return s ? s->name : NULL;
}

static const char *word(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* Judge's own object, with the names and the count of mails put in. NULL when the row is broken. */
static json_t *incident_row(const struct view *v, sqlite3_stmt *st)
{
	json_t *o = json_loads(rows_text(st, 1), 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	json_object_set_new(o, "site_name", json_text(name_of_site(v->inv, word(o, "site"))));
	json_object_set_new(o, "unit_name", json_text(name_of_unit(v->inv, word(o, "unit"))));
	json_object_set_new(o, "service_name", json_text(name_of_service(v->inv, word(o, "service"))));
	/* the verdict in force, for those who do not know our words */
	const char *cause = word(o, "final_cause") ? word(o, "final_cause") : word(o, "cause_now");
	const struct cause_words *w = cause_words(cause_named(cause ? cause : ""));
	json_object_set_new(o, "cause_vi", json_string(w->vi));
	json_object_set_new(o, "cause_en", json_string(w->en));
	json_object_set_new(o, "mails", json_integer(rows_mails(v->rows, rows_text(st, 0))));
	return o;
}

json_t *incident_list(const struct view *v, sqlite3_stmt *st)
{
	json_t *list = json_array();
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		json_t *o = incident_row(v, st);
		if (!o)
			continue;
		/* lists hang on walls: what people said is on the incident's own page */
		json_object_del(o, "comments");
		json_object_del(o, "complaints");
		json_object_del(o, "votes");
		json_array_append_new(list, o);
	}
	if (st)
		sqlite3_reset(st);
	return list;
}

json_t *view_incidents(struct view *v, bool all)
{
	sqlite3_stmt *st = rows_query(v->rows, all ? QUERY_INCIDENTS_ALL : QUERY_INCIDENTS_OPEN);
	return json_pack("{s:o}", "incidents", incident_list(v, st));
}

static json_t *acts_of(const struct view *v, const char *id)
{
	json_t *acts = json_array();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_ACTS);
	if (!st)
		return acts;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW)
		json_array_append_new(
		        acts, json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)sqlite3_column_int64(st, 0), "by",
		                      rows_text(st, 1), "act", rows_text(st, 2), "text", rows_text(st, 3)));
	sqlite3_reset(st);
	return acts;
}

/* "service:land@mk-srv1": what makes it and shows as down now. */
static json_t *still_down(const struct view *v, const char *id)
{
	json_t *list = json_array();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_STILL_DOWN);
	int64_t now = clock_wall_ms();
	if (!st)
		return list;
	if (view_is_cut(v, id))
		json_array_append_new(list, json_string("collector"));
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW) {
		int kind = sqlite3_column_int(st, 0);
		const struct state_machine m = {.state = (uint8_t)sqlite3_column_int(st, 3),
		        .since = sqlite3_column_int64(st, 4),
		        .at = sqlite3_column_int64(st, 5)};
		bool down =
		        kind == KIND_AGENT
		                ? sqlite3_column_int(st, 7) != LINK_CONNECTED
		                : state_now(&m, state_step_ms((enum check_kind)kind, &m, sqlite3_column_int64(st, 6)),
		                          now, NULL) == STATE_DOWN;
		const char *instance = rows_text(st, 1);
		if (down)
			json_array_append_new(list,
			        json_sprintf("%s:%s%s%s", kind == KIND_SERVICE ? "service" : check_kind_name(kind),
			                instance, *instance ? "@" : "", rows_text(st, 2)));
	}
	sqlite3_reset(st);
	return list;
}

#define MERGED_BEFORE_MS (7LL * 86400000)

/* Ids of those that it took up. */
static json_t *merged_into(const struct view *v, const json_t *o)
{
	json_t *list = json_array();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_MERGED);
	if (!st)
		return list;
	sqlite3_bind_text(st, 1, word(o, "id"), -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, json_integer_value(json_object_get(o, "opened_at")) - MERGED_BEFORE_MS);
	while (sqlite3_step(st) == SQLITE_ROW)
		json_array_append_new(list, json_string(rows_text(st, 0)));
	sqlite3_reset(st);
	return list;
}

/* {"central": 12, ...}: what was lost, by who answers for the service. */
static json_t *lost_by(const struct view *v, const json_t *o)
{
	json_t *by = json_object(), *minutes;
	const char *id;
	json_object_foreach(json_object_get(o, "minutes_lost"), id, minutes)
	{
		const struct service *sv = v->inv ? inventory_service(v->inv, id) : NULL;
		const char *who = sv ? responsible_name(sv->responsible) : "unknown";
		json_int_t sum = json_integer_value(json_object_get(by, who)) + json_integer_value(minutes);
		json_object_set_new(by, who, json_integer(sum));
	}
	return by;
}

static int by_time(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	json_int_t s = json_integer_value(json_object_get(*x, "at")), t = json_integer_value(json_object_get(*y, "at"));
	return s < t ? -1 : s > t;
}

/* In the order of time, whenever it was told; what is of one instant keeps its order. */
static void evidence_sort(json_t *o)
{
	json_t *list = json_object_get(o, "evidence"), *sorted = json_array();
	size_t count = json_array_size(list);
	json_t **rows = mem_alloc((count + 1) * sizeof *rows);
	for (size_t k = 0; k < count; k++) {
		size_t at = k;
		rows[k] = json_array_get(list, k);
		for (; at && by_time(&rows[at - 1], &rows[at]) > 0; at--) {
			json_t *swap = rows[at];
			rows[at] = rows[at - 1];
			rows[at - 1] = swap;
		}
	}
	for (size_t k = 0; k < count; k++)
		json_array_append(sorted, rows[k]);
	json_object_set_new(o, "evidence", sorted);
	free(rows);
}

static json_t *site_names(const struct view *v, const json_t *o)
{
	json_t *names = json_object(), *id;
	size_t k;
	json_array_foreach(json_object_get(o, "sites"), k, id) json_object_set_new(
	        names, json_string_value(id), json_text(name_of_site(v->inv, json_string_value(id))));
	return names;
}

static void cause_put(json_t *all, const char *name)
{
	if (!name)
		return;
	const struct cause_words *w = cause_words(cause_named(name));
	json_object_set_new(all, name, json_pack("{s:s, s:s}", "vi", w->vi, "en", w->en));
}

/* {"site-power": {vi, en}, ...}: every cause that the incident speaks of. */
static json_t *causes_said(const json_t *o)
{
	static const char *const keys[] = {"cause", "cause_now", "final_cause", "runner_up"};
	json_t *all = json_object(), *row;
	size_t k;
	for (k = 0; k < sizeof keys / sizeof keys[0]; k++)
		cause_put(all, word(o, keys[k]));
	json_array_foreach(json_object_get(o, "ruled_out"), k, row) cause_put(all, word(row, "cause"));
	return all;
}

/* [{fact, is, at, who, vi, en}]: what is known, in words, in the order of the list. */
static json_t *facts_said(const json_t *o)
{
	json_t *list = json_array();
	struct facts facts = {0};
	facts_from_json(&facts, json_object_get(o, "facts"));
	for (enum fact f = 0; f < FACT_COUNT; f++) {
		const struct fact_answer *a = &facts.is[f];
		enum answer answer = (enum answer)a->answer;
		if (answer == ANSWER_UNKNOWN)
			continue;
		json_array_append_new(list,
		        json_pack("{s:s, s:b, s:b, s:I, s:s, s:s, s:s}", "fact", fact_name(f), "is",
		                answer == ANSWER_YES, "disputed", (int)a->disputed, "at", (json_int_t)a->at, "who",
		                a->who, "vi", fact_words(f, answer, "vi"), "en", fact_words(f, answer, "en")));
	}
	return list;
}

json_t *view_incident(struct view *v, const char *id, const char **why)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_INCIDENT);
	json_t *o = NULL;
	*why = "no such incident";
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		o = incident_row(v, st);
	sqlite3_reset(st);
	if (!o)
		return NULL;
	evidence_sort(o);
	json_object_set_new(o, "acts", acts_of(v, id));
	json_object_set_new(o, "still_down", still_down(v, id));
	json_object_set_new(o, "merged", merged_into(v, o));
	json_object_set_new(o, "minutes_lost_by", lost_by(v, o));
	json_object_set_new(o, "site_names", site_names(v, o));
	json_object_set_new(o, "causes", causes_said(o));
	json_object_set_new(o, "known", facts_said(o));
	return o;
}
