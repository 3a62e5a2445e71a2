#include "collector/view/rows.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/memory.h"

struct rows {
	char *state_path, *outbox_path;
	sqlite3 *state, *outbox;
	sqlite3_stmt *statements[QUERY_COUNT], *mails;
};

#define CHECK_COLUMNS                                                                                                  \
	"SELECT node, kind, instance, step_ms, state, reason, since, at, value0, value1, terminal FROM check_state "

#define INCIDENTS "SELECT id, body FROM incident "
#define EVENTS "SELECT at, kind, subject, text FROM event WHERE node = ?1 AND "
#define LINES "SELECT n.site, c.instance, c.terminal"
#define LATEST " ORDER BY at DESC, id DESC "
#define NEWEST " ORDER BY opened_at DESC, id "

static const char *const texts[QUERY_COUNT] = {
        [QUERY_NODES] = "SELECT id, name, link, link_at, life_at, sample_at, software, skew_ms, backlog, "
                        "config_version FROM node",
        /* interfaces and agents' own paths colour nothing */
        [QUERY_CHECKS] = CHECK_COLUMNS "WHERE kind IN (0, 3, 4, 5, 6, 7, 8, 9) OR terminal",
        [QUERY_NODE_CHECKS] = CHECK_COLUMNS "WHERE node = ?1",
        [QUERY_META] = "SELECT value FROM meta WHERE key = ?1",
        [QUERY_INCIDENTS_OPEN] = INCIDENTS "WHERE open" NEWEST "LIMIT 5000",
        [QUERY_INCIDENTS_ALL] = INCIDENTS NEWEST "LIMIT 1000",
        [QUERY_INCIDENT] = INCIDENTS "WHERE id = ?1",
        [QUERY_UNIT_INCIDENTS] = INCIDENTS "WHERE site IS ?1 AND (?1 IS NOT NULL OR open)" NEWEST "LIMIT 20",
        [QUERY_OPEN_COUNTS] = "SELECT site, count(*) FROM incident WHERE open GROUP BY site",
        [QUERY_ACTS] = "SELECT at, by, act, text FROM incident_act WHERE incident = ?1 ORDER BY at, rowid",
        [QUERY_STILL_DOWN] =
                "SELECT c.kind, c.instance, n.name, c.state, c.since, c.at, c.step_ms, n.link FROM trouble t "
                "JOIN check_state c ON c.id = t.check_id JOIN node n ON n.id = c.node "
                "WHERE t.incident = ?1 AND t.main ORDER BY t.since, c.id LIMIT 200",
        [QUERY_MERGED] = "SELECT id FROM incident WHERE state = 'merged' AND opened_at >= ?2 AND "
                         "json_extract(body, '$.merged_into') = ?1 ORDER BY opened_at, id LIMIT 200",
        [QUERY_EXCUSES] = "SELECT body FROM excuse WHERE kind = ?1 AND until > ?2 ORDER BY start DESC, id LIMIT 2000",
        [QUERY_EXCUSE] = "SELECT body FROM excuse WHERE id = ?1",
        [QUERY_EVENTS] = EVENTS "(?2 IS NULL OR kind = ?2) AND at >= ?3 AND at < ?4" LATEST "LIMIT ?5",
        [QUERY_INCIDENTS_SPAN] = INCIDENTS "WHERE opened_at < ?2 AND (open OR resolved_at > ?1) ORDER BY opened_at, id",
        /* every check of the site as it was at ?1: by the stretch that covers it, or as it is since before */
        [QUERY_MEASURED] = "SELECT n.name, c.kind, c.instance, c.step_ms, c.state, c.reason, c.since, c.at, i.state, "
                           "i.reason, i.start, i.stop FROM check_state c JOIN node n ON n.id = c.node LEFT JOIN "
                           "interval i ON i.check_id = c.id AND i.start = (SELECT max(start) FROM interval WHERE "
                           "check_id = c.id AND start <= ?1) WHERE n.site = ?2 OR c.terminal",
        [QUERY_LINES_WERE_UP] =
                LINES ", i.start, i.stop FROM check_state c JOIN node n ON n.id = c.node JOIN interval "
                      "i ON i.check_id = c.id WHERE (c.kind = 3 OR c.terminal) AND i.start < ?2 AND i.stop "
                      "> ?1 AND i.state IN (1, 2)",
        [QUERY_LINES_ARE_UP] = LINES ", c.since, c.at + c.step_ms FROM check_state c JOIN node n ON n.id = c.node "
                                     "WHERE (c.kind = 3 OR c.terminal) AND c.since < ?2 AND c.state IN (1, 2)",
        [QUERY_COMPLAINTS] = "SELECT body FROM complaint WHERE filed_at >= ?1 AND (?2 IS NULL OR site = ?2) AND (NOT "
                             "?3 OR found IN ('nothing', 'unmeasured')) ORDER BY filed_at DESC, id LIMIT 1000",
        [QUERY_COMPLAINT] = "SELECT body FROM complaint WHERE id = ?1",
        [QUERY_DRILLS] = "SELECT body FROM drill WHERE ?1 IS NULL OR state = ?1 ORDER BY start DESC, id LIMIT 1000",
        [QUERY_DRILL] = "SELECT body FROM drill WHERE id = ?1",
        [QUERY_LAST_EVENT] = EVENTS "kind = ?2 AND subject = ?3" LATEST "LIMIT 1",
};

struct rows *rows_new(const char *state_db, const char *outbox_db)
{
	struct rows *r = mem_alloc(sizeof *r);
	r->state_path = mem_str(state_db);
	r->outbox_path = mem_str(outbox_db);
	return r;
}

static void state_close(struct rows *r)
{
	for (int q = 0; q < QUERY_COUNT; q++) {
		sqlite3_finalize(r->statements[q]);
		r->statements[q] = NULL;
	}
	sqlite3_close(r->state);
	r->state = NULL;
}

static void outbox_close(struct rows *r)
{
	sqlite3_finalize(r->mails);
	r->mails = NULL;
	sqlite3_close(r->outbox);
	r->outbox = NULL;
}

void rows_free(struct rows *r)
{
	state_close(r);
	outbox_close(r);
	free(r->state_path);
	free(r->outbox_path);
	free(r);
}

static sqlite3 *database_open(const char *path)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL)) {
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, 1000);
	return db;
}

sqlite3_stmt *rows_query(struct rows *r, enum rows_query q)
{
	if (!r->state && !(r->state = database_open(r->state_path)))
		return NULL;
	if (!r->statements[q] &&
	        sqlite3_prepare_v3(r->state, texts[q], -1, SQLITE_PREPARE_PERSISTENT, &r->statements[q], NULL)) {
		/* judge has not made its tables yet: a fresh connection next time */
		state_close(r);
		return NULL;
	}
	sqlite3_reset(r->statements[q]);
	return r->statements[q];
}

int64_t rows_mails(struct rows *r, const char *incident)
{
	static const char text[] = "SELECT count(*) FROM outbox WHERE incident = ?1 AND contact NOT LIKE 'hook:%' AND "
	                           "(state = 'sent' OR (state = 'listed' AND sent_at IS NOT NULL))";
	int64_t count = 0;
	if (!r->outbox && !(r->outbox = database_open(r->outbox_path)))
		return 0;
	if (!r->mails && sqlite3_prepare_v3(r->outbox, text, -1, SQLITE_PREPARE_PERSISTENT, &r->mails, NULL)) {
		outbox_close(r);
		return 0;
	}
	sqlite3_bind_text(r->mails, 1, incident, -1, SQLITE_STATIC);
	if (sqlite3_step(r->mails) == SQLITE_ROW)
		count = sqlite3_column_int64(r->mails, 0);
	sqlite3_reset(r->mails);
	return count;
}

const char *rows_text(sqlite3_stmt *st, int column)
{
	const char *t = (const char *)sqlite3_column_text(st, column);
	return t ? t : "";
}
