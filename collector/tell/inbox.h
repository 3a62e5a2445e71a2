/*
 * inbox: answers to our mails, read from a mailbox by IMAP.
 *
 * Tell process. Every mail.inbox.every the folder is searched for unseen mails of the last days (marks live no longer); each is fetched,
 * at most REPLY_BYTES_MAX of it, which marks it seen, and read (reply.h). One that acknowledges goes to core as the act "ack-reply", and core decides.
 * When core is away it is marked unseen again for the next round. Nothing is ever deleted or moved. Nothing blocks: libcurl on our loop
 * (transfer.h), a server that is silent is given up after INBOX_PATIENCE_MS, and one that is away is asked less and less often, at least every
 * INBOX_MOST_MS. TLS as mail.tls says for imap://; imaps:// is proven unless mail.tls is off.
 */
#ifndef SANSANG_TELL_INBOX_H
#define SANSANG_TELL_INBOX_H

#include <uv.h>

#include "collector/config.h"
#include "common/channel.h"

#define INBOX_PATIENCE_MS 30000
#define INBOX_MOST_MS (10 * 60000)
#define INBOX_ROUND_MAX 50 /* mails in one round; the others in the next */
#define INBOX_DAYS 8

struct inbox;

struct inbox_figures {
	int64_t rounds, read, acknowledged, refused, failures;
};

/* Borrows the config. Reads the password file: before the sandbox. *out is NULL when none is configured. 0 or -errno, logged. */
int inbox_open(struct inbox **out, uv_loop_t *loop, const struct collector_config *config);
/* NULL while core is away: the mailbox is then left alone. These take a NULL inbox. */
void inbox_set_core(struct inbox *i, struct channel *core);
struct inbox_figures inbox_figures(const struct inbox *i);
void inbox_close(struct inbox *i); /* free it after the loop has ended */
void inbox_free(struct inbox *i);

#endif
