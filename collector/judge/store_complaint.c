/* User reports and drills in state.db: what may still change is kept in memory too, the rest stays for the questions of view. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/judge/complaint.h"
#include "collector/judge/drill.h"
#include "collector/judge/store_private.h"
#include "common/log.h"

/* {"type": "complaint", "complaint": {...}} */
static int conclude(struct store *s, const char *type, const char *id, unsigned changes, json_t *o)
{
	sqlite3_stmt *st = s->statements[PUT_CONCLUSION];
	char key[256];
	snprintf(key, sizeof key, "%s/%s/%u", type, id, changes);
	json_t *whole = json_pack("{s:s, s:O}", "type", type, type, o);
	char *body = json_dumps(whole, JSON_COMPACT);
	store_bind_text(st, 1, key);
	store_bind_text(st, 2, body);
	int rc = store_step(s, st);
	free(body);
	json_decref(whole);
	return rc;
}

static int put_complaint(struct store *s, struct complaint *c)
{
	sqlite3_stmt *st = s->statements[PUT_COMPLAINT];
	json_t *o = complaint_json(c);
	char *body = json_dumps(o, JSON_COMPACT);
	store_bind_text(st, 1, c->id);
	store_bind_text(st, 2, c->site);
	sqlite3_bind_int64(st, 3, c->at);
	sqlite3_bind_int64(st, 4, c->filed_at);
	store_bind_text(st, 5, complaint_found_name(c->found));
	store_bind_text(st, 6, c->incident[0] ? c->incident : NULL);
	sqlite3_bind_int(st, 7, (int)++c->changes);
	store_bind_text(st, 8, body);
	int rc = store_step(s, st);
	rc = rc ? rc : conclude(s, "complaint", c->id, c->changes, o);
	c->dirty = false;
	free(body);
	json_decref(o);
	return rc;
}

static int drop(struct store *s, enum store_statement statement, int64_t before)
{
	sqlite3_bind_int64(s->statements[statement], 1, before);
	return before > 0 ? store_step(s, s->statements[statement]) : 0;
}

int store_complaints(struct store *s, struct judge *j)
{
	bool wrote = false;
	int rc = 0;
	for (size_t k = 0; j->complaints && k < j->complaints->count && !rc; k++) {
		if (!j->complaints->all[k]->dirty)
			continue;
		rc = put_complaint(s, j->complaints->all[k]);
		wrote = true;
	}
	return rc || !wrote ? rc : drop(s, DROP_COMPLAINTS, j->now - COMPLAINT_KEEP_MS);
}

static int put_drill(struct store *s, const struct drill *d, unsigned changes)
{
	sqlite3_stmt *st = s->statements[PUT_DRILL];
	json_t *o = drill_json(d);
	char *body = json_dumps(o, JSON_COMPACT);
	store_bind_text(st, 1, drill_id(d));
	store_bind_text(st, 2, json_string_value(json_object_get(o, "state")));
	sqlite3_bind_int64(st, 3, json_integer_value(json_object_get(o, "from")));
	sqlite3_bind_int64(st, 4, json_integer_value(json_object_get(o, "filed_at")));
	sqlite3_bind_int(st, 5, (int)changes);
	store_bind_text(st, 6, body);
	int rc = store_step(s, st);
	rc = rc ? rc : conclude(s, "drill", drill_id(d), changes, o);
	free(body);
	json_decref(o);
	return rc;
}

int store_drills(struct store *s, struct judge *j)
{
	bool wrote = false;
	int rc = 0;
	for (size_t k = 0; j->drills && k < j->drills->count && !rc; k++) {
		unsigned changes = drill_say(j->drills->all[k]);
		if (!changes)
			continue;
		rc = put_drill(s, j->drills->all[k], changes);
		wrote = true;
	}
	return rc || !wrote ? rc : drop(s, DROP_DRILLS, j->now - DRILL_KEEP_MS);
}

static int load(struct store *s, struct judge *j, const char *sql, int64_t from,
        void (*take)(struct judge *j, const json_t *o, unsigned changes))
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL)) {
		log_error("state.db: %s", sqlite3_errmsg(s->db));
		return -EIO;
	}
	sqlite3_bind_int64(st, 1, from);
	while (sqlite3_step(st) == SQLITE_ROW) {
		json_t *o = json_loads((const char *)sqlite3_column_text(st, 0), 0, NULL);
		if (o)
			take(j, o, (unsigned)sqlite3_column_int(st, 1));
		json_decref(o);
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}

int load_complaints(struct store *s, struct judge *j)
{
	return load(s, j, "SELECT body, changes FROM complaint WHERE filed_at > ?1 ORDER BY filed_at, id",
	        j->now - COMPLAINT_OPEN_MS, complaint_load);
}

int load_drills(struct store *s, struct judge *j)
{
	return load(s, j,
	        "SELECT body, changes FROM drill WHERE state IN ('planned', 'running') AND start > ?1 ORDER BY start, "
	        "id",
	        0, drill_load);
}
