#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

void buf_reserve(struct buf *b, size_t more)
{
	if (more <= b->cap - b->len)
		return;
	if (more > SIZE_MAX / 2 - b->len)
		log_die("a buffer of %zu bytes cannot grow by %zu", b->len, more);
	size_t cap = b->cap ? b->cap : 64;
	while (cap < b->len + more)
		cap *= 2;
	b->data = mem_grow(b->data, cap, 1);
	b->cap = cap;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
	if (!len)
		return;
	buf_reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_be(struct buf *b, uint64_t v, unsigned bytes)
{
	buf_reserve(b, bytes);
	for (unsigned i = 0; i < bytes; i++)
		b->data[b->len + i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	b->len += bytes;
}

void buf_put_u8(struct buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void buf_put_u16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void buf_put_varint(struct buf *b, uint64_t v)
{
	buf_reserve(b, 10);
	uint8_t *p = b->data + b->len;
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	b->len = (size_t)(p - b->data);
}

void buf_put_svarint(struct buf *b, int64_t v)
{
	buf_put_varint(b, ((uint64_t)v << 1) ^ -(uint64_t)(v < 0));
}

void buf_put_blob(struct buf *b, const void *data, size_t len)
{
	buf_put_varint(b, len);
	buf_put(b, data, len);
}

void buf_put_str(struct buf *b, const char *s)
{
	buf_put_blob(b, s, s ? strlen(s) : 0);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

void buf_consume(struct buf *b, size_t len)
{
	if (len >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
}

void buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

struct cursor cursor_of(const void *data, size_t len)
{
	return (struct cursor){.data = data, .len = data ? len : 0};
}

size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->len - c->at;
}

const uint8_t *cursor_bytes(struct cursor *c, size_t len)
{
	if (c->failed || len > c->len - c->at) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *p = c->data + c->at;
	c->at += len;
	return p;
}

static uint64_t get_be(struct cursor *c, unsigned bytes)
{
	const uint8_t *p = cursor_bytes(c, bytes);
	uint64_t v = 0;

	for (unsigned i = 0; p && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)get_be(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)get_be(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)get_be(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return get_be(c, 8);
}

uint64_t cursor_varint(struct cursor *c)
{
	uint64_t v = 0;

	if (!c->failed && c->at < c->len && c->data[c->at] < 0x80) /* most of a batch is small */
		return c->data[c->at++];

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (c->failed || c->at >= c->len)
			break;
		uint8_t byte = c->data[c->at++];
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->failed = true;
	return 0;
}

int64_t cursor_svarint(struct cursor *c)
{
	uint64_t v = cursor_varint(c);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

const uint8_t *cursor_blob(struct cursor *c, size_t *len)
{
	uint64_t n = cursor_varint(c);

	*len = 0;
	if (n > cursor_left(c)) {
		c->failed = true;
		return NULL;
	}
	*len = (size_t)n;
	return cursor_bytes(c, (size_t)n);
}

void cursor_str(struct cursor *c, char *out, size_t size)
{
	size_t len;
	const uint8_t *p = cursor_blob(c, &len);

	out[0] = 0;
	if (!p)
		return;
	if (len >= size || memchr(p, 0, len)) {
		c->failed = true;
		return;
	}
	memcpy(out, p, len);
	out[len] = 0;
}
