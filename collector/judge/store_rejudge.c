#include <errno.h>

#include "collector/judge/rejudge.h"
#include "collector/judge/store_private.h"

static int put_gaps(struct store *s, const struct judge *j)
{
	sqlite3_stmt *st = s->statements[PUT_GAP];
	int rc = store_step(s, s->statements[CLEAR_GAPS]);
	for (size_t k = 0; k < j->gap_count && !rc; k++) {
		sqlite3_bind_int64(st, 1, j->gaps[k].check->id);
		sqlite3_bind_int64(st, 2, j->gaps[k].start);
		sqlite3_bind_int64(st, 3, j->gaps[k].stop);
		store_bind_text(st, 4, j->gaps[k].incident->id);
		rc = store_step(s, st);
	}
	return rc;
}

int store_rejudged(struct store *s, const struct judge *j)
{
	sqlite3_stmt *st = s->statements[PUT_REJUDGED];
	int rc = j->gaps_dirty ? put_gaps(s, j) : 0;
	for (size_t k = 0; k < j->rejudged_count && !rc; k++) {
		store_bind_text(st, 1, j->rejudged[k].site);
		sqlite3_bind_int64(st, 2, j->rejudged[k].since);
		rc = store_step(s, st);
	}
	return rc;
}

static struct judge_check *check_by_id(const struct judge *j, int64_t id)
{
	for (uint32_t k = 0; k < j->fleet.count; k++)
		for (uint32_t m = 0; m < j->fleet.nodes[k]->check_count; m++)
			if (j->fleet.nodes[k]->checks[m]->id == id)
				return j->fleet.nodes[k]->checks[m];
	return NULL;
}

int load_gaps(struct store *s, struct judge *j)
{
	sqlite3_stmt *st;
	j->awaiting = true;
	if (sqlite3_prepare_v2(
	            s->db, "SELECT check_id, start, stop, incident FROM gap ORDER BY check_id, start", -1, &st, NULL))
		return -EIO;
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct judge_check *c = check_by_id(j, sqlite3_column_int64(st, 0));
		struct incident *i = incident_find(&j->incidents, (const char *)sqlite3_column_text(st, 3));
		if (c && i)
			rejudge_restore(j, c, sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2), i);
	}
	return sqlite3_finalize(st) ? -EIO : 0;
}
