/*
 * outbox: the mails and webhook posts that are owed, on disk, with the journal's cursor beside them.
 *
 * Tell process. <state_dir>/outbox.db (SQLite, WAL, synchronous=FULL). Rows are unique by
 * (incident, kind, contact) and written in one transaction with the cursor, so a record of the journal
 * that is read twice, after a kill at any point, owes nothing twice. The same file keeps what escalation, digest, storm
 * and drills remember (known.h); they share the database by outbox_private.h.
 *
 * Exactly once ends at the SMTP border: between a server's "250" to DATA and our commit of
 * 'sent' the process may be killed, and nobody can then tell whether the mail left. A row
 * found 'sending' at start is therefore sent again (at least once) with the same Message-ID and the same
 * parts, by which servers and readers drop the copy. The commit of 'sent' is the first thing
 * done after that 250, before anything else, so the window is the length of one fsync.
 *
 * States: queued -> sending -> sent | queued (again later) | failed (refused for good, or given up).
 * Beside them: held (storm.h: waits for a list) -> listed (`list` is the row of the mail that named it); covered (this contact
 * has heard of a part of it before it was merged: owed nothing, but its end is told in the part's thread).
 *
 * Kinds: "open", "reopen", "resolve", "resolve-2", "escalate-N" of an incident; "storm-N" of the incident "storm" and "digest-YYYYMMDD"
 * of the incident "digest" are lists (list_letter.h). A webhook is a contact "hook:ID".
 */
#ifndef SANSANG_TELL_OUTBOX_H
#define SANSANG_TELL_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#define OUTBOX_HOOK "hook:" /* begins the contact of a webhook's row */

struct outbox;

struct outbox_row {
	int64_t id, created_at, attempts;
	char incident[200], kind[24], contact[72];
	char root[300]; /* "KIND.INCIDENT.CONTACT" of the row that began the thread, "" when this one does */
	char *body;     /* the incident as JSON when it was concluded; owned, outbox_row_clear() */
	bool again;     /* was 'sending' when an earlier process died */
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
/* What is owed to whom. Strings are borrowed. */
struct outbox_item {
	const char *incident, *kind, *contact, *body;
	const char *site; /* of an opening: what storm.c counts; NULL: does not count */
	const char *root; /* of a covered row; NULL: as the incident's earlier rows to that contact say */
	enum outbox_state { OUTBOX_QUEUED, OUTBOX_HELD, OUTBOX_LISTED, OUTBOX_COVERED } state;
	int64_t list; /* of a listed row */
	int64_t created_at;
};
/* 1 new, 0 was there before, -errno. */
int outbox_add(struct outbox *o, const struct outbox_item *item);
/* The same for a queued one that counts for nothing. */
int outbox_put(struct outbox *o, const char *incident, const char *kind, const char *contact, int64_t created_at,
        const char *body);
int outbox_commit(struct outbox *o, int64_t cursor);
void outbox_rollback(struct outbox *o);
/* Is there such a row, in whatever state? */
bool outbox_has(struct outbox *o, const char *incident, const char *kind, const char *contact);
/* Any row about it, of whatever kind and state: the contact has heard of it, or will. */
bool outbox_heard(struct outbox *o, const char *incident, const char *contact);
/* Has the contact heard of it by lists only? Then all the rest goes into lists too. */
bool outbox_gathered(struct outbox *o, const char *incident, const char *contact);
/* Takes back a row that is still queued or held. True when it was: nobody has heard of it. */
bool outbox_withdraw(struct outbox *o, const char *incident, const char *kind, const char *contact);

/*
 * The next mail due at `now_ms`: oldest first, none before an older one to the same contact. Marks it 'sending',
 * committed. 1 and *row (clear it), 0 nothing is due, -errno. *wait_ms: when the first queued one is due, -1 none.
 */
int outbox_next(struct outbox *o, int64_t now_ms, struct outbox_row *row, int64_t *due_at);
/* The same for webhooks: one at a time for each, whatever the others do. */
int outbox_next_hook(struct outbox *o, int64_t now_ms, struct outbox_row *row, int64_t *due_at);
void outbox_row_clear(struct outbox_row *row);
int outbox_sent(struct outbox *o, int64_t id, int64_t now_ms, bool late);
int outbox_retry(struct outbox *o, int64_t id, int64_t due_at, const char *error);
int outbox_fail(struct outbox *o, int64_t id, const char *error);

/* A sent mail that the journal does not know yet (MESSAGE_CONCLUDE): 1, 0 none. Of what a list named, `kind` is the list's. */
int outbox_untold(struct outbox *o, struct outbox_row *row, int64_t *sent_at);
int outbox_told(struct outbox *o, int64_t id);

/* Of mails, or of webhooks. */
struct outbox_figures outbox_figures(struct outbox *o);
struct outbox_figures outbox_hook_figures(struct outbox *o);

#endif
