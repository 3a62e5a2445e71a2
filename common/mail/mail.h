/*
 * mail: one letter as bytes for SMTP.
 *
 * Tell process, and the agent's witness. The shape is multipart/alternative of text/plain and either text/html or, with a
 * picture, multipart/related of text/html and the PNG that it shows (cid:MAIL_PICTURE_ID). UTF-8, base64
 * bodies. The same mail always gives the same bytes but for its Date, so sending it again is sending the same.
 */
#ifndef SANSANG_COMMON_MAIL_H
#define SANSANG_COMMON_MAIL_H

#include "common/buf.h"

#define MAIL_PICTURE_ID "graph@sansang"

struct mail {
	const char *from, *from_name; /* from_name may be NULL */
	const char *to, *to_name;     /* to_name may be NULL */
	const char *subject;
	const char *message_id;  /* with its angle brackets */
	const char *in_reply_to; /* opening mail of the thread, or NULL */
	const char *incident;    /* its id, said in X-Sansang-Incident */
	const char *language;    /* "vi" or "en" */
	int64_t date_ms;
	const char *text, *html; /* UTF-8, lines end in \n */
	const uint8_t *png;      /* NULL: no picture */
	size_t png_len;
};

/* Appends. 0, or -EINVAL when an address is none. Everything is borrowed. */
int mail_build(const struct mail *m, struct buf *out);

#endif
