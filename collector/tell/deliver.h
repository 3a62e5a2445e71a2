/*
 * deliver: takes mails from the outbox to the mail server, one after the other.
 *
 * Tell process. For each row: the graph (picture.h), the letter (letter.h), its bytes (mail.h), the
 * sending (smtp.h), and first of all after the server took it the commit of 'sent'. While the server is
 * away everything waits, with back-off from DELIVER_FIRST_MS to DELIVER_MOST_MS; a mail that leaves more than
 * DELIVER_LATE_MS after its event says so; after DELIVER_GIVE_UP_MS it is given up. One mail refused for now waits alone, and only
 * later mails to the same person wait for it; the same when the server stalls over one.
 */
#ifndef SANSANG_TELL_DELIVER_H
#define SANSANG_TELL_DELIVER_H

#include <uv.h>

#include "collector/ackmark.h"
#include "collector/config.h"
#include "collector/inventory/inventory.h"
#include "collector/tell/outbox.h"
#include "common/channel.h"
#include "common/mail/smtp.h"

#define DELIVER_FIRST_MS 2000
#define DELIVER_MOST_MS (5 * 60000)
#define DELIVER_LATER_MS 60000 /* first wait after a 4xx or a stall, doubling up to an hour, or DELIVER_MOST_MS */
#define DELIVER_LATER_MOST_MS (64 * 60000)
#define DELIVER_LATE_MS (5 * 60000)
#define DELIVER_PATIENCE_MS SMTP_PATIENCE_MS /* with one mail: as long as a stall may hold up the others */
#define DELIVER_GIVE_UP_MS (3 * 86400000LL)

struct deliver;

/* Borrows config and outbox. Reads the password file: before the sandbox. 0 or -errno, logged. */
int deliver_open(struct deliver **out, uv_loop_t *loop, const struct collector_config *config, struct outbox *o,
        void (*on_sent)(void *arg), void *arg);
/* Borrows until the next call. */
void deliver_set_inventory(struct deliver *d, const struct inventory *inv);
/* The key of marks (ackmark.h), copied; nothing is sent before. */
void deliver_set_key(struct deliver *d, const uint8_t key[ACKMARK_KEY_BYTES]);
void deliver_set_render(struct deliver *d, struct channel *render);
/* There may be something to send. */
void deliver_kick(struct deliver *d);
void deliver_close(struct deliver *d); /* free it after the loop has ended */
void deliver_free(struct deliver *d);

#endif
