#include <string.h>

#include "collector/view/view_private.h"
#include "common/clock.h"

/* Judge's own object, and where it stands now. NULL when the row is broken. */
static json_t *excuse_row(sqlite3_stmt *st)
{
	json_t *o = json_loads(rows_text(st, 0), 0, NULL);
	int64_t now = clock_wall_ms();
	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	bool over = json_integer_value(json_object_get(o, "until")) <= now,
	     begun = json_integer_value(json_object_get(o, "from")) <= now;
	json_object_set_new(o, "state", json_string(over ? "over" : begun ? "running" : "planned"));
	return o;
}

json_t *view_excuses(struct view *v, const char *kind, bool all)
{
	json_t *list = json_array();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_EXCUSES);
	if (st) {
		sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, all ? 0 : clock_wall_ms());
		while (sqlite3_step(st) == SQLITE_ROW) {
			json_t *o = excuse_row(st);
			if (o)
				json_array_append_new(list, o);
		}
		sqlite3_reset(st);
	}
	return json_pack("{s:o}", strcmp(kind, "planned-cut") ? "maintenance" : "planned_cuts", list);
}

json_t *view_excuse(struct view *v, const char *id)
{
	json_t *o = NULL;
	sqlite3_stmt *st = rows_query(v->rows, QUERY_EXCUSE);
	if (!st)
		return NULL;
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		o = excuse_row(st);
	sqlite3_reset(st);
	return o;
}
