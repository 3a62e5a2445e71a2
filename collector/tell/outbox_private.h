/*
 * outbox_private: the database behind outbox.h, for the files of tell that keep tables of their own in it.
 * Everything here runs in the caller's transaction (outbox_begin).
 */
#ifndef SANSANG_TELL_OUTBOX_PRIVATE_H
#define SANSANG_TELL_OUTBOX_PRIVATE_H

#include <sqlite3.h>

#include "collector/tell/outbox.h"

/* Makes the tables or brings older ones up to date. 0 or -errno, logged. */
int outbox_schema(sqlite3 *db);

sqlite3 *outbox_db(struct outbox *o);
/*
 * A statement with its values bound by `types`: 's' const char * (NULL is null), 'i' int64_t. Strings are borrowed until the
 * statement is finalized. NULL with the error logged.
 */
sqlite3_stmt *outbox_query(struct outbox *o, const char *sql, const char *types, ...);
/* Steps a statement that gives no rows and finalizes it; NULL is an error too. The number of rows changed, or -errno, logged. */
int outbox_run(struct outbox *o, sqlite3_stmt *s);
/* The first column of the only row as a number, `otherwise` when there is none or it is null; finalizes. */
int64_t outbox_number(sqlite3_stmt *s, int64_t otherwise);
/* Of a row's column, "" for null; until the next step. */
const char *outbox_text(sqlite3_stmt *s, int column);
int64_t outbox_last_row(struct outbox *o);

#endif
