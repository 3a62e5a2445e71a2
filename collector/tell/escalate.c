#include "collector/tell/escalate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/known.h"
#include "collector/tell/oncall.h"
#include "collector/tell/outbox_private.h"
#include "collector/tell/route.h"
#include "common/memory.h"

static int run(const struct desk *d, sqlite3_stmt *s)
{
	int status = outbox_run(d->outbox, s);

	return status < 0 ? status : 0;
}

int escalate_begin(const struct desk *d, const char *incident, const struct alert_route *route, int64_t at)
{
	/* 0: the tick looks up when */
	return route && route->step_count
	               ? run(d, outbox_query(d->outbox, "UPDATE known SET since = ?2, step_due = 0 WHERE id = ?1", "si",
	                                incident, at))
	               : 0;
}

int escalate_end(const struct desk *d, const char *incident)
{
	return run(d,
	        outbox_query(d->outbox, "UPDATE known SET since = NULL, step_due = NULL WHERE id = ?1", "s", incident));
}

int64_t escalate_due(const struct desk *d)
{
	return outbox_number(
	        outbox_query(d->outbox, "SELECT min(step_due) FROM known WHERE step_due IS NOT NULL", ""), -1);
}

int escalate_again(const struct desk *d)
{
	return run(d, outbox_query(d->outbox, "UPDATE known SET step_due = 0 WHERE since IS NOT NULL", ""));
}

/* ---- one step ---- */

struct waiting {
	char *id, *body;
	int64_t since, step;
};

/* Who has been told so far, for those who are told now. */
static json_t *told_names(const struct desk *d, const char *incident)
{
	const struct inventory *inv = d->inventory;
	json_t *names = json_array();

	for (size_t i = 0; i < inv->contact_count; i++)
		if (outbox_heard(d->outbox, incident, inv->contacts[i].id))
			json_array_append_new(names, json_string(inv->contacts[i].name));
	return names;
}

static int step_tell(const struct desk *d, const struct waiting *w, const struct alert_route *route, json_t *incident,
        int64_t now_ms)
{
	struct oncall list = {0};
	char kind[32], *text;
	int status = 0;

	snprintf(kind, sizeof(kind), "escalate-%lld", (long long)w->step + 1);
	json_object_set_new(incident, "escalation",
	        json_pack("{s:I, s:I, s:o}", "step", (json_int_t)w->step + 1, "since", (json_int_t)w->since, "told",
	                told_names(d, w->id)));
	text = json_dumps(incident, JSON_COMPACT);
	oncall_add(d->inventory, d->zone, &route->steps[w->step].to, now_ms, &list);
	for (size_t i = 0; i < list.count && !status && text; i++)
		status = route_opening(d, incident, kind, list.who[i]->id, now_ms, text);
	for (size_t i = 0; i < route->webhooks.count && status >= 0 && text; i++)
		status = route_hook(d, incident, kind, route->webhooks.items[i], now_ms, text);
	oncall_free(&list);
	free(text);
	return status < 0 ? status : 0;
}

static int step_set(const struct desk *d, const struct waiting *w, int64_t step, const struct alert_route *route)
{
	bool more = route && (size_t)step < route->step_count;
	int64_t due = more ? w->since + route->steps[step].after_ms : 0;

	if (!more)
		return run(d, outbox_query(d->outbox, "UPDATE known SET step = ?2, step_due = NULL WHERE id = ?1", "si",
		                      w->id, step));
	return run(d, outbox_query(d->outbox, "UPDATE known SET step = ?2, step_due = ?3 WHERE id = ?1", "sii", w->id,
	                      step, due));
}

static int waiting_take(const struct desk *d, const struct waiting *w, int64_t now_ms)
{
	json_t *incident = json_loads(w->body, 0, NULL);
	const struct alert_route *route = incident ? oncall_route(d->inventory, incident) : NULL;
	int64_t step = w->step;
	int status = 0;

	if (!incident || !known_urgent(incident)) {
		json_decref(incident);
		return escalate_end(d, w->id);
	}
	if (route && (size_t)step < route->step_count && w->since + route->steps[step].after_ms <= now_ms) {
		status = step_tell(d, w, route, incident, now_ms);
		step++;
	}
	json_decref(incident);
	return status ? status : step_set(d, w, step, route);
}

static bool waiting_next(const struct desk *d, int64_t now_ms, struct waiting *w)
{
	sqlite3_stmt *s = outbox_query(d->outbox,
	        "SELECT id, body, since, step FROM known WHERE step_due <= ?1 ORDER BY step_due LIMIT 1", "i", now_ms);
	bool found = s && sqlite3_step(s) == SQLITE_ROW;

	if (found)
		*w = (struct waiting){mem_str(outbox_text(s, 0)), mem_str(outbox_text(s, 1)),
		        sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)};
	sqlite3_finalize(s);
	return found;
}

int escalate_tick(const struct desk *d, int64_t now_ms)
{
	struct waiting w;
	int status = 0;

	while (!status && waiting_next(d, now_ms, &w)) {
		status = waiting_take(d, &w, now_ms);
		free(w.id);
		free(w.body);
	}
	return status;
}
