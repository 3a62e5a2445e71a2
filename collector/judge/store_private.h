/* store_private: what store.c and load.c share. */
#ifndef SANSANG_JUDGE_STORE_PRIVATE_H
#define SANSANG_JUDGE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "collector/judge/store.h"

enum store_statement {
	PUT_META,
	PUT_NODE,
	PUT_CHECK,
	PUT_INTERVAL,
	PUT_HOUR,
	PUT_INCIDENT,
	PUT_ACT,
	PUT_TROUBLE,
	CLEAR_TROUBLES,
	PUT_CONCLUSION,
	NEXT_CONCLUSION,
	DROP_CONCLUSION,
	DROP_INTERVALS,
	DROP_HOURS,
	PUT_EVENT,
	CUT_EVENTS,
	DROP_EVENTS,
	PUT_GAP,
	CLEAR_GAPS,
	PUT_REJUDGED,
	PUT_COMPLAINT,
	DROP_COMPLAINTS,
	PUT_DRILL,
	DROP_DRILLS,
	PUT_EXCUSE,
	GET_INTERVALS,
	STATEMENT_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct buf scratch;
	uint32_t pruned; /* node whose old history was dropped last */
};

#define MEMORY_VERSION 2 /* 1: the usual round trip in the place of the quality */

/* One step of a statement that gives no row, reset. 0 or -EIO, logged. */
int store_step(struct store *s, sqlite3_stmt *st);
void store_bind_text(sqlite3_stmt *st, int column, const char *text);
/* store_event.c: what agents told since the last commit; keeps each node's table row count bounded. 0 or -EIO. */
int store_events(struct store *s, const struct judge *j);
/* store_incident.c: what changed since the last commit; a changed incident owes its conclusions. 0 or -EIO. */
int store_acts(struct store *s, const struct judge *j);
int store_excuses(struct store *s, struct judge *j);
int store_incidents(struct store *s, struct judge *j);
/* store_rejudge.c: stretches that wait for a final cause, and sites whose minutes are others than they were. 0 or -EIO. */
int store_rejudged(struct store *s, const struct judge *j);
/* After checks and incidents. 0 or -EIO. */
int load_gaps(struct store *s, struct judge *j);
/* load_event.c: what nodes told lately, for incidents that are about to open; after the meta rows. 0 or -EIO. */
int load_events(struct store *s, struct judge *j);
/* store_complaint.c: user reports and drills that changed, each with its conclusion. 0 or -EIO. */
int store_complaints(struct store *s, struct judge *j);
int store_drills(struct store *s, struct judge *j);
/* Those that may still change; after the meta rows. 0 or -EIO. */
int load_complaints(struct store *s, struct judge *j);
int load_drills(struct store *s, struct judge *j);

#endif
