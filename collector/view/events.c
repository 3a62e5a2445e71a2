#include <stdlib.h>
#include <string.h>

#include "collector/judge/event_words.h"
#include "collector/view/view_private.h"
#include "common/memory.h"

#define OF_UNIT 40
#define OF_NODE 60 /* looked at */
#define UNIT_DAYS_MS (7 * 86400000LL)

/* What the agent wrote as JSON is given as such. */
static json_t *event_row(const struct node *n, sqlite3_stmt *st)
{
	struct event_words w;
	const char *kind = rows_text(st, 1), *subject = rows_text(st, 2), *text = rows_text(st, 3);
	json_t *data = text[0] == '{' || text[0] == '[' ? json_loads(text, 0, NULL) : NULL;
	event_words(n->id, kind, subject, text, &w);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "at", (json_int_t)sqlite3_column_int64(st, 0),
	        "node", n->id, "kind", kind, "subject", subject, "text", data ? "" : text, "vi", w.vi, "en", w.en,
	        "data", data ? data : json_null());
}

void events_add(const struct view *v, json_t *list, const struct node *n, int64_t row, const char *kind, int64_t from,
        int64_t to, int most)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_EVENTS);
	if (!st)
		return;
	sqlite3_bind_int64(st, 1, row);
	if (kind)
		sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, 2);
	sqlite3_bind_int64(st, 3, from);
	sqlite3_bind_int64(st, 4, to);
	sqlite3_bind_int(st, 5, most);
	while (sqlite3_step(st) == SQLITE_ROW)
		json_array_append_new(list, event_row(n, st));
	sqlite3_reset(st);
}

char *event_last(const struct view *v, int64_t row, const char *kind, const char *subject)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_LAST_EVENT);
	char *text = NULL;
	if (!st)
		return NULL;
	sqlite3_bind_int64(st, 1, row);
	sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, subject, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		text = mem_str(rows_text(st, 3));
	sqlite3_reset(st);
	return text;
}

static int by_time(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t at = json_integer_value(json_object_get(x, "at")), other = json_integer_value(json_object_get(y, "at"));
	return at < other ? 1 : at > other ? -1 : 0;
}

/* Takes the list. */
static json_t *newest(json_t *list, size_t most)
{
	size_t count = json_array_size(list);
	json_t **rows = mem_alloc((count + 1) * sizeof *rows), *out = json_array();
	for (size_t k = 0; k < count; k++)
		rows[k] = json_array_get(list, k);
	qsort(rows, count, sizeof *rows, by_time);
	for (size_t k = 0; k < count && k < most; k++)
		json_array_append(out, rows[k]);
	free(rows);
	json_decref(list);
	return out;
}

/* Paths that are whole are kept to be compared with, and are no news. */
static bool is_routine(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	return !strcmp(kind, "trace") && json_is_true(json_object_get(json_object_get(event, "data"), "reached"));
}

json_t *unit_events(const struct view *v, const struct snapshot *s, const struct unit *u, int64_t at)
{
	json_t *list = json_array();
	for (size_t k = 0; k < s->node_count; k++) {
		const struct seen_node *n = &s->nodes[k];
		if (n->inv->at && site_unit(v->inv, n->inv->at, at) == u)
			events_add(v, list, n->inv, n->id, NULL, at - UNIT_DAYS_MS, INT64_MAX, OF_NODE);
	}
	for (size_t k = json_array_size(list); k > 0; k--)
		if (is_routine(json_array_get(list, k - 1)))
			json_array_remove(list, k - 1);
	return newest(list, OF_UNIT);
}

json_t *view_events(struct view *v, const char *node, const char *kind, int64_t from, int64_t to, const char **why)
{
	const struct node *n = v->inv ? inventory_node(v->inv, node) : NULL;
	sqlite3_stmt *st = rows_query(v->rows, QUERY_NODES);
	*why = v->inv ? "no such node" : "the inventory is not loaded yet";
	if (!n)
		return NULL;
	json_t *list = json_array();
	int64_t row = -1;
	while (st && row < 0 && sqlite3_step(st) == SQLITE_ROW)
		if (!strcmp(rows_text(st, 1), n->id))
			row = sqlite3_column_int64(st, 0);
	if (st)
		sqlite3_reset(st);
	if (row >= 0)
		events_add(v, list, n, row, kind && *kind ? kind : NULL, from, to, VIEW_EVENTS_MAX);
	return json_pack("{s:s, s:o}", "node", n->id, "events", list);
}
