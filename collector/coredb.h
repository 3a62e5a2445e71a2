/*
 * coredb: <state_dir>/core.db, what core alone knows: users, sessions, tokens, certificates' serials, revocations.
 *
 * One connection, core's loop thread only. SQLite with synchronous=FULL: what a call stored is on disk when it
 * returns. Migrations go by user_version.
 */
#ifndef SANSANG_COREDB_H
#define SANSANG_COREDB_H

#include <sqlite3.h>

/* Makes the file (0600) and its tables where missing. 0 or -errno, logged. */
int coredb_open(sqlite3 **out, const char *path);

/*
 * Runs one statement to its end. `types` names the arguments in order: s text (NULL allowed),
 * i int64_t, b bytes (pointer, size_t). Gives the number of changed rows, or -errno, logged.
 */
int coredb_run(sqlite3 *db, const char *sql, const char *types, ...);
/* The same, for reading: NULL after an error (logged); step it, then sqlite3_finalize. */
sqlite3_stmt *coredb_query(sqlite3 *db, const char *sql, const char *types, ...);
/* A column's text, "" when NULL; borrowed until the next step. */
const char *coredb_text(sqlite3_stmt *st, int column);

#endif
