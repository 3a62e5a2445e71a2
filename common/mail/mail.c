#include "common/mail/mail.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "common/mail/mime.h"

/* Base64 has no '_': no line of a body can be taken for a boundary. */
static void boundary_make(const struct mail *m, const char *which, char *out, size_t size)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)m->message_id, strlen(m->message_id), sum);
	snprintf(out, size, "=_sansang_%s_%02x%02x%02x%02x%02x%02x", which, sum[0], sum[1], sum[2], sum[3], sum[4],
	        sum[5]);
}

static void headers_put(const struct mail *m, struct buf *out)
{
	mime_date(out, m->date_ms);
	mime_address(out, "From", m->from_name, m->from);
	mime_address(out, "To", m->to_name, m->to);
	mime_header(out, "Subject", m->subject);
	buf_printf(out, "Message-ID: %s\r\n", m->message_id);
	if (m->in_reply_to)
		buf_printf(out, "In-Reply-To: %s\r\nReferences: %s\r\n", m->in_reply_to, m->in_reply_to);
	mime_header(out, "X-Sansang-Incident", m->incident);
	/* no holiday answers, no mailing-list loops */
	buf_printf(out, "Auto-Submitted: auto-generated\r\nContent-Language: %s\r\nMIME-Version: 1.0\r\n", m->language);
}

static void text_part_put(struct buf *out, const char *boundary, const char *kind, const char *text)
{
	buf_printf(out, "--%s\r\nContent-Type: text/%s; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	        boundary, kind);
	mime_base64(out, text, strlen(text));
}

static void related_put(const struct mail *m, struct buf *out)
{
	char inner[64];

	boundary_make(m, "rel", inner, sizeof(inner));
	buf_printf(out, "Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"%s\"\r\n\r\n", inner);
	text_part_put(out, inner, "html", m->html);
	buf_printf(out,
	        "--%s\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <" MAIL_PICTURE_ID
	        ">\r\nContent-Disposition: inline; filename=\"graph.png\"\r\n\r\n",
	        inner);
	mime_base64(out, m->png, m->png_len);
	buf_printf(out, "--%s--\r\n", inner);
}

int mail_build(const struct mail *m, struct buf *out)
{
	char outer[64];

	if (!mime_address_valid(m->to) || !mime_address_valid(m->from))
		return -EINVAL;
	boundary_make(m, "alt", outer, sizeof(outer));
	headers_put(m, out);
	buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", outer);
	text_part_put(out, outer, "plain", m->text);
	if (m->png) {
		buf_printf(out, "--%s\r\n", outer);
		related_put(m, out);
	} else {
		text_part_put(out, outer, "html", m->html);
	}
	buf_printf(out, "--%s--\r\n", outer);
	return 0;
}
