#include "agent/poll/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/memory.h"

#define CHUNK_BYTES 4096

struct text_chunk {
	struct text_chunk *next;
	size_t used;
	char data[CHUNK_BYTES];
};

struct model_text text_keep(struct text_pool *pool, const void *data, size_t len)
{
	struct text_chunk *c = pool->chunks;
	char *at;

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (!c || CHUNK_BYTES - c->used < len + 1) {
		if (pool->bytes >= POOL_MAX)
			return (struct model_text){0};
		c = mem_alloc(sizeof(*c));
		c->next = pool->chunks;
		pool->chunks = c;
		pool->bytes += CHUNK_BYTES;
	}
	at = c->data + c->used;
	if (len)
		memcpy(at, data, len);
	at[len] = 0;
	c->used += len + 1;
	return (struct model_text){.data = at, .len = len};
}

void text_pool_empty(struct text_pool *pool)
{
	for (struct text_chunk *c = pool->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	*pool = (struct text_pool){0};
}

/* The next letter and how many bytes it takes; -1 when they are no UTF-8 (RFC 3629: no surrogates, nothing longer than need be). */
static int32_t letter_next(struct cursor *c)
{
	static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint8_t lead = cursor_u8(c);
	int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
	int32_t letter = more > 0 ? lead & (0x3f >> more) : lead;

	if (more < 0 || cursor_left(c) < (size_t)more)
		return -1;
	for (int i = 0; i < more; i++) {
		if (c->data[c->at] >> 6 != 2)
			return -1;
		letter = letter << 6 | (cursor_u8(c) & 0x3f);
	}
	return letter < least[more] || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000) ? -1 : letter;
}

static bool is_line_end(int32_t letter)
{
	return letter == '\t' || letter == '\n' || letter == '\r';
}

/* Control characters of both sets; a device does not get to colour a technician's terminal. */
static bool is_control(int32_t letter)
{
	return letter < 0x20 || (letter >= 0x7f && letter < 0xa0);
}

bool text_clean(const struct model_text *t)
{
	struct cursor c = cursor_of(t->data, t->len);

	while (cursor_left(&c)) {
		int32_t letter = letter_next(&c);

		if (letter < 0 || (is_control(letter) && !is_line_end(letter)))
			return false;
	}
	return t->data != NULL;
}

bool text_is(const struct model_text *t, const char *s)
{
	return t->data && t->len == strlen(s) && !memcmp(t->data, s, t->len);
}

struct model_text text_mac(struct text_pool *pool, const uint8_t octets[6])
{
	char out[18];

	snprintf(out, sizeof(out), "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3],
	        octets[4], octets[5]);
	return text_keep(pool, out, 17);
}

struct model_text text_address(struct text_pool *pool, const struct model_text *t)
{
	struct cursor c = cursor_of(t->data, t->len);
	uint8_t family = cursor_u8(&c);
	size_t len = family == 1 ? 4 : 16;
	const uint8_t *bytes = cursor_bytes(&c, len);
	char out[INET6_ADDRSTRLEN];

	if (c.failed || cursor_left(&c) || family < 1 || family > 2)
		return (struct model_text){0};
	inet_ntop(family == 1 ? AF_INET : AF_INET6, bytes, out, sizeof(out));
	return text_keep(pool, out, strlen(out));
}

char *model_text_print(const struct model_text *t, char *out, size_t size)
{
	struct cursor c = cursor_of(t->data, t->len);
	size_t len = 0, start;

	while (cursor_left(&c)) {
		int32_t letter;

		start = c.at;
		letter = letter_next(&c);
		if (!letter)
			break;
		if (letter < 0)
			c.at = start + 1;
		if (len + (c.at - start) >= size)
			break;
		if (is_line_end(letter) || letter == ' ')
			letter = ' ';
		if (letter == ' ' && !len)
			continue;
		if (letter == ' ' || letter < 0 || is_control(letter)) {
			out[len++] = letter == ' ' ? ' ' : '?';
			continue;
		}
		memcpy(out + len, t->data + start, c.at - start);
		len += c.at - start;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
	return out;
}

static json_t *hex_json(const struct model_text *t)
{
	struct buf hex = {0};
	json_t *o;

	for (size_t i = 0; i < t->len; i++)
		buf_printf(&hex, "%02x", (uint8_t)t->data[i]);
	o = json_pack("{s:s#}", "hex", hex.data ? (char *)hex.data : "", hex.len);
	buf_free(&hex);
	return o;
}

json_t *text_json(const struct model_text *t)
{
	struct model_text shown = *t;

	if (!t->data)
		return json_null();
	if (shown.len && !shown.data[shown.len - 1])
		shown.len--;
	if (text_clean(&shown))
		return json_stringn(shown.data, shown.len);
	return hex_json(t);
}
