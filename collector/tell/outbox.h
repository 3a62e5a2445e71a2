/*
 * outbox: the mails that are owed, on disk, with the journal's cursor beside them.
 *
 * Tell process. <state_dir>/outbox.db (SQLite, WAL, synchronous=FULL). Rows are unique by
 * (incident, kind, contact) and written in one transaction with the cursor, so a record of the journal
 * that is read twice, after a kill at any point, owes nothing twice.
 *
 * Exactly once ends at the SMTP border: between a server's "250" to DATA and our commit of
 * 'sent' the process may be killed, and nobody can then tell whether the mail left. A row
 * found 'sending' at start is therefore sent again (at least once) with the same Message-ID and the same
 * parts, by which servers and readers drop the copy. The commit of 'sent' is the first thing
 * done after that 250, before anything else, so the window is the length of one fsync.
 *
 * States: queued -> sending -> sent | queued (again later) | failed (refused for good, or given up).
 */
#ifndef SANSANG_TELL_OUTBOX_H
#define SANSANG_TELL_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

struct outbox;

struct outbox_row {
	int64_t id, created_at, attempts;
	char incident[200], kind[24], contact[64];
	char *body; /* the incident as JSON when it was concluded; owned, outbox_row_clear() */
	bool again; /* was 'sending' when an earlier process died */
};

struct outbox_figures {
	int64_t queued, sent, failed, late;
};

/* Makes or migrates the file; rows found 'sending' become 'queued' again. 0 or -errno, logged. */
int outbox_open(struct outbox **out, const char *path);
void outbox_close(struct outbox *o);

int64_t outbox_cursor(const struct outbox *o);
/* One transaction of rows and cursor. 0 or -errno (logged; nothing is then changed). */
int outbox_begin(struct outbox *o);
/* 1 new, 0 was there before, -errno. */
int outbox_put(struct outbox *o, const char *incident, const char *kind, const char *contact, int64_t created_at,
        const char *body);
int outbox_commit(struct outbox *o, int64_t cursor);
void outbox_rollback(struct outbox *o);
/* Is there such a row, in whatever state? */
bool outbox_has(struct outbox *o, const char *incident, const char *kind, const char *contact);
/* Takes back a row that is still queued. True when it was: nobody has heard of it. */
bool outbox_withdraw(struct outbox *o, const char *incident, const char *kind, const char *contact);

/*
 * The next mail due at `now_ms`: oldest first, none before an older one to the same contact. Marks it 'sending',
 * committed. 1 and *row (clear it), 0 nothing is due, -errno. *wait_ms: when the first queued one is due, -1 none.
 */
int outbox_next(struct outbox *o, int64_t now_ms, struct outbox_row *row, int64_t *due_at);
void outbox_row_clear(struct outbox_row *row);
int outbox_sent(struct outbox *o, int64_t id, int64_t now_ms, bool late);
int outbox_retry(struct outbox *o, int64_t id, int64_t due_at, const char *error);
int outbox_fail(struct outbox *o, int64_t id, const char *error);

/* A sent mail that the journal does not know yet (MESSAGE_CONCLUDE): 1, 0 none. */
int outbox_untold(struct outbox *o, struct outbox_row *row, int64_t *sent_at);
int outbox_told(struct outbox *o, int64_t id);

struct outbox_figures outbox_figures(struct outbox *o);

#endif
