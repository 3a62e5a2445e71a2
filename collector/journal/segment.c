#include "collector/journal/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

#define SEGMENT_VERSION 1
#define SEGMENT_CHECKPOINT_PAGES 4000
#define SEGMENT_PATH_SIZE 4096
#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)

enum statement { INSERT_BLOCK, INSERT_KEY, SELECT_FIRST, SELECT_BLOCKS, STATEMENT_COUNT };

static const char *const statement_text[STATEMENT_COUNT] = {
        [INSERT_BLOCK] = "INSERT INTO block(first, last, at, data) VALUES(?, ?, ?, ?)",
        [INSERT_KEY] = "INSERT INTO keyed(key, id) VALUES(?, ?)",
        [SELECT_FIRST] = "SELECT max(first) FROM block WHERE first <= ?",
        [SELECT_BLOCKS] = "SELECT first, last, data FROM block WHERE first >= ? AND last > ? ORDER BY first",
};

static const char tables[] = "CREATE TABLE block(first INTEGER PRIMARY KEY, last INTEGER NOT NULL,"
                             " at INTEGER NOT NULL, data BLOB NOT NULL);"
                             "CREATE TABLE start(id INTEGER PRIMARY KEY CHECK(id = 1), data BLOB NOT NULL);"
                             "CREATE TABLE keyed(key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;"
                             "PRAGMA application_id = 1397965645;"
                             "PRAGMA user_version = " STRING(SEGMENT_VERSION);

struct segment {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	bool begun; /* its tables were seen */
	char path[SEGMENT_PATH_SIZE];
};

/* ---- errors ---- */

static int errno_of(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EAGAIN;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return db && sqlite3_system_errno(db) == ENOSPC ? -ENOSPC : -EIO;
	}
	return -EIO;
}

/* Says what failed; lack of room is said by the appender, once. */
static int failed(struct segment *s, const char *what, int rc)
{
	int err = errno_of(s->db, rc);

	if (err != -ENOSPC)
		log_error("journal segment %s: cannot %s: %s", s->path, what,
		        s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
	return err ? err : -EIO;
}

static int execute(struct segment *s, const char *what, const char *sql)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : failed(s, what, rc);
}

/* The prepared statement, reset and unbound; NULL after an error in *err. */
static sqlite3_stmt *statement(struct segment *s, enum statement which, int *err)
{
	sqlite3_stmt **st = &s->statements[which];

	*err = 0;
	if (!*st) {
		int rc = sqlite3_prepare_v3(s->db, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
		if (rc != SQLITE_OK)
			*err = failed(s, "read its tables", rc);
	}
	return *st;
}

/* ---- opening ---- */

void segment_path(const char *dir, int64_t first, char *out, size_t size)
{
	snprintf(out, size, "%s/%016lld.seg", dir, (long long)first);
}

static int set_up(struct segment *s, enum segment_mode mode)
{
	sqlite3_busy_timeout(s->db, 5000);
	if (mode == SEGMENT_READ)
		return 0;
	char sql[256];
	snprintf(sql, sizeof(sql),
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = %d;"
	        "PRAGMA journal_size_limit = %d; PRAGMA cache_size = -1024",
	        SEGMENT_CHECKPOINT_PAGES, SEGMENT_CHECKPOINT_PAGES * 4096);
	return execute(s, "set it up", sql);
}

int segment_open(struct segment **out, const char *dir, int64_t first, enum segment_mode mode)
{
	struct segment *s = mem_alloc(sizeof(*s));
	int flags = SQLITE_OPEN_NOMUTEX |
	            (mode == SEGMENT_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

	*out = NULL;
	segment_path(dir, first, s->path, sizeof(s->path));
	if (mode == SEGMENT_READ && access(s->path, F_OK)) {
		free(s);
		return -ENOENT;
	}
	int rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
	int err = rc == SQLITE_OK ? set_up(s, mode) : failed(s, "open it", rc);
	if (err) {
		segment_close(s);
		return err;
	}
	*out = s;
	return 0;
}

void segment_close(struct segment *s)
{
	if (!s)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close_v2(s->db);
	free(s);
}

void segment_seal(struct segment *s)
{
	/* a follower in the middle of a read makes this fail: its content stays in the log, nothing is lost */
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

bool segment_begun(struct segment *s)
{
	sqlite3_stmt *st;

	if (s->begun)
		return true;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	        sqlite3_step(st) == SQLITE_ROW)
		s->begun = sqlite3_column_int(st, 0) == SEGMENT_VERSION;
	sqlite3_finalize(st);
	return s->begun;
}

/* ---- appending ---- */

int segment_begin(struct segment *s)
{
	return execute(s, "begin a transaction", "BEGIN IMMEDIATE");
}

static int finish(struct segment *s, sqlite3_stmt *st, const char *what)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return rc == SQLITE_DONE ? 0 : failed(s, what, rc);
}

int segment_put_start(struct segment *s, const struct buf *start)
{
	sqlite3_stmt *st;
	int err = execute(s, "make its tables", tables);

	if (err)
		return err;
	int rc = sqlite3_prepare_v2(s->db, "INSERT INTO start(id, data) VALUES(1, ?)", -1, &st, NULL);
	if (rc != SQLITE_OK)
		return failed(s, "write its start", rc);
	sqlite3_bind_blob64(st, 1, start->len ? (const void *)start->data : "", start->len, SQLITE_STATIC);
	err = finish(s, st, "write its start");
	sqlite3_finalize(st);
	return err;
}

int segment_put_block(struct segment *s, int64_t first, int64_t last, int64_t at_ms, const struct buf *data)
{
	int err;
	sqlite3_stmt *st = statement(s, INSERT_BLOCK, &err);

	if (!st)
		return err;
	sqlite3_bind_int64(st, 1, first);
	sqlite3_bind_int64(st, 2, last);
	sqlite3_bind_int64(st, 3, at_ms);
	sqlite3_bind_blob64(st, 4, data->data, data->len, SQLITE_STATIC);
	return finish(s, st, "write a block");
}

int segment_put_key(struct segment *s, const char *key, int64_t id)
{
	int err;
	sqlite3_stmt *st = statement(s, INSERT_KEY, &err);

	if (!st)
		return err;
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, id);
	return finish(s, st, "write a key");
}

int segment_commit(struct segment *s)
{
	int err = execute(s, "commit", "COMMIT");

	if (err)
		segment_roll_back(s);
	else
		s->begun = true;
	return err;
}

void segment_roll_back(struct segment *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- reading ---- */

int segment_last(struct segment *s, int64_t *last, int64_t *at_ms)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(s->db, "SELECT last, at FROM block ORDER BY first DESC LIMIT 1", -1, &st, NULL);

	*last = *at_ms = 0;
	if (rc != SQLITE_OK)
		return failed(s, "read its blocks", rc);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*last = sqlite3_column_int64(st, 0);
		*at_ms = sqlite3_column_int64(st, 1);
	}
	int err = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : failed(s, "read its blocks", rc);
	sqlite3_finalize(st);
	return err;
}

int segment_start(struct segment *s, struct buf *out)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(s->db, "SELECT data FROM start WHERE id = 1", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return failed(s, "read its start", rc);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		buf_put(out, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	int err = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : failed(s, "read its start", rc);
	sqlite3_finalize(st);
	return err;
}

int segment_keys(struct segment *s, void (*on_key)(const char *key, int64_t id, void *arg), void *arg)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(s->db, "SELECT key, id FROM keyed", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return failed(s, "read its keys", rc);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		on_key((const char *)sqlite3_column_text(st, 0), sqlite3_column_int64(st, 1), arg);
	int err = rc == SQLITE_DONE ? 0 : failed(s, "read its keys", rc);
	sqlite3_finalize(st);
	return err;
}

/* First id of the block that holds or follows the record after `id`. */
static int find_block(struct segment *s, int64_t id, int64_t *first)
{
	int err;
	sqlite3_stmt *st = statement(s, SELECT_FIRST, &err);

	if (!st)
		return err;
	sqlite3_bind_int64(st, 1, id + 1);
	int rc = sqlite3_step(st);
	*first = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : failed(s, "look for a block", rc);
}

int segment_read(struct segment *s, int64_t id, struct buf *data, size_t bytes, struct block *blocks, int max)
{
	int64_t first;
	int count = 0, err = find_block(s, id, &first), rc = SQLITE_DONE;
	sqlite3_stmt *st = err ? NULL : statement(s, SELECT_BLOCKS, &err);

	if (!st)
		return err;
	sqlite3_bind_int64(st, 1, first);
	sqlite3_bind_int64(st, 2, id);
	while (count < max && data->len < bytes && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct block *b = &blocks[count++];
		b->first = sqlite3_column_int64(st, 0);
		b->last = sqlite3_column_int64(st, 1);
		b->at = data->len;
		buf_put(data, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
		b->len = data->len - b->at;
	}
	/* reset at once: an open read keeps the appender from folding its log */
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? count : failed(s, "read its blocks", rc);
}

/* ---- files ---- */

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int segment_list(const char *dir, int64_t **firsts, size_t *count)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t room = 0;

	*firsts = NULL;
	*count = 0;
	if (!d)
		return -errno;
	while ((entry = readdir(d))) {
		char *end;
		long long first = strtoll(entry->d_name, &end, 10);
		if (end != entry->d_name + 16 || strcmp(end, ".seg") || first <= 0)
			continue;
		if (*count == room) {
			room = room ? room * 2 : 16;
			*firsts = mem_grow(*firsts, room, sizeof(**firsts));
		}
		(*firsts)[(*count)++] = first;
	}
	closedir(d);
	if (*count)
		qsort(*firsts, *count, sizeof(**firsts), compare_ids);
	return 0;
}

static const char *const suffixes[] = {"-wal", "-shm", ""}; /* the file itself last: until then it can be read */

int64_t segment_bytes(const char *dir, int64_t first)
{
	char path[SEGMENT_PATH_SIZE + 8];
	struct stat st;
	int64_t sum = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		segment_path(dir, first, path, SEGMENT_PATH_SIZE);
		strcat(path, suffixes[i]);
		if (!stat(path, &st))
			sum += st.st_size;
	}
	return sum;
}

int segment_remove(const char *dir, int64_t first)
{
	char path[SEGMENT_PATH_SIZE];

	segment_path(dir, first, path, sizeof(path));
	/* the file first: without it nobody looks at the log */
	int err = unlink(path) ? -errno : 0;
	if (err)
		log_error("journal segment %s cannot be removed: %s", path, strerror(-err));
	for (size_t i = 0; i < 2; i++) {
		char side[SEGMENT_PATH_SIZE + 8];
		snprintf(side, sizeof(side), "%s%s", path, suffixes[i]);
		unlink(side);
	}
	return err;
}

int segment_set_aside(const char *dir, int64_t first)
{
	char path[SEGMENT_PATH_SIZE], from[SEGMENT_PATH_SIZE + 8], to[SEGMENT_PATH_SIZE + 16];
	int err = 0;

	segment_path(dir, first, path, sizeof(path));
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s.bad%s", path, suffixes[i]);
		if (rename(from, to) && errno != ENOENT)
			err = -errno;
	}
	return err;
}
