#include "collector/series/book.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

#define BOOK_VERSION 1

struct book {
	sqlite3 *db;
};

static const char schema[] = "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), cursor INTEGER NOT NULL, "
                             "generation INTEGER NOT NULL, digest TEXT NOT NULL);"
                             "INSERT INTO state VALUES(1, 0, 0, '');"
                             "CREATE TABLE file(path TEXT PRIMARY KEY, layout TEXT NOT NULL) WITHOUT ROWID;"
                             "PRAGMA user_version = 1;";

static int failed(struct book *b, const char *what)
{
	log_error("series: %s: %s", what, sqlite3_errmsg(b->db));
	return (sqlite3_errcode(b->db) & 0xff) == SQLITE_FULL ? -ENOSPC : -EIO;
}

static int book_version(struct book *b)
{
	sqlite3_stmt *s;
	int version = -1;

	if (sqlite3_prepare_v2(b->db, "PRAGMA user_version", -1, &s, NULL))
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return version;
}

static int book_prepare(struct book *b, struct book_state *state)
{
	sqlite3_stmt *s;
	int err = 0;

	if (sqlite3_exec(b->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;",
	            NULL, NULL, NULL))
		return failed(b, "cannot open its database");
	int version = book_version(b);
	if (version > BOOK_VERSION || version < 0) {
		log_error("series: its database is of version %d, this program knows %d", version, BOOK_VERSION);
		return -EPROTO;
	}
	if (version == 0 && sqlite3_exec(b->db, "BEGIN", NULL, NULL, NULL) == 0 &&
	        (sqlite3_exec(b->db, schema, NULL, NULL, NULL) || sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL)))
		return failed(b, "cannot make its database");
	if (sqlite3_prepare_v2(b->db, "SELECT cursor, generation, digest FROM state", -1, &s, NULL))
		return failed(b, "cannot read its cursor");
	if (sqlite3_step(s) == SQLITE_ROW) {
		state->cursor = sqlite3_column_int64(s, 0);
		state->generation = (uint64_t)sqlite3_column_int64(s, 1);
		snprintf(state->digest, sizeof(state->digest), "%s", (const char *)sqlite3_column_text(s, 2));
	} else {
		err = failed(b, "cannot read its cursor");
	}
	sqlite3_finalize(s);
	return err;
}

int book_open(struct book **out, const char *path, struct book_state *state)
{
	struct book *b = mem_alloc(sizeof(*b));
	int err;

	*state = (struct book_state){0};
	if (sqlite3_open_v2(path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		err = failed(b, path);
	else
		err = book_prepare(b, state);
	if (err)
		book_close(b);
	else
		*out = b;
	return err;
}

void book_layout(struct book *b, const char *path, char *layout, size_t size)
{
	sqlite3_stmt *s;

	*layout = 0;
	if (sqlite3_prepare_v2(b->db, "SELECT layout FROM file WHERE path = ?", -1, &s, NULL)) {
		failed(b, "cannot read a layout");
		return;
	}
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		snprintf(layout, size, "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
}

static int commit_files(struct book *b, const struct book_layout *fresh, size_t count)
{
	sqlite3_stmt *s;
	int rc = SQLITE_DONE;

	if (sqlite3_prepare_v2(b->db, "INSERT OR REPLACE INTO file VALUES(?, ?)", -1, &s, NULL))
		return -EIO;
	for (size_t i = 0; i < count && rc == SQLITE_DONE; i++) {
		sqlite3_bind_text(s, 1, fresh[i].path, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, fresh[i].layout, -1, SQLITE_STATIC);
		rc = sqlite3_step(s);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int commit_state(struct book *b, const struct book_state *state)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(b->db, "UPDATE state SET cursor = ?, generation = ?, digest = ?", -1, &s, NULL))
		return -EIO;
	sqlite3_bind_int64(s, 1, state->cursor);
	sqlite3_bind_int64(s, 2, (int64_t)state->generation);
	sqlite3_bind_text(s, 3, state->digest, -1, SQLITE_STATIC);
	int rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int book_commit(struct book *b, const struct book_state *state, const struct book_layout *fresh, size_t count)
{
	int err = 0;

	if (sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) || commit_files(b, fresh, count) ||
	        commit_state(b, state) || sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL)) {
		err = failed(b, "cannot commit its cursor");
		sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return err;
}

void book_close(struct book *b)
{
	if (!b)
		return;
	sqlite3_close(b->db);
	free(b);
}
