#include "collector/view/view.h"

#include <stdlib.h>
#include <string.h>

#include "collector/judge/fleet.h"
#include "collector/view/view_private.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

struct view *view_open(const struct collector_config *config)
{
	struct view *v = mem_alloc(sizeof *v);
	char *state = collector_state_path(config, "state.db"), *outbox = collector_state_path(config, "outbox.db");
	v->config = config;
	v->rows = rows_new(state, outbox);
	v->rrd_dir = collector_state_path(config, "rrd");
	if (zone_load(config->timezone, &v->zone))
		log_warn("view: times are in UTC: the zone %s cannot be read", config->timezone);
	free(state);
	free(outbox);
	return v;
}

void view_set_inventory(struct view *v, const struct inventory *inv)
{
	v->inv = inv;
}

void view_close(struct view *v)
{
	rows_free(v->rows);
	zone_free(v->zone);
	free(v->rrd_dir);
	free(v);
}

static const char *phase_of(const struct inventory *inv, int64_t at)
{
	if (inv->trial_from && at < inv->trial_from)
		return "preparation";
	return inv->go_live && at < inv->go_live ? "trial" : "live";
}

bool view_is_cut(const struct view *v, const char *id)
{
	sqlite3_stmt *st = rows_query(v->rows, QUERY_META);
	bool cut = false;
	if (!st)
		return false;
	sqlite3_bind_text(st, 1, "cut", -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		cut = id ? !strcmp(rows_text(st, 0), id) : rows_text(st, 0)[0];
	sqlite3_reset(st);
	return cut;
}

/* Open incidents by site id; the count of all in *total. New reference. */
static json_t *open_counts(const struct view *v, int64_t *total)
{
	json_t *counts = json_object();
	sqlite3_stmt *st = rows_query(v->rows, QUERY_OPEN_COUNTS);
	*total = 0;
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		json_object_set_new(counts, rows_text(st, 0), json_integer(sqlite3_column_int64(st, 1)));
		*total += sqlite3_column_int64(st, 1);
	}
	if (st)
		sqlite3_reset(st);
	return counts;
}

json_t *view_province(struct view *v, int64_t at)
{
	const struct inventory *inv = v->inv;
	int64_t counts[STATE_DOWN + 1] = {0}, open, since;
	const struct seen_check *worst;
	struct snapshot s;
	if (!inv)
		return NULL;
	snapshot_take(&s, v->rows, inv, NULL, at);
	for (size_t k = 0; k < inv->unit_count; k++)
		if (unit_in_force(&inv->units[k], at))
			counts[place_state(&s, &inv->units[k], NULL, &worst, &since)]++;
	snapshot_free(&s);
	json_decref(open_counts(v, &open));
	json_t *states = json_pack("{s:I, s:I, s:I, s:I}", "up", (json_int_t)counts[STATE_UP], "degraded",
	        (json_int_t)counts[STATE_DEGRADED], "down", (json_int_t)counts[STATE_DOWN], "unobserved",
	        (json_int_t)counts[STATE_UNOBSERVED]);
	return json_pack("{s:s, s:o, s:I, s:o, s:I, s:o, s:o, s:s, s:b, s:o, s:I, s:b, s:b}", "id", inv->id, "name",
	        json_text(inv->name ? inv->name : inv->id), "now", (json_int_t)clock_wall_ms(), "timezone",
	        json_text(v->config->timezone), "step_ms", (json_int_t)v->config->step_ms, "trial_from",
	        json_time(inv->trial_from), "go_live", json_time(inv->go_live), "phase", phase_of(inv, at), "simulated",
	        (int)inv->simulated, "counts", states, "incidents_open", (json_int_t)open, "full", 0,
	        "collector_isolated", (int)view_is_cut(v, NULL));
}

static int64_t unit_open(const struct inventory *inv, const json_t *by_site, const struct unit *u, int64_t at)
{
	int64_t open = 0;
	for (size_t k = 0; k < inv->site_count; k++) {
		const json_t *n = json_object_get(by_site, inv->sites[k].id);
		if (n && site_unit(inv, &inv->sites[k], at) == u)
			open += json_integer_value(n);
	}
	return open;
}

json_t *view_units(struct view *v, int64_t at)
{
	const struct inventory *inv = v->inv;
	struct snapshot s;
	int64_t total;
	if (!inv)
		return NULL;
	snapshot_take(&s, v->rows, inv, NULL, at);
	json_t *units = json_array(), *by_site = open_counts(v, &total);
	for (size_t k = 0; k < inv->unit_count; k++) {
		const struct unit *u = &inv->units[k];
		if (!unit_in_force(u, at))
			continue;
		json_t *row = unit_row(v, &s, u, at);
		json_object_set_new(row, "incidents", json_integer(unit_open(inv, by_site, u, at)));
		json_array_append_new(units, row);
	}
	json_decref(by_site);
	snapshot_free(&s);
	return json_pack("{s:o}", "units", units);
}

json_t *view_nodes(struct view *v, int64_t at)
{
	const struct inventory *inv = v->inv;
	struct snapshot s;
	(void)at;
	if (!inv)
		return NULL;
	json_t *nodes = json_array();
	snapshot_take(&s, v->rows, inv, NULL, at);
	for (size_t k = 0; k < inv->node_count; k++)
		json_array_append_new(nodes, node_row(v, &s, &inv->nodes[k]));
	snapshot_free(&s);
	return json_pack("{s:o}", "nodes", nodes);
}

json_t *view_find(struct view *v, const char *words, int64_t at)
{
	static const char *const kinds[] = {"unit", "site", "node", "service"};
	struct find_hit hits[50];
	struct snapshot s;
	if (!v->inv)
		return NULL;
	size_t count = inventory_find(v->inv, words, at, hits, 50);
	json_t *list = json_array();
	snapshot_take(&s, v->rows, v->inv, NULL, at);
	for (size_t k = 0; k < count; k++) {
		const struct unit *u = hits[k].unit;
		const struct unit *found = hits[k].kind == FIND_UNIT ? inventory_unit(v->inv, hits[k].id) : NULL;
		const struct seen_check *worst;
		int64_t since;
		json_t *unit = json_null();
		if (u)
			unit = json_pack("{s:s, s:o, s:s, s:b}", "id", u->id, "name", json_text(u->name), "state",
			        state_name(place_state(&s, u, NULL, &worst, &since)), "simulated",
			        (int)unit_simulated(v->inv, u, at));
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:o, s:o, s:b}", "kind", kinds[hits[k].kind], "id", hits[k].id, "name",
		                json_text(hits[k].name), "unit", unit, "former", found && !unit_in_force(found, at)));
	}
	snapshot_free(&s);
	return json_pack("{s:o}", "hits", list);
}
