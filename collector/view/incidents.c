#include <string.h>

#include "collector/view/view_private.h"

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
	json_object_set_new(o, "mails", json_integer(rows_mails(v->rows, rows_text(st, 0))));
	return o;
}

json_t *incident_list(const struct view *v, sqlite3_stmt *st)
{
	json_t *list = json_array();
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		json_t *o = incident_row(v, st);
		if (o)
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
	if (o)
		json_object_set_new(o, "acts", acts_of(v, id));
	return o;
}
