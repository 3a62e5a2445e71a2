#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/life.h"
#include "collector/judge/store_private.h"
#include "collector/judge/trouble.h"
#include "common/log.h"
#include "common/memory.h"

#define NOW "(SELECT coalesce((SELECT value FROM meta WHERE key = 'now'), 0))"

static sqlite3_stmt *query(struct store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL))
		log_error("state.db: %s", sqlite3_errmsg(s->db));
	return st;
}

static const char *text(sqlite3_stmt *st, int column)
{
	const char *t = (const char *)sqlite3_column_text(st, column);
	return t ? t : "";
}

static int load_nodes(struct store *s, struct judge *j)
{
	sqlite3_stmt *st =
	        query(s, "SELECT id, name, link, link_at, life_at, sample_at, software, address, skew_ms, backlog,"
	                 " boot, epoch, witnessed, awake, config_version, battery_at FROM node ORDER BY id");
	if (!st)
		return -EIO;
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct judge_node *n = fleet_node_make(&j->fleet, text(st, 1));
		if (!n)
			continue;
		n->id = sqlite3_column_int64(st, 0);
		n->link = (uint8_t)sqlite3_column_int(st, 2);
		n->link_at = sqlite3_column_int64(st, 3);
		n->life_at = sqlite3_column_int64(st, 4);
		n->sample_at = sqlite3_column_int64(st, 5);
		snprintf(n->software, sizeof n->software, "%s", text(st, 6));
		snprintf(n->address, sizeof n->address, "%s", text(st, 7));
		n->skew_ms = sqlite3_column_int64(st, 8);
		n->backlog = sqlite3_column_int64(st, 9);
		n->boot_known = sqlite3_column_bytes(st, 10) == BOOT_ID_BYTES;
		if (n->boot_known)
			memcpy(n->boot, sqlite3_column_blob(st, 10), BOOT_ID_BYTES);
		n->epoch = (uint64_t)sqlite3_column_int64(st, 11);
		n->witnessed = incident_find(&j->incidents, text(st, 12));
		n->awake = sqlite3_column_int(st, 13);
		snprintf(n->config_version, sizeof n->config_version, "%s", text(st, 14));
		n->battery_at = sqlite3_column_int64(st, 15);
		if (n->id > j->fleet.last_node_id)
			j->fleet.last_node_id = n->id;
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}

static void memory_get(struct judge_check *c, const void *data, int len)
{
	struct cursor in = cursor_of(data, (size_t)len);
	unsigned version = cursor_u8(&in);
	if (version < 1 || version > MEMORY_VERSION)
		return;
	c->machine.run_state = cursor_u8(&in);
	c->machine.run = cursor_u8(&in);
	c->machine.run_at = cursor_svarint(&in);
	c->row_at = cursor_svarint(&in);
	if (version == 1)
		cursor_u64(&in);
	else if (cursor_u8(&in))
		quality_decode(check_quality_make(c), &in);
	for (unsigned k = 0; version > 1 && k < FLAP_TIMES; k++)
		c->downs[k] = cursor_svarint(&in);
	if (cursor_u8(&in) && c->figures && figures_decode(c->figures, &in))
		log_warn("state.db: the figures of check %lld cannot be read", (long long)c->id);
}

static double value(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? NAN : sqlite3_column_double(st, column);
}

static void load_check(struct judge *j, struct judge_node *n, sqlite3_stmt *st)
{
	int kind = sqlite3_column_int(st, 2);
	struct judge_check *c = kind >= 0 && kind < KIND_COUNT
	                                ? fleet_check_make(&j->fleet, n, (enum check_kind)kind, text(st, 3))
	                                : NULL;
	if (!c)
		return;
	c->id = sqlite3_column_int64(st, 0);
	c->machine.state = (uint8_t)sqlite3_column_int(st, 4);
	c->machine.reason = (uint8_t)sqlite3_column_int(st, 5);
	c->machine.since = sqlite3_column_int64(st, 6);
	c->machine.at = sqlite3_column_int64(st, 7);
	c->value[0] = value(st, 8);
	c->value[1] = value(st, 9);
	c->dirty = false;
	memory_get(c, sqlite3_column_blob(st, 10), sqlite3_column_bytes(st, 10));
	if (c->id > j->fleet.last_check_id)
		j->fleet.last_check_id = c->id;
}

static int load_checks(struct store *s, struct judge *j)
{
	sqlite3_stmt *st =
	        query(s, "SELECT c.id, n.name, c.kind, c.instance, c.state, c.reason, c.since, c.at, c.value0,"
	                 " c.value1, c.memory FROM check_state c JOIN node n ON n.id = c.node ORDER BY c.id");
	if (!st)
		return -EIO;
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct judge_node *n = fleet_node(&j->fleet, text(st, 1));
		if (n)
			load_check(j, n, st);
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}

static int load_incidents(struct store *s, struct judge *j)
{
	/* what is over is remembered so that history that comes late still finds its root */
	sqlite3_stmt *st =
	        query(s, "SELECT id, changes, said, body FROM incident WHERE open"
	                 " OR max(opened_at, coalesce(resolved_at, 0)) >= " NOW " - ?1 ORDER BY opened_at, id");
	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, LIFE_KEEP_MS);
	while (sqlite3_step(st) == SQLITE_ROW) {
		bool fresh;
		json_t *o = json_loads(text(st, 3), 0, NULL);
		struct incident *i = incident_make(&j->incidents, text(st, 0), &fresh);
		if (o)
			incident_from_json(i, o);
		i->changes = (unsigned)sqlite3_column_int(st, 1);
		i->said = (enum incident_said)sqlite3_column_int(st, 2);
		i->dirty = i->changed = false;
		json_decref(o);
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}

static struct judge_check *check_by_id(const struct judge *j, int64_t id)
{
	for (uint32_t k = 0; k < j->fleet.count; k++)
		for (uint32_t m = 0; m < j->fleet.nodes[k]->check_count; m++)
			if (j->fleet.nodes[k]->checks[m]->id == id)
				return j->fleet.nodes[k]->checks[m];
	return NULL;
}

static void load_known(struct trouble *t, const char *body)
{
	json_t *o = *body ? json_loads(body, 0, NULL) : NULL;
	if (!o)
		return;
	t->known = mem_alloc(sizeof *t->known);
	facts_from_json(t->known, o);
	json_decref(o);
}

static int load_troubles(struct store *s, struct judge *j)
{
	sqlite3_stmt *st = query(s,
	        "SELECT check_id, since, due, reason, connected, main, incident, known FROM trouble ORDER BY check_id");
	if (!st)
		return -EIO;
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct judge_check *c = check_by_id(j, sqlite3_column_int64(st, 0));
		if (!c)
			continue;
		struct trouble *t = trouble_add(j, c, sqlite3_column_int64(st, 1));
		t->due = sqlite3_column_int64(st, 2);
		t->reason = (uint8_t)sqlite3_column_int(st, 3);
		t->connected = sqlite3_column_int(st, 4);
		t->primary = sqlite3_column_int(st, 5);
		t->incident = incident_find(&j->incidents, text(st, 6));
		if (t->incident && t->primary)
			t->incident->open_count++;
		load_known(t, text(st, 7));
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}

static int load_excuses(struct store *s, struct judge *j)
{
	char why[160];
	sqlite3_stmt *st = query(s, "SELECT body FROM excuse WHERE until >= " NOW " - ?1 ORDER BY start, id");
	if (!st)
		return -EIO;
	sqlite3_bind_int64(st, 1, LIFE_KEEP_MS);
	while (sqlite3_step(st) == SQLITE_ROW) {
		json_t *o = json_loads(text(st, 0), 0, NULL);
		if (excuse_put(&j->excuses, j->inv, o, why, sizeof why))
			log_warn("state.db: an excuse cannot be read: %s", why);
		json_decref(o);
	}
	for (size_t k = 0; k < j->excuses.count; k++)
		j->excuses.all[k]->dirty = false;
	j->excuses.dirty = false;
	return sqlite3_finalize(st) ? -EIO : 0;
}

static int load_meta(struct store *s, struct judge *j, int64_t *cursor)
{
	sqlite3_stmt *st = query(s, "SELECT key, value FROM meta");
	if (!st)
		return -EIO;
	while (sqlite3_step(st) == SQLITE_ROW) {
		if (!strcmp(text(st, 0), "cursor"))
			*cursor = sqlite3_column_int64(st, 1);
		else if (!strcmp(text(st, 0), "now"))
			j->now = sqlite3_column_int64(st, 1);
		else if (!strcmp(text(st, 0), "cut"))
			j->cut = incident_find(&j->incidents, text(st, 1));
	}
	if (j->cut)
		j->cut_by_path = j->cut->facts.is[FACT_EVERYBODY].rank > RANK_AFAR;
	return sqlite3_finalize(st) ? -EIO : 0;
}

int store_load(struct store *s, struct judge *j, int64_t *cursor)
{
	*cursor = 0;
	int rc = load_incidents(s, j);
	rc = rc ? rc : load_nodes(s, j);
	rc = rc ? rc : load_checks(s, j);
	rc = rc ? rc : load_troubles(s, j);
	rc = rc ? rc : load_meta(s, j, cursor);
	rc = rc ? rc : load_gaps(s, j);
	rc = rc ? rc : load_events(s, j);
	rc = rc ? rc : load_excuses(s, j);
	rc = rc ? rc : load_complaints(s, j);
	return rc ? rc : load_drills(s, j);
}
