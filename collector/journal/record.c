#include "collector/journal/record.h"

#include <errno.h>
#include <string.h>

static void put_name(struct buf *out, const char *name, size_t len)
{
	buf_put_u8(out, (uint8_t)len);
	buf_put(out, name, len);
	buf_put_u8(out, 0);
}

static const char *get_name(struct cursor *c)
{
	size_t len = cursor_u8(c);
	const uint8_t *p = cursor_bytes(c, len + 1);

	if (!p || p[len] != 0) {
		c->failed = true;
		return "";
	}
	return (const char *)p;
}

int record_pack(struct buf *out, const struct record *r, int64_t at_ms)
{
	size_t node_len = r->node ? strlen(r->node) : 0, key_len = r->key ? strlen(r->key) : 0;
	uint32_t flags = r->flags & ~RECORD_STREAM;

	if (node_len > RECORD_NAME_MAX || key_len > RECORD_NAME_MAX)
		return -EINVAL;
	if (r->kind == RECORD_BATCH || r->kind == RECORD_GAP)
		flags |= RECORD_STREAM;
	buf_reserve(out, 64 + node_len + key_len + r->body_len);
	buf_put_u8(out, (uint8_t)r->kind);
	buf_put_varint(out, flags);
	buf_put_svarint(out, at_ms);
	put_name(out, r->node, node_len);
	put_name(out, r->key, key_len);
	if (flags & RECORD_STREAM) {
		buf_put_u64(out, r->epoch);
		buf_put_varint(out, r->seq);
		buf_put(out, r->boot, BOOT_ID_BYTES);
		buf_put_svarint(out, r->offset_ms);
	}
	buf_put_blob(out, r->body, r->body_len);
	return 0;
}

int record_unpack(struct cursor *c, struct record *r)
{
	memset(r, 0, sizeof(*r));
	r->kind = cursor_u8(c);
	r->flags = (uint32_t)cursor_varint(c);
	r->at_ms = cursor_svarint(c);
	r->node = get_name(c);
	r->key = get_name(c);
	if (r->flags & RECORD_STREAM) {
		r->epoch = cursor_u64(c);
		r->seq = cursor_varint(c);
		const uint8_t *boot = cursor_bytes(c, BOOT_ID_BYTES);
		if (boot)
			memcpy(r->boot, boot, BOOT_ID_BYTES);
		r->offset_ms = cursor_svarint(c);
	}
	r->body = cursor_blob(c, &r->body_len);
	return c->failed ? -EBADMSG : 0;
}
