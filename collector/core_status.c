/*
 * What `sansang status` shows:
 * { version, now, uptime_s, inventory, simulated, agents {known, connected}, ingest {batches, values, duplicates, refused},
 *   journal {pending, queued_bytes, last_id, full}, series {files, values, ...}, intake {...}, judge {...}, tell {...},
 *   render {...}, silent: ["series:0", ...] }
 * Figures of a role's processes are summed. `silent` names those that did not answer within a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/coredb.h"
#include "collector/message.h"
#include "common/memory.h"

#define STATUS_WAIT_MS 1000

static const char *const asked_roles[] = {"intake", "judge", "series", "tell", "render"};

struct asking {
	struct act *act; /* NULL once answered */
	json_t *figures; /* by role */
	json_t *silent;  /* names of those still awaited, as keys */
	unsigned awaited, refs;
	uv_timer_t timer;
};

struct question {
	struct asking *asking;
	char role[16], name[24];
};

static void asking_release(struct asking *a)
{
	if (--a->refs)
		return;
	json_decref(a->figures);
	json_decref(a->silent);
	free(a);
}

static void add_figures(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)from, key, value)
	{
		const json_t *had = json_object_get(into, key);
		if (json_is_integer(value) && json_is_integer(had))
			json_object_set_new(
			        into, key, json_integer(json_integer_value(had) + json_integer_value(value)));
		else
			json_object_set(into, key, value);
	}
}

static int64_t count_known(struct core *core)
{
	sqlite3_stmt *st = coredb_query(core->db, "SELECT node FROM certificate WHERE revoked_at = 0", "");
	int64_t n = 0;

	while (st && sqlite3_step(st) == SQLITE_ROW)
		n += core->inventory && inventory_node(core->inventory, coredb_text(st, 0));
	sqlite3_finalize(st);
	return n;
}

static json_int_t figure(const struct asking *a, const char *role, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(a->figures, role), name));
}

static json_t *own_figures(struct core *core, const struct asking *a)
{
	int64_t last_id = journal_last_id(core->journal), slowest = journal_slowest(core->journal);

	return json_pack("{s:s, s:I, s:I, s:s?, s:b, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:b}}",
	        "version", SANSANG_VERSION, "now", (json_int_t)clock_wall_ms(), "uptime_s",
	        (json_int_t)((clock_boot_ms() - core->started_at_ms) / 1000), "inventory",
	        core->inventory ? core->inventory->digest : NULL, "simulated",
	        core->inventory && core->inventory->simulated, "agents", "known", (json_int_t)count_known(core),
	        "connected", figure(a, "intake", "connected"), "ingest", "batches", (json_int_t)core->batches, "values",
	        figure(a, "intake", "values"), "duplicates", (json_int_t)core->duplicates, "refused",
	        (json_int_t)core->refused, "journal", "pending",
	        (json_int_t)(slowest < last_id ? last_id - slowest : 0), "queued_bytes",
	        (json_int_t)journal_queued(core->journal), "last_id", (json_int_t)last_id, "full",
	        journal_full(core->journal));
}

static void on_timer_closed(uv_handle_t *handle)
{
	asking_release(handle->data);
}

static void answer(struct asking *a)
{
	struct act *act = a->act;
	const char *key;
	json_t *value, *silent = json_array();

	if (!act)
		return;
	a->act = NULL;
	uv_close((uv_handle_t *)&a->timer, on_timer_closed);
	if (act->core->stopping) {
		json_decref(silent);
		act_refuse(act, 503, "the collector is stopping");
		return;
	}
	json_t *all = own_figures(act->core, a);
	json_object_update_missing(all, a->figures);
	if (!json_object_get(json_object_get(all, "series"), "files"))
		json_object_set_new(all, "series", json_pack("{s:i, s:i}", "files", 0, "values", 0));
	json_object_foreach(a->silent, key, value) json_array_append_new(silent, json_string(key));
	json_object_set_new(all, "silent", silent);
	act_answer(act, all);
}

static void on_figures(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct asking *a = q->asking;
	json_t *got =
	        payload ? json_loadb((const char *)payload->data + payload->at, cursor_left(payload), 0, NULL) : NULL;

	if (json_is_object(got)) {
		add_figures(json_object_get(a->figures, q->role), got);
		json_object_del(a->silent, q->name);
	}
	json_decref(got);
	if (!--a->awaited)
		answer(a);
	asking_release(a);
	free(q);
}

static void on_timeout(uv_timer_t *timer)
{
	answer(timer->data);
}

static void ask(struct asking *a, struct core_link *l)
{
	struct question *q = mem_alloc(sizeof(*q));

	q->asking = a;
	snprintf(q->role, sizeof(q->role), "%s", l->peer);
	snprintf(q->name, sizeof(q->name), "%s:%u", l->peer, l->index);
	json_object_set_new(a->silent, q->name, json_true());
	if (!json_object_get(a->figures, q->role))
		json_object_set_new(a->figures, q->role, json_object());
	if (!l->channel) {
		free(q);
		return;
	}
	a->awaited++;
	a->refs++;
	channel_call(l->channel, MESSAGE_STATUS, "{}", 2, on_figures, q);
}

void core_act_status(struct act *act)
{
	struct core *core = act->core;
	struct asking *a = mem_alloc(sizeof(*a));

	a->act = act;
	a->figures = json_object();
	a->silent = json_object();
	a->refs = 1; /* the timer's */
	a->timer.data = a;
	uv_timer_init(&core->loop, &a->timer);
	uv_timer_start(&a->timer, on_timeout, STATUS_WAIT_MS, 0);
	for (unsigned i = 0; i < core->link_count; i++)
		for (size_t k = 0; k < sizeof(asked_roles) / sizeof(*asked_roles); k++)
			if (!strcmp(core->links[i].peer, asked_roles[k]))
				ask(a, &core->links[i]);
	if (!a->awaited)
		answer(a);
}
