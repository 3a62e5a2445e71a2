#include "collector/judge/store_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/act.h"
#include "collector/judge/event.h"
#include "common/log.h"
#include "common/memory.h"

static const char *const migrations[] = {
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
        "CREATE TABLE node(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, site TEXT, link INTEGER, link_at INTEGER,"
        " life_at INTEGER, sample_at INTEGER, software TEXT, address TEXT, skew_ms INTEGER, backlog INTEGER, boot BLOB,"
        " epoch INTEGER, simulated INTEGER, witnessed TEXT, awake INTEGER);"
        "CREATE TABLE check_state(id INTEGER PRIMARY KEY, node INTEGER NOT NULL, kind INTEGER NOT NULL, instance TEXT "
        "NOT NULL,"
        " step_ms INTEGER, state INTEGER, reason INTEGER, since INTEGER, at INTEGER, value0 REAL, value1 REAL,"
        " terminal INTEGER, memory BLOB);"
        "CREATE TABLE interval(check_id INTEGER, start INTEGER, stop INTEGER, state INTEGER, reason INTEGER,"
        " PRIMARY KEY(check_id, start)) WITHOUT ROWID;"
        "CREATE TABLE hour(check_id INTEGER, hour INTEGER, body BLOB, PRIMARY KEY(check_id, hour)) WITHOUT ROWID;"
        "CREATE TABLE incident(id TEXT PRIMARY KEY, open INTEGER, state TEXT, site TEXT, unit TEXT, node TEXT, service "
        "TEXT,"
        " opened_at INTEGER, resolved_at INTEGER, simulated INTEGER, changes INTEGER, said INTEGER, body TEXT);"
        "CREATE INDEX incident_open ON incident(opened_at) WHERE open;"
        "CREATE INDEX incident_opened ON incident(opened_at);"
        "CREATE TABLE incident_act(incident TEXT, at INTEGER, by TEXT, act TEXT, text TEXT);"
        "CREATE INDEX incident_act_of ON incident_act(incident);"
        "CREATE TABLE trouble(check_id INTEGER PRIMARY KEY, since INTEGER, due INTEGER, reason INTEGER, connected "
        "INTEGER,"
        " main INTEGER, incident TEXT);"
        "CREATE TABLE conclusion(seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL);",
        "ALTER TABLE node ADD COLUMN config_version TEXT;"
        "ALTER TABLE node ADD COLUMN battery_at INTEGER;"
        "CREATE TABLE event(id INTEGER PRIMARY KEY AUTOINCREMENT, node INTEGER NOT NULL, at INTEGER NOT NULL,"
        " kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL);"
        "CREATE INDEX event_of ON event(node, at);",
        "CREATE TABLE complaint(id TEXT PRIMARY KEY, site TEXT NOT NULL, at INTEGER, filed_at INTEGER, found TEXT,"
        " incident TEXT, changes INTEGER, body TEXT);"
        "CREATE INDEX complaint_filed ON complaint(filed_at);"
        "CREATE TABLE drill(id TEXT PRIMARY KEY, state TEXT NOT NULL, start INTEGER, filed_at INTEGER, changes INTEGER,"
        " body TEXT);"
        "CREATE INDEX drill_start ON drill(start);",
        "CREATE TABLE excuse(id TEXT PRIMARY KEY, kind TEXT NOT NULL, start INTEGER, until INTEGER, body TEXT);"
        "CREATE INDEX excuse_until ON excuse(until);"
        "CREATE INDEX incident_over ON incident(max(opened_at, coalesce(resolved_at, 0)));"
        "ALTER TABLE trouble ADD COLUMN known TEXT;",
        "CREATE TABLE gap(check_id INTEGER, start INTEGER, stop INTEGER, incident TEXT, PRIMARY KEY(check_id, start)) "
        "WITHOUT ROWID;"
        "CREATE TABLE rejudged(site TEXT PRIMARY KEY, since INTEGER) WITHOUT ROWID;",
};
#define VERSION ((int)(sizeof migrations / sizeof migrations[0]))

/* the newest of the node are kept */
#define CUT                                                                                                            \
	"DELETE FROM event WHERE id IN (SELECT id FROM event WHERE node = ?1 ORDER BY at DESC "                        \
	"LIMIT -1 OFFSET ?2)"

static const char *const texts[STATEMENT_COUNT] = {
        [PUT_META] = "INSERT OR REPLACE INTO meta VALUES(?1, ?2)",
        [PUT_NODE] = "INSERT OR REPLACE INTO node VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [PUT_CHECK] =
                "INSERT OR REPLACE INTO check_state VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        [PUT_INTERVAL] = "INSERT OR REPLACE INTO interval VALUES(?1, ?2, ?3, ?4, ?5)",
        [PUT_HOUR] = "INSERT OR REPLACE INTO hour VALUES(?1, ?2, ?3)",
        [PUT_INCIDENT] =
                "INSERT OR REPLACE INTO incident VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        [PUT_ACT] = "INSERT INTO incident_act VALUES(?1, ?2, ?3, ?4, ?5)",
        [PUT_TROUBLE] = "INSERT OR REPLACE INTO trouble VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        [CLEAR_TROUBLES] = "DELETE FROM trouble",
        [PUT_CONCLUSION] = "INSERT OR IGNORE INTO conclusion(key, body) VALUES(?1, ?2)",
        [NEXT_CONCLUSION] = "SELECT seq, key, body FROM conclusion WHERE seq > ?1 ORDER BY seq LIMIT 1",
        [DROP_CONCLUSION] = "DELETE FROM conclusion WHERE seq = ?1",
        [DROP_INTERVALS] = "DELETE FROM interval WHERE check_id = ?1 AND start < ?2",
        [DROP_HOURS] = "DELETE FROM hour WHERE check_id = ?1 AND hour < ?2",
        [PUT_EVENT] = "INSERT INTO event(node, at, kind, subject, text) VALUES(?1, ?2, ?3, ?4, ?5)",
        [CUT_EVENTS] = CUT,
        [DROP_EVENTS] = "DELETE FROM event WHERE node = ?1 AND at < ?2",
        [PUT_GAP] = "INSERT OR REPLACE INTO gap VALUES(?1, ?2, ?3, ?4)",
        [CLEAR_GAPS] = "DELETE FROM gap",
        [PUT_REJUDGED] = "INSERT INTO rejudged VALUES(?1, ?2) ON CONFLICT(site) DO UPDATE SET since = min(since, ?2)",
        [PUT_COMPLAINT] = "INSERT OR REPLACE INTO complaint VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        [DROP_COMPLAINTS] = "DELETE FROM complaint WHERE filed_at < ?1",
        [PUT_DRILL] = "INSERT OR REPLACE INTO drill VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        [PUT_EXCUSE] = "INSERT OR REPLACE INTO excuse VALUES(?1, ?2, ?3, ?4, ?5)",
        [GET_INTERVALS] = "SELECT start, stop, state FROM interval WHERE check_id = ?1 AND start < ?3 AND start >="
                          " coalesce((SELECT max(start) FROM interval WHERE check_id = ?1 AND start <= ?2), ?2)"
                          " ORDER BY start",
        [DROP_DRILLS] = "DELETE FROM drill WHERE start < ?1",
};

static int run(struct store *s, const char *sql)
{
	char *error = NULL;
	if (sqlite3_exec(s->db, sql, NULL, NULL, &error) == SQLITE_OK)
		return 0;
	log_error("state.db: %s", error ? error : sqlite3_errmsg(s->db));
	sqlite3_free(error);
	return -EIO;
}

static int schema_version(struct store *s)
{
	sqlite3_stmt *st;
	int version = -1;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	        sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return version;
}

static int migrate(struct store *s)
{
	char pragma[48];
	int version = schema_version(s);
	if (version < 0 || version > VERSION) {
		log_error("state.db: schema version %d, this program knows %d", version, VERSION);
		return -EINVAL;
	}
	for (; version < VERSION; version++) {
		snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version + 1);
		if (run(s, "BEGIN IMMEDIATE") || run(s, migrations[version]) || run(s, pragma) || run(s, "COMMIT"))
			return -EIO;
	}
	return 0;
}

int store_open(struct store **out, const char *path)
{
	struct store *s = mem_alloc(sizeof *s);
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)) {
		log_error("%s: %s", path, sqlite3_errmsg(s->db));
		store_close(s);
		return -EIO;
	}
	sqlite3_busy_timeout(s->db, 5000);
	int rc = run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000");
	rc = rc ? rc : migrate(s);
	if (rc) {
		store_close(s);
		return rc;
	}
	for (int k = 0; k < STATEMENT_COUNT; k++) {
		if (sqlite3_prepare_v3(s->db, texts[k], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[k], NULL)) {
			log_error("%s: %s", path, sqlite3_errmsg(s->db));
			store_close(s);
			return -EIO;
		}
	}
	*out = s;
	return 0;
}

void store_bind_text(sqlite3_stmt *st, int column, const char *text)
{
	if (text)
		sqlite3_bind_text(st, column, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, column);
}

int store_step(struct store *s, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	sqlite3_reset(st);
	if (rc == SQLITE_DONE)
		return 0;
	log_error("state.db: %s", sqlite3_errmsg(s->db));
	return -EIO;
}

static int put_meta(struct store *s, const char *key, int64_t number, const char *text)
{
	sqlite3_stmt *st = s->statements[PUT_META];
	store_bind_text(st, 1, key);
	if (text)
		store_bind_text(st, 2, text);
	else
		sqlite3_bind_int64(st, 2, number);
	return store_step(s, st);
}

static int put_node(struct store *s, const struct judge_node *n)
{
	sqlite3_stmt *st = s->statements[PUT_NODE];
	const int64_t numbers[] = {n->link, n->link_at, n->life_at, n->sample_at};
	sqlite3_bind_int64(st, 1, n->id);
	store_bind_text(st, 2, n->name);
	store_bind_text(st, 3, n->site ? n->site->id : NULL);
	for (int k = 0; k < 4; k++)
		sqlite3_bind_int64(st, 4 + k, numbers[k]);
	store_bind_text(st, 8, n->software);
	store_bind_text(st, 9, n->address);
	sqlite3_bind_int64(st, 10, n->skew_ms);
	sqlite3_bind_int64(st, 11, n->backlog);
	if (n->boot_known)
		sqlite3_bind_blob(st, 12, n->boot, BOOT_ID_BYTES, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, 12);
	sqlite3_bind_int64(st, 13, (int64_t)n->epoch);
	sqlite3_bind_int(st, 14, n->simulated);
	store_bind_text(st, 15, n->witnessed ? n->witnessed->id : NULL);
	sqlite3_bind_int(st, 16, n->awake);
	store_bind_text(st, 17, n->config_version);
	sqlite3_bind_int64(st, 18, n->battery_at);
	return store_step(s, st);
}

/* What the columns do not show: see memory_get() in load.c. */
static void memory_put(const struct judge_check *c, struct buf *out)
{
	buf_put_u8(out, MEMORY_VERSION);
	buf_put_u8(out, c->machine.run_state);
	buf_put_u8(out, c->machine.run);
	buf_put_svarint(out, c->machine.run_at);
	buf_put_svarint(out, c->row_at);
	buf_put_u8(out, c->quality != NULL);
	if (c->quality)
		quality_encode(c->quality, out);
	for (unsigned k = 0; k < FLAP_TIMES; k++)
		buf_put_svarint(out, c->downs[k]);
	buf_put_u8(out, c->figures != NULL);
	if (c->figures)
		figures_encode(c->figures, out);
}

static void bind_value(sqlite3_stmt *st, int column, double value)
{
	if (isnan(value))
		sqlite3_bind_null(st, column);
	else
		sqlite3_bind_double(st, column, value);
}

static int put_check(struct store *s, const struct judge_check *c)
{
	sqlite3_stmt *st = s->statements[PUT_CHECK];
	const int64_t numbers[] = {c->step_ms, c->machine.state, c->machine.reason, c->machine.since, c->machine.at};
	buf_reset(&s->scratch);
	memory_put(c, &s->scratch);
	sqlite3_bind_int64(st, 1, c->id);
	sqlite3_bind_int64(st, 2, c->node->id);
	sqlite3_bind_int(st, 3, (int)c->kind);
	store_bind_text(st, 4, c->instance);
	for (int k = 0; k < 5; k++)
		sqlite3_bind_int64(st, 5 + k, numbers[k]);
	bind_value(st, 10, c->value[0]);
	bind_value(st, 11, c->value[1]);
	sqlite3_bind_int(st, 12, c->terminal);
	sqlite3_bind_blob(st, 13, s->scratch.data, (int)s->scratch.len, SQLITE_STATIC);
	return store_step(s, st);
}

static int put_fleet(struct store *s, const struct fleet *f)
{
	int rc = 0;
	for (uint32_t k = 0; k < f->count && !rc; k++) {
		const struct judge_node *n = f->nodes[k];
		if (n->dirty)
			rc = put_node(s, n);
		for (uint32_t m = 0; m < n->check_count && !rc; m++)
			if (n->checks[m]->dirty)
				rc = put_check(s, n->checks[m]);
	}
	return rc;
}

static int put_history(struct store *s, const struct judge *j)
{
	int rc = 0;
	sqlite3_stmt *st = s->statements[PUT_INTERVAL];
	for (size_t k = 0; k < j->closed_count && !rc; k++) {
		const struct closed_interval *i = &j->closed[k];
		sqlite3_bind_int64(st, 1, i->check_id);
		sqlite3_bind_int64(st, 2, i->start);
		sqlite3_bind_int64(st, 3, i->stop);
		sqlite3_bind_int(st, 4, i->state);
		sqlite3_bind_int(st, 5, i->reason);
		rc = store_step(s, st);
	}
	st = s->statements[PUT_HOUR];
	for (size_t k = 0; k < j->hour_count && !rc; k++) {
		const struct finished_hour *h = &j->hours[k];
		sqlite3_bind_int64(st, 1, h->check_id);
		sqlite3_bind_int64(st, 2, h->hour);
		sqlite3_bind_blob(st, 3, h->body.data, (int)h->body.len, SQLITE_STATIC);
		rc = store_step(s, st);
	}
	return rc;
}

/* One node a commit, in turn: dropping old history never makes a long transaction. */
static int drop_old(struct store *s, const struct judge *j)
{
	int rc = 0;
	int64_t before = j->now - STORE_KEEP_MS;
	if (!j->fleet.count || before <= 0)
		return 0;
	s->pruned = (s->pruned + 1) % j->fleet.count;
	const struct judge_node *n = j->fleet.nodes[s->pruned];
	for (uint32_t k = 0; k < n->check_count && !rc; k++) {
		sqlite3_bind_int64(s->statements[DROP_INTERVALS], 1, n->checks[k]->id);
		sqlite3_bind_int64(s->statements[DROP_INTERVALS], 2, before);
		sqlite3_bind_int64(s->statements[DROP_HOURS], 1, n->checks[k]->id);
		sqlite3_bind_int64(s->statements[DROP_HOURS], 2, before / FIGURES_HOUR_MS);
		rc = store_step(s, s->statements[DROP_INTERVALS]);
		rc = rc ? rc : store_step(s, s->statements[DROP_HOURS]);
	}
	return rc;
}

/* What was said about a trouble that has no incident yet. */
static int put_known(struct store *s, sqlite3_stmt *st, const struct facts *known)
{
	json_t *o = known ? facts_json(known) : NULL;
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	store_bind_text(st, 8, text);
	int rc = store_step(s, st);
	free(text);
	json_decref(o);
	return rc;
}

static int put_troubles(struct store *s, const struct judge *j)
{
	sqlite3_stmt *st = s->statements[PUT_TROUBLE];
	int rc = store_step(s, s->statements[CLEAR_TROUBLES]);
	for (size_t k = 0; k < j->trouble_count && !rc; k++) {
		const struct trouble *t = j->troubles[k];
		sqlite3_bind_int64(st, 1, t->check->id);
		sqlite3_bind_int64(st, 2, t->from);
		sqlite3_bind_int64(st, 3, t->due);
		sqlite3_bind_int(st, 4, t->reason);
		sqlite3_bind_int(st, 5, t->connected);
		sqlite3_bind_int(st, 6, t->primary);
		store_bind_text(st, 7, t->incident ? t->incident->id : NULL);
		rc = put_known(s, st, t->known);
	}
	return rc;
}

/* All is on disk. */
static void forget(struct judge *j)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		n->dirty = false;
		for (uint32_t m = 0; m < n->check_count; m++)
			n->checks[m]->dirty = false;
	}
	for (size_t k = 0; k < j->hour_count; k++)
		buf_free(&j->hours[k].body);
	acts_forget(j);
	events_forget(j);
	for (size_t k = 0; k < j->excuses.count; k++)
		j->excuses.all[k]->dirty = false;
	j->excuses.dirty = false;
	j->gaps_dirty = false;
	j->rejudged_count = 0;
	j->closed_count = j->hour_count = 0;
	j->troubles_dirty = j->urgent = false;
}

int store_commit(struct store *s, struct judge *j, int64_t cursor)
{
	if (run(s, "BEGIN IMMEDIATE"))
		return -EIO;
	int rc = put_fleet(s, &j->fleet);
	rc = rc ? rc : put_history(s, j);
	rc = rc ? rc : store_acts(s, j);
	rc = rc ? rc : store_excuses(s, j);
	rc = rc ? rc : store_events(s, j);
	rc = rc ? rc : store_rejudged(s, j);
	rc = rc ? rc : store_complaints(s, j);
	rc = rc ? rc : store_drills(s, j);
	rc = rc ? rc : drop_old(s, j);
	rc = rc || !j->troubles_dirty ? rc : put_troubles(s, j);
	rc = rc ? rc : store_incidents(s, j);
	rc = rc ? rc : put_meta(s, "cursor", cursor, NULL);
	rc = rc ? rc : put_meta(s, "now", j->now, NULL);
	rc = rc ? rc : put_meta(s, "cut", 0, j->cut ? j->cut->id : "");
	rc = rc ? rc : run(s, "COMMIT");
	if (!rc) {
		forget(j);
		return 0;
	}
	if (!sqlite3_get_autocommit(s->db))
		run(s, "ROLLBACK");
	return rc;
}

char *store_conclusion(struct store *s, int64_t *seq, char *key, size_t key_size)
{
	sqlite3_stmt *st = s->statements[NEXT_CONCLUSION];
	char *body = NULL;
	sqlite3_bind_int64(st, 1, *seq);
	if (sqlite3_step(st) == SQLITE_ROW) {
		*seq = sqlite3_column_int64(st, 0);
		snprintf(key, key_size, "%s", (const char *)sqlite3_column_text(st, 1));
		body = mem_str((const char *)sqlite3_column_text(st, 2));
	}
	sqlite3_reset(st);
	return body;
}

void store_concluded(struct store *s, int64_t seq)
{
	sqlite3_bind_int64(s->statements[DROP_CONCLUSION], 1, seq);
	store_step(s, s->statements[DROP_CONCLUSION]);
}

void store_close(struct store *s)
{
	for (int k = 0; k < STATEMENT_COUNT; k++)
		sqlite3_finalize(s->statements[k]);
	sqlite3_close(s->db);
	buf_free(&s->scratch);
	free(s);
}
