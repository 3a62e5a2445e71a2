/*
 * buf: the only doors through which bytes are written and read.
 *
 * `struct buf` grows; `struct cursor` reads borrowed bytes and never walks past
 * their end: a getter that runs out marks the cursor failed and gives zero, so a
 * decoder checks `cursor.failed` once, at its end. Varints are LEB128, at most
 * 10 bytes; signed ones are zigzag. Fixed integers are big-endian.
 *
 * Runs in every process. Growing dies on lack of memory (log.h): callers cap what
 * a peer may make them hold before they call.
 */
#ifndef SANSANG_BUF_H
#define SANSANG_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* owned; NULL while cap is 0 */
	size_t len, cap;
};

void buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_varint(struct buf *b, uint64_t v);
void buf_put_svarint(struct buf *b, int64_t v);
/* A varint length, then the bytes; NULL is written as "". */
void buf_put_str(struct buf *b, const char *s);
void buf_put_blob(struct buf *b, const void *data, size_t len);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first `len` bytes. */
void buf_consume(struct buf *b, size_t len);
/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *b);
void buf_free(struct buf *b);

struct cursor {
	const uint8_t *data; /* borrowed */
	size_t len, at;
	bool failed;
};

struct cursor cursor_of(const void *data, size_t len);
size_t cursor_left(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
uint64_t cursor_varint(struct cursor *c);
int64_t cursor_svarint(struct cursor *c);
/* Borrowed pointer to the next `len` bytes, or NULL and failed. */
const uint8_t *cursor_bytes(struct cursor *c, size_t len);
/* Reads what buf_put_blob wrote; NULL and *len 0 when failed. */
const uint8_t *cursor_blob(struct cursor *c, size_t *len);
/* Reads what buf_put_str wrote into `out` with a NUL; too long or containing NUL: failed, out "". */
void cursor_str(struct cursor *c, char *out, size_t size);

#endif
