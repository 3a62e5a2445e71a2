/*
 * reply: what an answer to one of our mails says, read from its bytes.
 *
 * Tell process. Strangers' bytes: everything is read within bounds, copied and cut, and nothing of it is trusted; core checks who may
 * acknowledge what (act_mail.c). Headers by RFC 5322, bodies by RFC 2045 to 2047: text/plain, alone or within multiparts, quoted-printable
 * or base64, UTF-8, windows-1258 or Latin letters; HTML alone is read without its tags. The word is NHẬN, NHAN or ACK in any case, composed or not, the
 * first word of the first line that is neither empty nor quoted nor the line that introduces a quotation.
 */
#ifndef SANSANG_TELL_REPLY_H
#define SANSANG_TELL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_BYTES_MAX (64 * 1024) /* more of a mail is not read */
#define REPLY_IDS_MAX 24

struct reply {
	char from[256];               /* the one sender's address, "" when there is none or more than one */
	char ids[REPLY_IDS_MAX][400]; /* of In-Reply-To, then References, without their brackets */
	unsigned id_count;
	bool automatic; /* a machine wrote it */
	bool word;      /* it acknowledges */
	char text[256]; /* what stands behind the word on its line, UTF-8 */
};

/* 0, or -EBADMSG when it is no mail at all. */
int reply_read(const uint8_t *data, size_t len, struct reply *out);

#endif
