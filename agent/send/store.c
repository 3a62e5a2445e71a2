#include "agent/send/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/memory.h"

#define SCHEMA_VERSION 1
#define BASE_FIRST (INT64_C(1) << 32) /* ids begin high: a renewed epoch puts its dictionary in front */

enum statement {
	PUT,
	NEXT,
	OLDEST,
	DELETE,
	COUNT,
	STATE,
	SET,
	SETS,
	BOOT,
	BOOT_FIND,
	BOOTS,
	BEGIN,
	COMMIT,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
        [PUT] = "INSERT INTO batch(id, boot, base_ms, wall_ms, level, body) VALUES(?, ?, ?, ?, ?, ?)",
        [NEXT] = "SELECT id, boot, base_ms, wall_ms, level, body FROM batch WHERE id >= ? ORDER BY id LIMIT 1",
        [OLDEST] = "SELECT id, boot, base_ms, wall_ms, level, body FROM batch WHERE id > ? AND level <= ? ORDER BY id "
                   "LIMIT 1",
        [DELETE] = "DELETE FROM batch WHERE id >= ? AND id <= ?",
        [COUNT] = "SELECT count(*), coalesce(sum(length(body)), 0) FROM batch WHERE id >= ? AND id <= ?",
        [STATE] = "UPDATE spool SET epoch = ?, base = ?, next_id = ?",
        [SET] = "INSERT OR REPLACE INTO dict(number, layout, class, instance) VALUES(?, ?, ?, ?)",
        [SETS] = "SELECT number, layout, class, instance FROM dict ORDER BY number",
        [BOOT] = "INSERT INTO boot(boot_id, offset_ms) VALUES(?1, ?2)"
                 " ON CONFLICT(boot_id) DO UPDATE SET offset_ms = coalesce(?2, offset_ms)",
        [BOOT_FIND] = "SELECT id FROM boot WHERE boot_id = ?",
        [BOOTS] = "SELECT id, boot_id, offset_ms FROM boot ORDER BY id",
        [BEGIN] = "BEGIN IMMEDIATE",
        [COMMIT] = "COMMIT",
};

static const char schema[] =
        "CREATE TABLE spool(one INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, base INTEGER NOT NULL, next_id INTEGER "
        "NOT NULL);"
        "CREATE TABLE boot(id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL UNIQUE, offset_ms INTEGER);"
        "CREATE TABLE dict(number INTEGER PRIMARY KEY, layout INTEGER NOT NULL, class TEXT NOT NULL, instance TEXT NOT "
        "NULL);"
        "CREATE TABLE batch(id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, base_ms INTEGER NOT NULL,"
        " wall_ms INTEGER NOT NULL, level INTEGER NOT NULL, body BLOB NOT NULL);"
        "PRAGMA user_version = 1;";

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct buf body; /* of the row last given */
};

static int sql_errno(const struct store *st)
{
	switch (sqlite3_errcode(st->db) & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EILSEQ;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static int sql_run(struct store *st, const char *text)
{
	return sqlite3_exec(st->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_errno(st);
}

static sqlite3_stmt *sql_bind(struct store *st, enum statement which, int count, const int64_t *numbers)
{
	sqlite3_stmt *q = st->statements[which];

	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(q, i + 1, numbers[i]);
	return q;
}

/* Runs a statement that gives no rows, with what was bound to it. */
static int sql_do(struct store *st, enum statement which)
{
	int status = sqlite3_step(st->statements[which]) == SQLITE_DONE ? 0 : sql_errno(st);

	sqlite3_reset(st->statements[which]);
	return status;
}

/* One row of a query: 0, -ENOENT or an error; the caller resets. */
static int sql_row(struct store *st, enum statement which)
{
	int got = sqlite3_step(st->statements[which]);

	return got == SQLITE_ROW ? 0 : got == SQLITE_DONE ? -ENOENT : sql_errno(st);
}

static int read_row(struct store *st, enum statement which, struct store_row *out)
{
	sqlite3_stmt *q = st->statements[which];
	int status = sql_row(st, which);

	if (!status) {
		*out = (struct store_row){.id = sqlite3_column_int64(q, 0),
		        .boot = sqlite3_column_int64(q, 1),
		        .base_ms = sqlite3_column_int64(q, 2),
		        .wall_ms = sqlite3_column_int64(q, 3),
		        .level = sqlite3_column_int64(q, 4)};
		buf_reset(&st->body);
		buf_put(&st->body, sqlite3_column_blob(q, 5), (size_t)sqlite3_column_bytes(q, 5));
		out->body = st->body.data;
		out->len = st->body.len;
	}
	sqlite3_reset(q);
	return status;
}

int store_begin(struct store *st)
{
	return sql_do(st, BEGIN);
}

int store_end(struct store *st, int status)
{
	if (!status)
		status = sql_do(st, COMMIT);
	if (status && !sqlite3_get_autocommit(st->db))
		sql_run(st, "ROLLBACK");
	return status;
}

int store_put(struct store *st, const struct store_row *row)
{
	sqlite3_stmt *q = sql_bind(st, PUT, 5, (int64_t[]){row->id, row->boot, row->base_ms, row->wall_ms, row->level});
	int status;

	sqlite3_bind_blob(q, 6, row->body, (int)row->len, SQLITE_STATIC);
	status = sql_do(st, PUT);
	sqlite3_bind_null(q, 6);
	return status;
}

int store_next(struct store *st, int64_t id, struct store_row *out)
{
	sql_bind(st, NEXT, 1, &id);
	return read_row(st, NEXT, out);
}

int store_oldest(struct store *st, int64_t id, int64_t level, struct store_row *out)
{
	sql_bind(st, OLDEST, 2, (int64_t[]){id, level});
	return read_row(st, OLDEST, out);
}

int store_delete(struct store *st, int64_t first_id, int64_t last_id)
{
	sql_bind(st, DELETE, 2, (int64_t[]){first_id, last_id});
	return sql_do(st, DELETE);
}

int store_count(struct store *st, int64_t first_id, int64_t last_id, int64_t *rows, int64_t *bytes)
{
	sqlite3_stmt *q = sql_bind(st, COUNT, 2, (int64_t[]){first_id, last_id});
	int status = sql_row(st, COUNT);

	*rows = status ? 0 : sqlite3_column_int64(q, 0);
	*bytes = status ? 0 : sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return status;
}

int store_set_state(struct store *st, const struct store_state *state)
{
	sql_bind(st, STATE, 3, (int64_t[]){state->epoch, state->base, state->next_id});
	return sql_do(st, STATE);
}

int store_put_set(struct store *st, uint32_t number, const char *class_name, uint8_t layout, const char *instance)
{
	sqlite3_stmt *q = sql_bind(st, SET, 2, (int64_t[]){number, layout});

	sqlite3_bind_text(q, 3, class_name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(q, 4, instance, -1, SQLITE_TRANSIENT);
	return sql_do(st, SET);
}

int store_each_set(struct store *st,
        int (*on_set)(void *arg, uint32_t number, const char *class_name, uint8_t layout, const char *instance),
        void *arg)
{
	sqlite3_stmt *q = st->statements[SETS];
	int status;

	while (!(status = sql_row(st, SETS))) {
		const char *class_name = (const char *)sqlite3_column_text(q, 2);
		const char *instance = (const char *)sqlite3_column_text(q, 3);

		status = class_name && instance ? on_set(arg, (uint32_t)sqlite3_column_int64(q, 0), class_name,
		                                          (uint8_t)sqlite3_column_int(q, 1), instance)
		                                : -EILSEQ;
		if (status)
			break;
	}
	sqlite3_reset(q);
	return status == -ENOENT ? 0 : status;
}

int store_put_boot(struct store *st, const uint8_t boot_id[16], const int64_t *offset_ms, int64_t *boot)
{
	sqlite3_stmt *q = st->statements[BOOT];
	int status;

	sqlite3_bind_blob(q, 1, boot_id, 16, SQLITE_TRANSIENT);
	if (offset_ms)
		sqlite3_bind_int64(q, 2, *offset_ms);
	else
		sqlite3_bind_null(q, 2);
	status = sql_do(st, BOOT);
	if (status)
		return status;
	q = st->statements[BOOT_FIND];
	sqlite3_bind_blob(q, 1, boot_id, 16, SQLITE_TRANSIENT);
	status = sql_row(st, BOOT_FIND);
	*boot = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return status;
}

int store_each_boot(struct store *st,
        void (*on_boot)(void *arg, int64_t boot, const uint8_t boot_id[16], const int64_t *offset_ms), void *arg)
{
	sqlite3_stmt *q = st->statements[BOOTS];
	int status;

	while (!(status = sql_row(st, BOOTS))) {
		int64_t offset_ms = sqlite3_column_int64(q, 2);

		if (sqlite3_column_bytes(q, 1) == 16)
			on_boot(arg, sqlite3_column_int64(q, 0), sqlite3_column_blob(q, 1),
			        sqlite3_column_type(q, 2) == SQLITE_NULL ? NULL : &offset_ms);
	}
	sqlite3_reset(q);
	return status == -ENOENT ? 0 : status;
}

static int make_schema(struct store *st)
{
	char text[200];
	int status = sql_run(st, "BEGIN IMMEDIATE");

	snprintf(text, sizeof(text), "INSERT INTO spool VALUES(1, %lld, %lld, %lld)", (long long)chance_u64(),
	        (long long)BASE_FIRST, (long long)BASE_FIRST + 1);
	if (!status)
		status = sql_run(st, schema);
	if (!status)
		status = sql_run(st, text);
	if (!status)
		status = sql_run(st, "COMMIT"); /* nothing is prepared yet */
	else
		sql_run(st, "ROLLBACK");
	return status;
}

/* The first row's columns of a query that is used once. */
static int read_numbers(struct store *st, const char *text, int count, int64_t *out)
{
	sqlite3_stmt *q = NULL;
	int status;

	if (sqlite3_prepare_v2(st->db, text, -1, &q, NULL) != SQLITE_OK)
		return sql_errno(st);
	status = sqlite3_step(q) == SQLITE_ROW ? 0 : sql_errno(st);
	for (int i = 0; i < count && !status; i++)
		out[i] = sqlite3_column_int64(q, i);
	sqlite3_finalize(q);
	return status;
}

static int store_prepare(struct store *st, struct store_state *state)
{
	int64_t version = 0, numbers[3] = {0};
	/* one user of the file: no shared memory; a small cache and log are enough for a row a step */
	int status =
	        sql_run(st, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                    "PRAGMA cache_size = -256; PRAGMA wal_autocheckpoint = 128; PRAGMA temp_store = MEMORY;");

	if (!status)
		status = read_numbers(st, "PRAGMA user_version", 1, &version);
	if (!status && version > SCHEMA_VERSION)
		return -EPROTONOSUPPORT;
	if (!status && !version)
		status = make_schema(st);
	if (!status)
		status = sql_run(st, "DELETE FROM boot WHERE id NOT IN (SELECT boot FROM batch)");
	if (!status)
		status = read_numbers(st, "SELECT epoch, base, next_id FROM spool", 3, numbers);
	*state = (struct store_state){numbers[0], numbers[1], numbers[2]};
	for (int i = 0; i < STATEMENTS && !status; i++)
		if (sqlite3_prepare_v3(st->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &st->statements[i], NULL))
			status = sql_errno(st);
	return status;
}

int store_open(struct store **out, const char *path, struct store_state *state)
{
	struct store *st = mem_alloc(sizeof(*st));

	*out = st;
	if (sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
		return st->db ? sql_errno(st) : -ENOMEM;
	sqlite3_busy_timeout(st->db, 2000);
	return store_prepare(st, state);
}

void store_close(struct store *st)
{
	if (!st)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(st->statements[i]);
	sqlite3_close(st->db);
	buf_free(&st->body);
	free(st);
}

const char *store_error(const struct store *st)
{
	return st->db ? sqlite3_errmsg(st->db) : "no memory";
}
