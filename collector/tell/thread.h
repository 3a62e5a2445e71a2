/*
 * thread: the names of a mail and of the thread that it belongs to, and the mark by which its reader acknowledges.
 *
 * Tell process. A Message-ID is KIND.INCIDENT.CONTACT.TAG@DOMAIN, where the tag is a signed mark (ackmark.h): an answer that names it had
 * the mail. Everything follows from the outbox's row, so a mail that is sent again has the same names. Lists of
 * incidents (list_letter.h) carry no mark: there is no one incident to acknowledge.
 */
#ifndef SANSANG_TELL_THREAD_H
#define SANSANG_TELL_THREAD_H

#include "collector/ackmark.h"
#include "collector/tell/outbox.h"
#include "common/buf.h"

struct thread {
	struct buf own;               /* message id with its brackets, NUL-terminated */
	struct buf opening;           /* of the mail that began the thread; empty when this one does */
	char link[ACKMARK_LINK_SIZE]; /* the mark for a link, "" when there is nothing to acknowledge */
};

/* `from` gives the domain. Free with thread_free(). */
void thread_make(struct outbox *o, const uint8_t key[ACKMARK_KEY_BYTES], const struct outbox_row *row, const char *from,
        struct thread *out);
void thread_free(struct thread *t);

#endif
