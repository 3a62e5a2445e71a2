#include "agent/probe/echo.h"

#include <errno.h>
#include <string.h>

#define REPLY_V4 0
#define REQUEST_V4 8
#define REQUEST_V6 128
#define REPLY_V6 129

/* RFC 1071 over an even number of bytes. */
static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *put(uint8_t *to, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	return to + bytes;
}

void echo_encode(const struct echo *e, bool v6, uint8_t out[ECHO_PACKET_BYTES])
{
	uint8_t *to = out;

	memset(out, 0, ECHO_PACKET_BYTES);
	to = put(to, v6 ? REQUEST_V6 : REQUEST_V4, 1);
	to = put(to, 0, 3); /* code, checksum */
	to = put(to, e->id, 2);
	to = put(to, e->seq, 2);
	memcpy(to, e->cookie, ECHO_COOKIE_BYTES);
	to = put(to + ECHO_COOKIE_BYTES, e->slot, 4);
	put(to, e->run, 4);
	if (!v6)
		put(out + 2, checksum(out, ECHO_PACKET_BYTES), 2);
}

/* id, seq and our payload. */
static int read_body(struct cursor *c, struct echo *out)
{
	const uint8_t *cookie;

	out->id = cursor_u16(c);
	out->seq = cursor_u16(c);
	cookie = cursor_bytes(c, ECHO_COOKIE_BYTES);
	if (cookie)
		memcpy(out->cookie, cookie, ECHO_COOKIE_BYTES);
	out->slot = cursor_u32(c);
	out->run = cursor_u32(c);
	return c->failed ? -EBADMSG : 0;
}

int echo_decode(const uint8_t *data, size_t len, bool v6, bool ip_header, struct echo *out)
{
	struct cursor c = cursor_of(data, len);

	if (ip_header) {
		unsigned words = cursor_u8(&c);

		if (words >> 4 != 4 || (words & 15) < 5)
			return -EBADMSG;
		cursor_bytes(&c, (size_t)(words & 15) * 4 - 1);
		/* a raw socket gets what the kernel has not checked */
		if (cursor_left(&c) != ECHO_PACKET_BYTES || checksum(c.data + c.at, ECHO_PACKET_BYTES))
			return -EBADMSG;
	}
	if (cursor_u8(&c) != (v6 ? REPLY_V6 : REPLY_V4) || cursor_u8(&c) != 0)
		return -EBADMSG;
	cursor_u16(&c);
	return read_body(&c, out);
}

int echo_find(const uint8_t *data, size_t len, const uint8_t cookie[ECHO_COOKIE_BYTES], struct echo *out)
{
	const uint8_t *at = len ? memmem(data, len, cookie, ECHO_COOKIE_BYTES) : NULL;
	struct cursor c;

	if (!at || at - data < 4)
		return -EBADMSG;
	c = cursor_of(at - 4, len - (size_t)(at - data) + 4);
	return read_body(&c, out);
}
