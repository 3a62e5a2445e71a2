#include "collector/tell/outbox_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_CURSOR_GET,
	STATEMENT_CURSOR_SET,
	STATEMENT_PUT,
	STATEMENT_HAS,
	STATEMENT_HEARD,
	STATEMENT_GATHERED,
	STATEMENT_WITHDRAW,
	STATEMENT_NEXT,
	STATEMENT_DUE,
	STATEMENT_NEXT_HOOK,
	STATEMENT_DUE_HOOK,
	STATEMENT_SENDING,
	STATEMENT_SENT,
	STATEMENT_NAMED,
	STATEMENT_RETRY,
	STATEMENT_FAIL,
	STATEMENT_UNTOLD,
	STATEMENT_TOLD,
	STATEMENT_FIGURES,
	STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
        [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
        [STATEMENT_COMMIT] = "COMMIT",
        [STATEMENT_ROLLBACK] = "ROLLBACK",
        [STATEMENT_CURSOR_GET] = "SELECT id FROM cursor",
        [STATEMENT_CURSOR_SET] = "UPDATE cursor SET id = ?1 WHERE id < ?1",
        /* a thread begins with the first mail about it; one that a list told of has none */
        [STATEMENT_PUT] =
                "INSERT INTO outbox(incident, kind, contact, created_at, body, site, root, state, list, hook) "
                "VALUES(?1, "
                "?2, ?3, ?4, ?5, ?6, coalesce(?7, (SELECT coalesce(root, kind || '.' || incident || '.' || contact) "
                "FROM outbox WHERE incident = ?1 AND contact = ?3 AND state NOT IN ('held', 'listed') ORDER BY id "
                "LIMIT "
                "1), CASE WHEN ?2 IN ('reopen', 'resolve', 'resolve-2') THEN 'open.' || ?1 || '.' || ?3 END), ?8, ?9, "
                "substr(?3, 1, 5) = '" OUTBOX_HOOK "') ON CONFLICT DO NOTHING",
        [STATEMENT_HAS] = "SELECT 1 FROM outbox WHERE incident = ?1 AND kind = ?2 AND contact = ?3",
        [STATEMENT_HEARD] = "SELECT 1 FROM outbox WHERE incident = ?1 AND contact = ?2 LIMIT 1",
        [STATEMENT_GATHERED] =
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM outbox WHERE incident = ?1 AND contact = ?2 AND state IN "
                "('held', "
                "'listed')) AND NOT EXISTS (SELECT 1 FROM outbox WHERE incident = ?1 AND contact = ?2 AND state NOT IN "
                "('held', 'listed'))",
        [STATEMENT_WITHDRAW] =
                "DELETE FROM outbox WHERE incident = ?1 AND kind = ?2 AND contact = ?3 AND (state = 'held' OR (state = "
                "'queued' AND attempts = 0))",
        [STATEMENT_NEXT] =
                "SELECT id, incident, kind, contact, created_at, attempts, body, again, root FROM outbox o WHERE "
                "state = 'queued' AND NOT hook AND due_at <= ?1 AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state = "
                "'queued' AND e.contact = o.contact AND e.id < o.id) ORDER BY id LIMIT 1",
        [STATEMENT_DUE] = "SELECT min(due_at) FROM outbox WHERE state = 'queued' AND NOT hook",
        [STATEMENT_NEXT_HOOK] =
                "SELECT id, incident, kind, contact, created_at, attempts, body, again, root FROM outbox o WHERE "
                "state = 'queued' AND hook AND due_at <= ?1 AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state IN "
                "('queued', 'sending') AND e.contact = o.contact AND e.id < o.id) ORDER BY id LIMIT 1",
        [STATEMENT_DUE_HOOK] = "SELECT min(due_at) FROM outbox o WHERE state = 'queued' AND hook AND NOT EXISTS "
                               "(SELECT 1 FROM outbox e "
                               "WHERE e.state IN ('queued', 'sending') AND e.contact = o.contact AND e.id < o.id)",
        [STATEMENT_SENDING] = "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?1",
        /* a list is no incident, and a webhook no mail: the journal need not know of them */
        [STATEMENT_SENT] = "UPDATE outbox SET state = 'sent', sent_at = ?2, late = ?3, error = NULL, told = hook OR "
                           "incident IN ('storm', 'digest') WHERE id = ?1",
        [STATEMENT_NAMED] = "UPDATE outbox SET sent_at = ?2 WHERE list = ?1",
        [STATEMENT_RETRY] = "UPDATE outbox SET state = 'queued', due_at = ?2, error = ?3 WHERE id = ?1",
        [STATEMENT_FAIL] = "UPDATE outbox SET state = 'failed', error = ?2 WHERE id = ?1",
        [STATEMENT_UNTOLD] =
                "SELECT id, incident, coalesce((SELECT l.kind FROM outbox l WHERE l.id = o.list), kind), contact, "
                "created_at, attempts, body, again, root, sent_at FROM outbox o WHERE state IN ('sent', 'listed') AND "
                "told = 0 AND sent_at IS NOT NULL ORDER BY id LIMIT 1",
        [STATEMENT_TOLD] = "UPDATE outbox SET told = 1 WHERE id = ?1",
        [STATEMENT_FIGURES] =
                "SELECT count(*) FILTER (WHERE state IN ('queued', 'sending')), count(*) FILTER (WHERE state = "
                "'sent'), count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE late) FROM outbox WHERE "
                "hook = ?1",
};

struct outbox {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

static int db_error(struct outbox *o, const char *what)
{
	int code = sqlite3_errcode(o->db);

	log_error("outbox: %s: %s", what, sqlite3_errmsg(o->db));
	return code == SQLITE_FULL ? -ENOSPC : -EIO;
}

/* Ready to bind. */
static sqlite3_stmt *statement_get(struct outbox *o, enum statement which)
{
	sqlite3_reset(o->statements[which]);
	sqlite3_clear_bindings(o->statements[which]);
	return o->statements[which];
}

/* Runs a statement that gives no rows. */
static int statement_run(struct outbox *o, enum statement which, const char *what)
{
	int code = sqlite3_step(o->statements[which]);

	sqlite3_reset(o->statements[which]);
	return code == SQLITE_DONE ? 0 : db_error(o, what);
}

static void text_bind(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static int outbox_prepare(struct outbox *o)
{
	int status;

	if (sqlite3_exec(o->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000",
	            NULL, NULL, NULL))
		return db_error(o, "open");
	status = outbox_schema(o->db);
	if (status)
		return status;
	/* see the header: at least once, with the same Message-ID; old ones are of no use to anyone */
	if (sqlite3_exec(o->db,
	            "UPDATE outbox SET state = 'queued', again = 1 WHERE state = 'sending';"
	            "DELETE FROM outbox WHERE state NOT IN ('queued', 'held') AND created_at < (unixepoch() - 400 * "
	            "86400) "
	            "* 1000;"
	            "DELETE FROM known WHERE NOT open AND NOT news AND at < (unixepoch() - 40 * 86400) * 1000",
	            NULL, NULL, NULL))
		return db_error(o, "recover");
	for (int i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(o->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &o->statements[i], NULL) !=
		        SQLITE_OK)
			return db_error(o, statements[i]);
	return 0;
}

int outbox_open(struct outbox **out, const char *path)
{
	struct outbox *o = mem_alloc(sizeof(*o));
	int status;

	*out = NULL;
	if (sqlite3_open_v2(path, &o->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		status = db_error(o, path);
	else
		status = outbox_prepare(o);
	if (status) {
		outbox_close(o);
		return status;
	}
	*out = o;
	return 0;
}

void outbox_close(struct outbox *o)
{
	if (!o)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(o->statements[i]);
	sqlite3_close(o->db);
	free(o);
}

int64_t outbox_cursor(const struct outbox *o)
{
	sqlite3_stmt *s = statement_get((struct outbox *)o, STATEMENT_CURSOR_GET);
	int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return id;
}

int outbox_begin(struct outbox *o)
{
	statement_get(o, STATEMENT_BEGIN);
	return statement_run(o, STATEMENT_BEGIN, "begin");
}

void outbox_rollback(struct outbox *o)
{
	statement_get(o, STATEMENT_ROLLBACK);
	statement_run(o, STATEMENT_ROLLBACK, "rollback");
}

int outbox_commit(struct outbox *o, int64_t cursor)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_CURSOR_SET);
	int status;

	sqlite3_bind_int64(s, 1, cursor);
	status = statement_run(o, STATEMENT_CURSOR_SET, "cursor");
	statement_get(o, STATEMENT_COMMIT);
	if (!status)
		status = statement_run(o, STATEMENT_COMMIT, "commit");
	if (status)
		outbox_rollback(o);
	return status;
}

int outbox_add(struct outbox *o, const struct outbox_item *item)
{
	static const char *const states[] = {[OUTBOX_QUEUED] = "queued",
	        [OUTBOX_HELD] = "held",
	        [OUTBOX_LISTED] = "listed",
	        [OUTBOX_COVERED] = "covered"};
	sqlite3_stmt *s = statement_get(o, STATEMENT_PUT);
	int status;

	text_bind(s, 1, item->incident);
	text_bind(s, 2, item->kind);
	text_bind(s, 3, item->contact);
	sqlite3_bind_int64(s, 4, item->created_at);
	text_bind(s, 5, item->body);
	text_bind(s, 6, item->site);
	text_bind(s, 7, item->root);
	text_bind(s, 8, states[item->state]);
	if (item->list)
		sqlite3_bind_int64(s, 9, item->list);
	status = statement_run(o, STATEMENT_PUT, "put");
	return status ? status : sqlite3_changes(o->db);
}

int outbox_put(struct outbox *o, const char *incident, const char *kind, const char *contact, int64_t created_at,
        const char *body)
{
	const struct outbox_item item = {
	        .incident = incident, .kind = kind, .contact = contact, .created_at = created_at, .body = body};

	return outbox_add(o, &item);
}

static sqlite3_stmt *keyed(
        struct outbox *o, enum statement which, const char *incident, const char *kind, const char *contact)
{
	sqlite3_stmt *s = statement_get(o, which);

	text_bind(s, 1, incident);
	text_bind(s, 2, kind);
	text_bind(s, 3, contact);
	return s;
}

bool outbox_has(struct outbox *o, const char *incident, const char *kind, const char *contact)
{
	sqlite3_stmt *s = keyed(o, STATEMENT_HAS, incident, kind, contact);
	bool has = sqlite3_step(s) == SQLITE_ROW;

	sqlite3_reset(s);
	return has;
}

static bool paired(struct outbox *o, enum statement which, const char *incident, const char *contact)
{
	sqlite3_stmt *s = statement_get(o, which);
	bool found;

	text_bind(s, 1, incident);
	text_bind(s, 2, contact);
	found = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_reset(s);
	return found;
}

bool outbox_heard(struct outbox *o, const char *incident, const char *contact)
{
	return paired(o, STATEMENT_HEARD, incident, contact);
}

bool outbox_gathered(struct outbox *o, const char *incident, const char *contact)
{
	return paired(o, STATEMENT_GATHERED, incident, contact);
}

bool outbox_withdraw(struct outbox *o, const char *incident, const char *kind, const char *contact)
{
	keyed(o, STATEMENT_WITHDRAW, incident, kind, contact);
	return statement_run(o, STATEMENT_WITHDRAW, "withdraw") == 0 && sqlite3_changes(o->db) > 0;
}

static void column_copy(sqlite3_stmt *s, int at, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(s, at);

	snprintf(out, size, "%s", text ? text : "");
}

static void row_read(sqlite3_stmt *s, struct outbox_row *row)
{
	*row = (struct outbox_row){.id = sqlite3_column_int64(s, 0),
	        .created_at = sqlite3_column_int64(s, 4),
	        .attempts = sqlite3_column_int64(s, 5),
	        .body = mem_str((const char *)sqlite3_column_text(s, 6)),
	        .again = sqlite3_column_int(s, 7)};
	column_copy(s, 1, row->incident, sizeof(row->incident));
	column_copy(s, 2, row->kind, sizeof(row->kind));
	column_copy(s, 3, row->contact, sizeof(row->contact));
	column_copy(s, 8, row->root, sizeof(row->root));
}

void outbox_row_clear(struct outbox_row *row)
{
	free(row->body);
	row->body = NULL;
}

static int64_t due_of(struct outbox *o, enum statement which)
{
	sqlite3_stmt *s = statement_get(o, which);
	int64_t due = -1;

	if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
		due = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return due;
}

static int next_of(struct outbox *o, enum statement next, enum statement due, int64_t now_ms, struct outbox_row *row,
        int64_t *due_at)
{
	sqlite3_stmt *s = statement_get(o, next);
	int code, status;

	*due_at = -1;
	sqlite3_bind_int64(s, 1, now_ms);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		row_read(s, row);
	sqlite3_reset(s);
	if (code != SQLITE_ROW) {
		*due_at = due_of(o, due);
		return code == SQLITE_DONE ? 0 : db_error(o, "next");
	}
	sqlite3_bind_int64(statement_get(o, STATEMENT_SENDING), 1, row->id);
	status = statement_run(o, STATEMENT_SENDING, "sending");
	if (status) {
		outbox_row_clear(row);
		return status;
	}
	row->attempts++;
	return 1;
}

int outbox_next(struct outbox *o, int64_t now_ms, struct outbox_row *row, int64_t *due_at)
{
	return next_of(o, STATEMENT_NEXT, STATEMENT_DUE, now_ms, row, due_at);
}

int outbox_next_hook(struct outbox *o, int64_t now_ms, struct outbox_row *row, int64_t *due_at)
{
	return next_of(o, STATEMENT_NEXT_HOOK, STATEMENT_DUE_HOOK, now_ms, row, due_at);
}

int outbox_sent(struct outbox *o, int64_t id, int64_t now_ms, bool late)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_SENT);
	int status;

	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, now_ms);
	sqlite3_bind_int(s, 3, late);
	status = statement_run(o, STATEMENT_SENT, "sent");
	if (status)
		return status;
	/* not in one transaction with it: were they lost, screens would count some mails less */
	s = statement_get(o, STATEMENT_NAMED);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, now_ms);
	statement_run(o, STATEMENT_NAMED, "named");
	return 0;
}

int outbox_retry(struct outbox *o, int64_t id, int64_t due_at, const char *error)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_RETRY);

	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, due_at);
	text_bind(s, 3, error);
	return statement_run(o, STATEMENT_RETRY, "retry");
}

int outbox_fail(struct outbox *o, int64_t id, const char *error)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_FAIL);

	sqlite3_bind_int64(s, 1, id);
	text_bind(s, 2, error);
	return statement_run(o, STATEMENT_FAIL, "fail");
}

int outbox_untold(struct outbox *o, struct outbox_row *row, int64_t *sent_at)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_UNTOLD);
	int found = sqlite3_step(s) == SQLITE_ROW;

	if (found) {
		row_read(s, row);
		*sent_at = sqlite3_column_int64(s, 9);
	}
	sqlite3_reset(s);
	return found;
}

int outbox_told(struct outbox *o, int64_t id)
{
	sqlite3_bind_int64(statement_get(o, STATEMENT_TOLD), 1, id);
	return statement_run(o, STATEMENT_TOLD, "told");
}

static struct outbox_figures figures_of(struct outbox *o, bool hook)
{
	sqlite3_stmt *s = statement_get(o, STATEMENT_FIGURES);
	struct outbox_figures f = {0};

	sqlite3_bind_int(s, 1, hook);
	if (sqlite3_step(s) == SQLITE_ROW)
		f = (struct outbox_figures){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
		        sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)};
	sqlite3_reset(s);
	return f;
}

struct outbox_figures outbox_figures(struct outbox *o)
{
	return figures_of(o, false);
}

struct outbox_figures outbox_hook_figures(struct outbox *o)
{
	return figures_of(o, true);
}

sqlite3 *outbox_db(struct outbox *o)
{
	return o->db;
}
