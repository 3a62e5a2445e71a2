#include <errno.h>
#include <stddef.h>

#include "collector/tell/outbox_private.h"
#include "common/log.h"

/* One step a version; each leaves user_version one higher. */
static const char *const steps[] = {
        /* 1 */
        "CREATE TABLE cursor(id INTEGER NOT NULL);"
        "INSERT INTO cursor VALUES(0);"
        "CREATE TABLE outbox(id INTEGER PRIMARY KEY, incident TEXT NOT NULL, kind TEXT NOT NULL, contact TEXT NOT NULL,"
        " state TEXT NOT NULL DEFAULT 'queued', created_at INTEGER NOT NULL, due_at INTEGER NOT NULL DEFAULT 0,"
        " attempts INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0, sent_at INTEGER, late INTEGER NOT "
        "NULL DEFAULT 0,"
        " told INTEGER NOT NULL DEFAULT 0, error TEXT, body TEXT NOT NULL, UNIQUE(incident, kind, contact));"
        "CREATE INDEX outbox_waiting ON outbox(state, id) WHERE state IN ('queued', 'sending');"
        "CREATE INDEX outbox_untold ON outbox(id) WHERE state = 'sent' AND told = 0;",
        /* 2: webhooks, lists, threads that outlive a merge; what is known of incidents and drills */
        "ALTER TABLE outbox ADD COLUMN hook INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE outbox ADD COLUMN site TEXT;"
        "ALTER TABLE outbox ADD COLUMN root TEXT;"
        "ALTER TABLE outbox ADD COLUMN list INTEGER;"
        "UPDATE outbox SET root = 'open.' || incident || '.' || contact WHERE kind <> 'open';"
        "DROP INDEX outbox_untold;"
        "CREATE INDEX outbox_untold ON outbox(id) WHERE state IN ('sent', 'listed') AND told = 0 AND sent_at IS NOT "
        "NULL;"
        "CREATE INDEX outbox_held ON outbox(contact, created_at) WHERE state = 'held';"
        "CREATE INDEX outbox_opening ON outbox(contact, created_at) WHERE site IS NOT NULL;"
        "CREATE INDEX outbox_list ON outbox(list) WHERE list IS NOT NULL;"
        "CREATE TABLE known(id TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL, alarm INTEGER NOT NULL,"
        " open INTEGER NOT NULL, routed INTEGER NOT NULL DEFAULT 0, news INTEGER NOT NULL DEFAULT 0, since INTEGER,"
        " step INTEGER NOT NULL DEFAULT 0, step_due INTEGER) WITHOUT ROWID;"
        "CREATE INDEX known_due ON known(step_due) WHERE step_due IS NOT NULL;"
        "CREATE TABLE drill(id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE fact(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
};
#define STEP_COUNT ((int)(sizeof(steps) / sizeof(*steps)))

static int run(sqlite3 *db, const char *sql)
{
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		return 0;
	log_error("outbox: schema: %s", sqlite3_errmsg(db));
	return code == SQLITE_FULL ? -ENOSPC : -EIO;
}

static int step_take(sqlite3 *db, int version)
{
	char pragma[48];
	int status = run(db, "BEGIN IMMEDIATE");

	if (status)
		return status;
	sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %d", version + 1);
	status = run(db, steps[version]);
	if (!status)
		status = run(db, pragma);
	if (!status)
		return run(db, "COMMIT");
	run(db, "ROLLBACK");
	return status;
}

int outbox_schema(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int version = 0, status = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	if (version > STEP_COUNT) {
		log_error("outbox: made by a newer version (%d)", version);
		return -EPROTO;
	}
	for (; version < STEP_COUNT && !status; version++)
		status = step_take(db, version);
	return status;
}
