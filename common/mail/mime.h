/*
 * mime: the grammar of mail: headers and bodies that every reader takes (RFC 5322, 2045, 2047).
 *
 * Tell process, and the agent's witness. Everything here appends to a buf. No text that comes from outside (names of
 * places, a judge's sentence) can end a header: control characters become blanks. Lines end in CR LF.
 */
#ifndef SANSANG_COMMON_MIME_H
#define SANSANG_COMMON_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

/* "Name: value", UTF-8 as folded encoded words of at most 75 letters, never cut within a letter. */
void mime_header(struct buf *out, const char *name, const char *value);
/* "Name: =?..?= <mail>"; `person` may be NULL. The address must be mime_address_valid. */
void mime_address(struct buf *out, const char *name, const char *person, const char *mail);
/* One local part, one domain, printable ASCII, nothing that has a meaning in a header or in SMTP. */
bool mime_address_valid(const char *mail);
/* "Date: Tue, 01 Jul 2025 07:42:00 +0700" in the process's zone. */
void mime_date(struct buf *out, int64_t wall_ms);
/* Base64 in lines of 76. */
void mime_base64(struct buf *out, const void *data, size_t len);
/* "<text@domain>" of letters that a message id may have: others become '-'. `from` gives the domain. */
void mime_message_id(struct buf *out, const char *text, const char *from);

#endif
