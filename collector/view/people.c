/* What people said, and what was practised: user reports and drills, out of judge's tables. */
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"
#include "collector/view/view_private.h"
#include "common/clock.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

json_t *incident_body(const struct view *v, const char *id)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_INCIDENT);
	json_t *o = NULL;
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		o = json_loads(rows_text(st, 1), 0, NULL);
	sqlite3_reset(st);
	return o;
}

json_t *site_name_json(const struct view *v, const char *id)
{
	const struct site *s = v->inv && id ? inventory_site(v->inv, id) : NULL;
	return json_text(s ? s->name : NULL);
}

json_t *unit_name_json(const struct view *v, const char *id)
{
	const struct unit *u = v->inv && id ? inventory_unit(v->inv, id) : NULL;
	return json_text(u ? u->name : NULL);
}

/* ---- what was measured ---- */

/* As it was at `at`: in force since before, or the stretch that covers it. */
static json_t *measured_row(const char *name, sqlite3_stmt *st, int64_t at)
{
	enum check_kind kind = (enum check_kind)sqlite3_column_int(st, 1);
	struct state_machine m = {.state = (uint8_t)sqlite3_column_int(st, 4),
	        .since = sqlite3_column_int64(st, 6),
	        .at = sqlite3_column_int64(st, 7)};
	int64_t since = m.since;
	int state = STATE_UNOBSERVED, reason = sqlite3_column_int(st, 5);
	if (m.since <= at) {
		state = state_now(&m, state_step_ms(kind, &m, sqlite3_column_int64(st, 3)), at, &since);
	} else if (sqlite3_column_type(st, 8) != SQLITE_NULL && sqlite3_column_int64(st, 11) > at) {
		state = sqlite3_column_int(st, 8);
		reason = sqlite3_column_int(st, 9);
		since = sqlite3_column_int64(st, 10);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I}", "node", name, "kind", check_kind_name(kind), "instance",
	        rows_text(st, 2), "state", state_name(state), "reason", reason, "since", (json_int_t)since);
}

/* The terminal of one of its lines? */
static bool is_line_of(const struct site *site, const char *instance)
{
	for (size_t k = 0; k < site->uplink_count; k++)
		if (!strcmp(site->uplinks[k].id, instance))
			return true;
	return false;
}

json_t *view_measured(struct view *v, const char *site, int64_t at)
{
	const struct site *place = v->inv ? inventory_site(v->inv, site) : NULL;
	sqlite3_stmt *st = place ? rows_query(v->rows, QUERY_MEASURED) : NULL;
	json_t *list = json_array();
	if (!st)
		return list;
	sqlite3_bind_int64(st, 1, at);
	sqlite3_bind_text(st, 2, site, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW && json_array_size(list) < 500) {
		const struct node *n = inventory_node(v->inv, rows_text(st, 0));
		if ((n && n->at == place) || is_line_of(place, rows_text(st, 2)))
			json_array_append_new(list, measured_row(rows_text(st, 0), st, at));
	}
	sqlite3_reset(st);
	return list;
}

/* ---- user reports ---- */

static json_t *complaint_row(const struct view *v, const char *body)
{
	json_t *o = json_loads(body, 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	json_object_set_new(o, "site_name", site_name_json(v, word(o, "site")));
	json_object_set_new(o, "unit_name", unit_name_json(v, word(o, "unit")));
	json_t *i = *word(o, "incident") ? incident_body(v, word(o, "incident")) : NULL;
	json_object_set_new(o, "incident_state", json_text(i ? word(i, "state") : NULL));
	json_object_set_new(o, "incident_vi", json_text(i ? word(i, "summary_vi") : NULL));
	json_object_set_new(o, "incident_en", json_text(i ? word(i, "summary_en") : NULL));
	json_decref(i);
	return o;
}

json_t *view_complaints(struct view *v, const char *site, bool missed, int64_t since)
{
	json_t *list = json_array(), *bodies = json_array(), *body;
	sqlite3_stmt *st = rows_query(v->rows, QUERY_COMPLAINTS);
	size_t k;
	if (st) {
		sqlite3_bind_int64(st, 1, since);
		if (site && *site)
			sqlite3_bind_text(st, 2, site, -1, SQLITE_STATIC);
		else
			sqlite3_bind_null(st, 2);
		sqlite3_bind_int(st, 3, missed);
		while (sqlite3_step(st) == SQLITE_ROW)
			json_array_append_new(bodies, json_string(rows_text(st, 0)));
		sqlite3_reset(st);
	}
	json_array_foreach(bodies, k, body)
	{
		json_t *row = complaint_row(v, json_string_value(body));
		if (row)
			json_array_append_new(list, row);
	}
	json_decref(bodies);
	return json_pack("{s:I, s:b, s:o}", "since", (json_int_t)since, "missed", (int)missed, "complaints", list);
}

json_t *view_complaint(struct view *v, const char *id, const char **why)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_COMPLAINT);
	json_t *o = NULL, *body = NULL;
	*why = "no such user report";
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		body = json_string(rows_text(st, 0));
	sqlite3_reset(st);
	if (body)
		o = complaint_row(v, json_string_value(body));
	json_decref(body);
	return o;
}

/* ---- drills ---- */

static bool has_target(const json_t *drill, const char *target)
{
	size_t k;
	json_t *v;
	json_array_foreach(json_object_get(drill, "targets"), k, v)
	{
		const char *t = json_string_value(v), *colon = t ? strchr(t, ':') : NULL;
		if (t && (!strcmp(t, target) || (colon && !strcmp(colon + 1, target))))
			return true;
	}
	return false;
}

/* The words of its cause, for a table. */
static json_t *drill_row(const char *body)
{
	json_t *o = json_loads(body, 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	const json_t *sheet = json_object_get(o, "sheet");
	const char *last = *word(sheet, "final_cause") ? word(sheet, "final_cause") : word(sheet, "cause");
	const struct cause_words *done = cause_words(cause_named(word(o, "cause"))),
	                         *seen = *last ? cause_words(cause_named(last)) : NULL;
	json_object_set_new(o, "cause_vi", json_string(done->vi));
	json_object_set_new(o, "cause_en", json_string(done->en));
	json_object_set_new(o, "seen_vi", json_text(seen ? seen->vi : NULL));
	json_object_set_new(o, "seen_en", json_text(seen ? seen->en : NULL));
	return o;
}

json_t *view_drills(struct view *v, const char *target, const char *state)
{
	json_t *list = json_array();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_DRILLS);
	if (!st)
		return json_pack("{s:o}", "drills", list);
	if (state && *state)
		sqlite3_bind_text(st, 1, state, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, 1);
	while (sqlite3_step(st) == SQLITE_ROW) {
		json_t *row = drill_row(rows_text(st, 0));
		if (row && (!target || !*target || has_target(row, target)))
			json_array_append(list, row);
		json_decref(row);
	}
	sqlite3_reset(st);
	return json_pack("{s:o}", "drills", list);
}

json_t *view_drill(struct view *v, const char *id, const char **why)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_DRILL);
	json_t *o = NULL;
	*why = "no such drill";
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		o = drill_row(rows_text(st, 0));
	sqlite3_reset(st);
	return o;
}

bool view_cause_known(const char *name)
{
	return cause_named(name) != CAUSE_UNKNOWN;
}
