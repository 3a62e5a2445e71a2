/*
 * hooks: takes webhook rows from the outbox to their receivers.
 *
 * Tell process. One post at a time for each webhook, in order; they do not wait for each other, nor mails for them. What is not
 * taken is tried again with back-off from HOOKS_FIRST_MS to HOOKS_MOST_MS and given up after HOOKS_GIVE_UP_MS. The body:
 *   { "id": "open.INCIDENT.HOOK" (X-Sansang-Id), "kind": "open" | "reopen" | "resolve" | "resolve-2" | "escalate-N",
 *     "at" (ms), "province" (id), "incident": { as in judge/conclusion.h } }
 * Secrets and authorities come from core, which alone reads their files (MESSAGE_WEBHOOKS); they are held here and wiped.
 */
#ifndef SANSANG_TELL_HOOKS_H
#define SANSANG_TELL_HOOKS_H

#include <uv.h>

#include "collector/inventory/inventory.h"
#include "collector/tell/outbox.h"
#include "common/buf.h"

#define HOOKS_FIRST_MS 5000
#define HOOKS_MOST_MS (10 * 60000)
#define HOOKS_GIVE_UP_MS (3 * 86400000LL)

struct hooks;

/* Borrows the outbox. patience_ms 0: as webhook.h. 0 or -errno, logged. */
int hooks_open(struct hooks **out, uv_loop_t *loop, struct outbox *o, int64_t patience_ms);
/* Borrows until the next call. */
void hooks_set_inventory(struct hooks *h, const struct inventory *inv);
/* The payload of MESSAGE_WEBHOOKS. A broken one leaves what was. */
void hooks_set_keys(struct hooks *h, struct cursor *payload);
/* There may be something to send. */
void hooks_kick(struct hooks *h);
void hooks_close(struct hooks *h); /* free it after the loop has ended */
void hooks_free(struct hooks *h);

#endif
