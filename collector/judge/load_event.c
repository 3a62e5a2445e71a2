/* load_event: what was told in the minutes before a restart is remembered again, for incidents that are about to open. */
#include <errno.h>

#include "collector/judge/event.h"
#include "collector/judge/store_private.h"

static const char *text(sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);
	return s ? s : "";
}

int load_events(struct store *s, struct judge *j)
{
	sqlite3_stmt *st;
	if (sqlite3_prepare_v2(s->db,
	            "SELECT at, kind, subject, text FROM event WHERE node = ?1 AND at > ?2 ORDER BY at, id", -1, &st,
	            NULL))
		return -EIO;
	int rc = 0;
	for (uint32_t k = 0; k < j->fleet.count && !rc; k++) {
		struct judge_node *n = j->fleet.nodes[k];
		sqlite3_bind_int64(st, 1, n->id);
		sqlite3_bind_int64(st, 2, j->now - EVENTS_BEFORE_MS);
		while (sqlite3_step(st) == SQLITE_ROW)
			event_restore(n, sqlite3_column_int64(st, 0), text(st, 1), text(st, 2), text(st, 3));
		rc = sqlite3_reset(st) ? -EIO : 0;
	}
	sqlite3_finalize(st);
	return rc;
}
