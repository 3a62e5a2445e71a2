#include "collector/coredb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/log.h"

/* Step i brings version i to i + 1. */
static const char *const migrations[] = {
        "CREATE TABLE user(name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, made_at INTEGER NOT NULL);"
        "CREATE TABLE session(hash BLOB PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, address TEXT NOT NULL,"
        " expires_at INTEGER NOT NULL);"
        "CREATE TABLE token(hash BLOB PRIMARY KEY, node TEXT NOT NULL, made_by TEXT NOT NULL, made_at INTEGER NOT NULL,"
        " expires_at INTEGER NOT NULL, used_at INTEGER NOT NULL DEFAULT 0, used_from TEXT NOT NULL DEFAULT '');"
        /* next: the serial of a renewal that has not been used yet */
        "CREATE TABLE certificate(node TEXT PRIMARY KEY, serial TEXT NOT NULL, next TEXT NOT NULL DEFAULT '',"
        " issued_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL DEFAULT 0);"
        "CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL);",
        /* of the public key that the token enrolled: the same one may have its certificate again */
        "ALTER TABLE token ADD COLUMN used_key BLOB;",
};

/* Sessions made while the disk takes no more; `sessions` is both kinds. */
static const char brief[] =
        "PRAGMA temp_store = MEMORY;"
        "CREATE TEMP TABLE session_brief(hash BLOB PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL,"
        " address TEXT NOT NULL, expires_at INTEGER NOT NULL);"
        "CREATE TEMP VIEW sessions AS SELECT * FROM session UNION ALL SELECT * FROM session_brief;";

#define VERSION ((int)(sizeof(migrations) / sizeof(*migrations)))

static int failed(sqlite3 *db, const char *what)
{
	int full = (sqlite3_errcode(db) & 0xff) == SQLITE_FULL;

	log_error("core.db: cannot %s: %s", what, sqlite3_errmsg(db));
	return full ? -ENOSPC : -EIO;
}

static int migrate(sqlite3 *db)
{
	sqlite3_stmt *st = coredb_query(db, "PRAGMA user_version", "");
	int version = st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;

	sqlite3_finalize(st);
	if (version < 0)
		return -EIO;
	if (version > VERSION) {
		log_error("core.db was written by a newer version (%d, this one knows %d)", version, VERSION);
		return -EINVAL;
	}
	for (; version < VERSION; version++) {
		char set[64];
		snprintf(set, sizeof(set), "PRAGMA user_version = %d; COMMIT", version + 1);
		if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
		        sqlite3_exec(db, migrations[version], NULL, NULL, NULL) ||
		        sqlite3_exec(db, set, NULL, NULL, NULL))
			return failed(db, "bring its tables up to date");
	}
	return 0;
}

int coredb_open(sqlite3 **out, const char *path)
{
	mode_t mask = umask(0077);
	int rc = sqlite3_open_v2(path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*out, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL);
	int err = rc == SQLITE_OK ? migrate(*out) : failed(*out, "open it");
	if (!err && sqlite3_exec(*out, brief, NULL, NULL, NULL))
		err = failed(*out, "make its tables in memory");
	umask(mask);
	if (err) {
		sqlite3_close(*out);
		*out = NULL;
	}
	return err;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK) {
		failed(db, sql);
		return NULL;
	}
	for (int i = 0; types[i]; i++) {
		if (types[i] == 's') {
			sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
		} else if (types[i] == 'i') {
			sqlite3_bind_int64(st, i + 1, va_arg(args, int64_t));
		} else {
			const void *data = va_arg(args, const void *);
			sqlite3_bind_blob64(st, i + 1, data, va_arg(args, size_t), SQLITE_TRANSIENT);
		}
	}
	return st;
}

sqlite3_stmt *coredb_query(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	sqlite3_stmt *st = prepare(db, sql, types, args);
	va_end(args);
	return st;
}

int coredb_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	sqlite3_stmt *st = prepare(db, sql, types, args);
	va_end(args);
	if (!st)
		return -EIO;
	int rc = sqlite3_step(st);
	int changed = rc == SQLITE_DONE ? sqlite3_changes(db) : failed(db, sql);
	sqlite3_finalize(st);
	return changed;
}

const char *coredb_text(sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return text ? (const char *)text : "";
}
