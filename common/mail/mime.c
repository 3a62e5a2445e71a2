#include "common/mail/mime.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 57 /* 76 letters of base64 */
#define WORD_FIRST 30 /* bytes of text in the first encoded word: 12 + 40 letters behind the header's name */
#define WORD_BYTES 45 /* ... and in those after it */
#define PLAIN_MAX 60  /* longer plain values are encoded too: so they are folded */

static bool text_plain(const char *s)
{
	const char *p = s;

	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			return false;
	return p - s <= PLAIN_MAX && !strstr(s, "=?");
}

/* Appends base64 in one line. */
static void base64_put(struct buf *out, const void *data, size_t len)
{
	buf_reserve(out, (len + 2) / 3 * 4 + 1);
	out->len += (size_t)EVP_EncodeBlock(out->data + out->len, data, (int)len);
}

/* The longest piece of at most `most` bytes that does not cut a UTF-8 letter. */
static size_t piece_length(const char *s, size_t most)
{
	size_t len = strnlen(s, most + 1);

	if (len <= most)
		return len;
	for (len = most; len > most - 3 && ((unsigned char)s[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

static void encoded_put(struct buf *out, const char *value)
{
	char piece[WORD_BYTES];
	bool first = true;

	while (*value) {
		size_t len = piece_length(value, first ? WORD_FIRST : WORD_BYTES);

		memcpy(piece, value, len);
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)piece[i] < 0x20 || piece[i] == 0x7f)
				piece[i] = ' ';
		buf_printf(out, "%s=?UTF-8?B?", first ? "" : "\r\n ");
		base64_put(out, piece, len);
		buf_printf(out, "?=");
		value += len;
		first = false;
	}
}

void mime_header(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s: ", name);
	if (text_plain(value))
		buf_printf(out, "%s", value);
	else
		encoded_put(out, value);
	buf_printf(out, "\r\n");
}

/* A plain name in quotes, what has a meaning there escaped. */
static void quoted_put(struct buf *out, const char *s)
{
	buf_put_u8(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_put_u8(out, '\\');
		buf_put_u8(out, (uint8_t)*s);
	}
	buf_put_u8(out, '"');
}

void mime_address(struct buf *out, const char *name, const char *person, const char *mail)
{
	buf_printf(out, "%s: ", name);
	if (person && *person) {
		if (text_plain(person))
			quoted_put(out, person);
		else
			encoded_put(out, person);
		buf_printf(out, "\r\n ");
	}
	buf_printf(out, "<%s>\r\n", mail);
}

bool mime_address_valid(const char *mail)
{
	const char *at = strchr(mail, '@');

	if (!at || at == mail || !at[1] || strchr(at + 1, '@') || strlen(mail) > 254)
		return false;
	for (const char *p = mail; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || strchr("<>()[]\\,;:\"", *p))
			return false;
	return true;
}

void mime_date(struct buf *out, int64_t wall_ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
	        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	long offset;

	localtime_r(&seconds, &tm);
	offset = tm.tm_gmtoff / 60;
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d %c%02ld%02ld\r\n", days[tm.tm_wday], tm.tm_mday,
	        months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, offset < 0 ? '-' : '+',
	        (offset < 0 ? -offset : offset) / 60, (offset < 0 ? -offset : offset) % 60);
}

void mime_base64(struct buf *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t at = 0; at < len; at += LINE_BYTES) {
		base64_put(out, p + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
		buf_put(out, "\r\n", 2);
	}
}

void mime_message_id(struct buf *out, const char *text, const char *from)
{
	const char *at = strrchr(from, '@');

	buf_put_u8(out, '<');
	for (; *text; text++) {
		bool good = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		            (*text >= '0' && *text <= '9') || strchr("._-", *text);

		buf_put_u8(out, good ? (uint8_t)*text : '-');
	}
	buf_printf(out, "@%s>", at && at[1] ? at + 1 : "sansang.invalid");
}
