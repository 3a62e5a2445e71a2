#include "common/wire.h"

#include <errno.h>
#include <string.h>

#define HEAD_BYTES 4
#define VARINT_MAX 10

enum { TYPE_VARINT = 0, TYPE_FIXED64 = 1, TYPE_BYTES = 2, TYPE_FIXED32 = 5 };

/* One field of a protobuf message. */
struct field {
	unsigned number, type;
	uint64_t value; /* of TYPE_VARINT, TYPE_FIXED64 */
	const uint8_t *bytes;
	size_t len;
};

static uint64_t read_fixed64(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 8);
	uint64_t v = 0;

	for (unsigned i = 0; p && i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i); /* protobuf's fixed integers are little-endian */
	return v;
}

/* False at the end, and when the cursor has failed. */
static bool next_field(struct cursor *c, struct field *out)
{
	if (c->failed || !cursor_left(c))
		return false;
	uint64_t tag = cursor_varint(c);
	*out = (struct field){.number = (unsigned)(tag >> 3), .type = tag & 7};
	if (!out->number || tag >> 3 > 0x1fffffff)
		c->failed = true;
	if (out->type == TYPE_VARINT)
		out->value = cursor_varint(c);
	else if (out->type == TYPE_FIXED64)
		out->value = read_fixed64(c);
	else if (out->type == TYPE_BYTES)
		out->bytes = cursor_blob(c, &out->len);
	else if (out->type == TYPE_FIXED32)
		cursor_bytes(c, 4);
	else
		c->failed = true;
	return !c->failed;
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

/* ---- reading ---- */

ssize_t wire_next(const uint8_t *data, size_t len, size_t max, struct wire_frame *out)
{
	struct cursor c = cursor_of(data, len);
	uint32_t size = cursor_u32(&c);
	struct field f;

	*out = (struct wire_frame){0};
	if (c.failed)
		return 0;
	if (size > max)
		return -EMSGSIZE;
	const uint8_t *body = cursor_bytes(&c, size);
	if (c.failed)
		return 0;
	c = cursor_of(body, size);
	while (next_field(&c, &f))
		if (f.type == TYPE_BYTES && f.number < WIRE_KINDS)
			*out = (struct wire_frame){.kind = f.number, .body = f.bytes, .len = f.len};
	return c.failed ? -EBADMSG : (ssize_t)(HEAD_BYTES + size);
}

int wire_read_batch(const struct wire_frame *frame, struct wire_batch *out)
{
	struct cursor c = cursor_of(frame->body, frame->len);
	struct field f;
	bool boot = false;

	*out = (struct wire_batch){0};
	while (next_field(&c, &f)) {
		if (f.number == 1 && f.type == TYPE_FIXED64)
			out->epoch = f.value;
		else if (f.number == 2 && f.type == TYPE_VARINT)
			out->seq = f.value;
		else if (f.number == 3 && f.type == TYPE_BYTES && f.len == BOOT_ID_BYTES) {
			memcpy(out->boot_id, f.bytes, BOOT_ID_BYTES);
			boot = true;
		} else if (f.number == 4 && f.type == TYPE_VARINT)
			out->offset_known = f.value;
		else if (f.number == 5 && f.type == TYPE_VARINT)
			out->offset_ms = unzigzag(f.value);
		else if (f.number == 6 && f.type == TYPE_VARINT)
			out->wall_ms = (int64_t)f.value;
		else if (f.number == 7 && f.type == TYPE_BYTES) {
			out->body = f.bytes;
			out->len = f.len;
		}
	}
	return c.failed || !boot || !out->seq || !out->body ? -EBADMSG : 0;
}

int wire_read_ack(const struct wire_frame *frame, struct wire_ack *out)
{
	struct cursor c = cursor_of(frame->body, frame->len);
	struct field f;

	*out = (struct wire_ack){0};
	while (next_field(&c, &f)) {
		if (f.number == 1 && f.type == TYPE_FIXED64)
			out->epoch = f.value;
		else if (f.number == 2 && f.type == TYPE_VARINT)
			out->seq = f.value;
	}
	return c.failed ? -EBADMSG : 0;
}

int wire_read_heartbeat(const struct wire_frame *frame, struct wire_heartbeat *out)
{
	struct cursor c = cursor_of(frame->body, frame->len);
	struct field f;

	*out = (struct wire_heartbeat){0};
	while (next_field(&c, &f)) {
		if (f.type != TYPE_VARINT)
			continue;
		if (f.number == 1)
			out->boot_ms = (int64_t)f.value;
		else if (f.number == 2)
			out->wall_ms = (int64_t)f.value;
		else if (f.number == 3)
			out->backlog = f.value;
		else if (f.number == 4)
			out->offset_ms = unzigzag(f.value);
		else if (f.number == 5)
			out->echo_boot_ms = (int64_t)f.value;
		else if (f.number == 6)
			out->rtt_us = (uint32_t)f.value;
		else if (f.number == 7)
			out->segments_out = (uint32_t)f.value;
		else if (f.number == 8)
			out->segments_in = (uint32_t)f.value;
	}
	return c.failed ? -EBADMSG : 0;
}

bool wire_can(char *const *capabilities, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(capabilities[i], name))
			return true;
	return false;
}

/* ---- writing ---- */

static void put_tag(struct buf *out, unsigned number, unsigned type)
{
	buf_put_varint(out, number << 3 | type);
}

/* proto3: a zero is not sent. */
static void put_number(struct buf *out, unsigned number, uint64_t value)
{
	if (!value)
		return;
	put_tag(out, number, TYPE_VARINT);
	buf_put_varint(out, value);
}

static void put_fixed64(struct buf *out, unsigned number, uint64_t value)
{
	if (!value)
		return;
	put_tag(out, number, TYPE_FIXED64);
	for (unsigned i = 0; i < 8; i++)
		buf_put_u8(out, (uint8_t)(value >> (8 * i)));
}

static void put_bytes(struct buf *out, unsigned number, const void *data, size_t len)
{
	put_tag(out, number, TYPE_BYTES);
	buf_put_varint(out, len);
	buf_put(out, data, len);
}

static size_t varint_size(uint64_t v)
{
	size_t n = 1;

	while (v >>= 7)
		n++;
	return n;
}

/* The length, and Frame's own tag before a body of `len` bytes; kinds are below 16, so the tag is one byte. */
static void put_head(struct buf *out, enum wire_kind kind, size_t len)
{
	buf_reserve(out, HEAD_BYTES + 1 + VARINT_MAX + len);
	buf_put_u32(out, (uint32_t)(1 + varint_size(len) + len));
	put_tag(out, kind, TYPE_BYTES);
	buf_put_varint(out, len);
}

void wire_put(struct buf *out, enum wire_kind kind, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);

	put_head(out, kind, len);
	out->len += protobuf_c_message_pack(message, out->data + out->len);
}

static size_t number_size(uint64_t value)
{
	return value ? 1 + varint_size(value) : 0;
}

void wire_put_batch(struct buf *out, const struct wire_batch *b)
{
	size_t len = (b->epoch ? 9 : 0) + number_size(b->seq) + 2 + BOOT_ID_BYTES + number_size(b->offset_known) +
	             number_size(zigzag(b->offset_ms)) + number_size((uint64_t)b->wall_ms) + 1 + varint_size(b->len) +
	             b->len;

	put_head(out, WIRE_BATCH, len);
	put_fixed64(out, 1, b->epoch);
	put_number(out, 2, b->seq);
	put_bytes(out, 3, b->boot_id, BOOT_ID_BYTES);
	put_number(out, 4, b->offset_known);
	put_number(out, 5, zigzag(b->offset_ms));
	put_number(out, 6, (uint64_t)b->wall_ms);
	put_bytes(out, 7, b->body, b->len);
}

void wire_put_ack(struct buf *out, const struct wire_ack *a)
{
	put_head(out, WIRE_ACK, (a->epoch ? 9 : 0) + number_size(a->seq));
	put_fixed64(out, 1, a->epoch);
	put_number(out, 2, a->seq);
}

void wire_put_heartbeat(struct buf *out, const struct wire_heartbeat *h)
{
	const uint64_t values[] = {(uint64_t)h->boot_ms, (uint64_t)h->wall_ms, h->backlog, zigzag(h->offset_ms),
	        (uint64_t)h->echo_boot_ms, h->rtt_us, h->segments_out, h->segments_in};
	size_t len = 0;

	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		len += number_size(values[i]);
	put_head(out, WIRE_HEARTBEAT, len);
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		put_number(out, i + 1, values[i]);
}

void wire_put_refusal(struct buf *out, enum wire_refusal code, const char *text, uint32_t retry_after_s)
{
	Sansang__Refusal r = SANSANG__REFUSAL__INIT;

	r.code = code;
	r.text = (char *)text;
	r.retry_after_s = retry_after_s;
	wire_put(out, WIRE_REFUSAL, &r.base);
}
