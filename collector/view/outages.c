#include "collector/judge/outages.h"

#include <string.h>

#include "collector/judge/circuits.h"
#include "collector/view/view_private.h"
#include "common/clock.h"

/* The line of a check: of a terminal that is looked at from outside by its id alone; without a name it is the site's first. */
static struct circuit line_of(const struct inventory *inv, const char *node_site, const char *line, bool terminal)
{
	const struct site *own = inventory_site(inv, node_site);
	struct circuit none = {0};
	if (!terminal && own && !*line && own->uplink_count)
		return (struct circuit){own, &own->uplinks[0]};
	for (size_t k = 0; k < inv->site_count; k++)
		for (size_t m = 0; m < inv->sites[k].uplink_count; m++)
			if (!strcmp(inv->sites[k].uplinks[m].id, line) && (terminal || &inv->sites[k] == own))
				return (struct circuit){&inv->sites[k], &inv->sites[k].uplinks[m]};
	return none;
}

static void add_seen_up(const struct view *v, struct outages *o, enum rows_query query, int64_t from, int64_t until)
{
	sqlite3_stmt *st = rows_query(v->rows, query);
	if (!st)
		return;
	if (query == QUERY_LINES_WERE_UP)
		sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, until);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const struct interval up = {.start = sqlite3_column_int64(st, 3), .stop = sqlite3_column_int64(st, 4)};
		struct circuit c = line_of(v->inv, rows_text(st, 0), rows_text(st, 1), sqlite3_column_int(st, 2));
		if (c.line)
			outages_seen_up(o, c.site->id, c.line->id, &up, 1);
	}
	sqlite3_reset(st);
}

static void add_incidents(const struct view *v, struct outages *o, int64_t from, int64_t until)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_INCIDENTS_SPAN);
	if (!st)
		return;
	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, until);
	while (sqlite3_step(st) == SQLITE_ROW) {
		json_t *incident = json_loads(rows_text(st, 1), 0, NULL);
		if (json_is_object(incident))
			outages_add(o, incident);
		json_decref(incident);
	}
	sqlite3_reset(st);
}

json_t *view_outages(struct view *v, const char *month, const char *carrier, const char **why)
{
	int64_t from, until, now = clock_wall_ms();
	char this[8];
	*why = "the inventory is not loaded yet";
	if (!v->inv)
		return NULL;
	outages_month_of(now, v->zone, this);
	month = month && *month ? month : this;
	*why = "month: expected as 2025-07";
	if (!outages_month(month, v->zone, &from, &until))
		return NULL;
	struct outages *o = outages_new(v->inv, carrier, from, until, now);
	add_incidents(v, o, from, until);
	add_seen_up(v, o, QUERY_LINES_WERE_UP, from, until);
	add_seen_up(v, o, QUERY_LINES_ARE_UP, from, until);
	json_t *report = outages_json(o);
	outages_free(o);
	json_object_set_new(report, "month", json_string(month));
	return report;
}

char *view_outages_csv(struct view *v, const char *month, const char *carrier, bool english, const char **why)
{
	json_t *report = view_outages(v, month, carrier, why);
	char *text = report ? outages_csv(report, v->zone, english) : NULL;
	json_decref(report);
	return text;
}
