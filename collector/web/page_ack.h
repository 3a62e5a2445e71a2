/*
 * page_ack: the page behind the link of a mail, where its reader acknowledges without a login.
 *
 * Web process. GET /a/MARK shows the incident in short, nothing beyond the mail, and a button; only the button's POST acknowledges,
 * for mail scanners and phones open links by themselves. The mark is checked by core, which has the key and writes the audit. The POST must
 * carry the mark in its form and not come from another site (Origin, Sec-Fetch-Site). Plain HTML without script, in the contact's language; a
 * mark that is not ours, or too old, is answered 403 in both languages. At most PAGE_ACK_ASKS requests a minute from one address, and
 * PAGE_ACK_REFUSALS refused ones, then 429.
 */
#ifndef SANSANG_WEB_PAGE_ACK_H
#define SANSANG_WEB_PAGE_ACK_H

#include <jansson.h>

#include "collector/web/request.h"

#define PAGE_ACK_ASKS 120
#define PAGE_ACK_REFUSALS 10

struct page_ack;

/* Reads the time zone's file: it may be asked for after the sandbox. Never NULL. */
struct page_ack *page_ack_new(const char *zone);
void page_ack_free(struct page_ack *p);

void page_ack_show(struct request *r);  /* GET, HEAD */
void page_ack_press(struct request *r); /* POST, of a form */

#endif
