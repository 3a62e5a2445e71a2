/*
 * rows: judge's tables, read for the questions of view.h. Cached statements on a read-only connection, opened again
 * when the file appears or was replaced. Runs in core and web.
 */
#ifndef SANSANG_VIEW_ROWS_H
#define SANSANG_VIEW_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/judge/rollup.h"

enum rows_query {
	QUERY_NODES,
	QUERY_CHECKS,
	QUERY_NODE_CHECKS,
	QUERY_META,
	QUERY_INCIDENTS_OPEN,
	QUERY_INCIDENTS_ALL,
	QUERY_INCIDENT,
	QUERY_UNIT_INCIDENTS,
	QUERY_OPEN_COUNTS,
	QUERY_ACTS,
	QUERY_STILL_DOWN,
	QUERY_MERGED,
	QUERY_EXCUSES,
	QUERY_EXCUSE,
	QUERY_EVENTS,
	QUERY_LAST_EVENT,
	QUERY_INCIDENTS_SPAN,
	QUERY_MEASURED,
	QUERY_LINES_WERE_UP,
	QUERY_LINES_ARE_UP,
	QUERY_COMPLAINTS,
	QUERY_COMPLAINT,
	QUERY_DRILLS,
	QUERY_DRILL,
	QUERY_COUNT
};

struct rows;

/* Paths are copied; files may be missing. */
struct rows *rows_new(const char *state_db, const char *outbox_db);
void rows_free(struct rows *r);
/* A reset statement, ready to bind and step; NULL while there is no database. Reset it when done. */
sqlite3_stmt *rows_query(struct rows *r, enum rows_query q);
/* Mails sent about the incident; 0 while there is no outbox. */
int64_t rows_mails(struct rows *r, const char *incident);
/* Column text, "" when NULL. Valid until the next step. */
const char *rows_text(sqlite3_stmt *st, int column);

#endif
