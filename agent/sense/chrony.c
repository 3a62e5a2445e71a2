#include "agent/sense/chrony.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define VERSION 6
#define TYPE_REQUEST 1
#define TYPE_REPLY 2
#define COMMAND_TRACKING 33
#define REPLY_TRACKING 5
#define STATUS_SUCCESS 0
#define STATUS_UNAUTHORISED 2
#define ADDRESS_BYTES 20 /* of candm.h's IPAddr */

void chrony_ask(struct buf *out, uint32_t sequence)
{
	static const uint8_t padding[CHRONY_TRACKING_BYTES];

	buf_put_u8(out, VERSION);
	buf_put_u8(out, TYPE_REQUEST);
	buf_put_u16(out, 0);
	buf_put_u16(out, COMMAND_TRACKING);
	buf_put_u16(out, 0); /* attempt */
	buf_put_u32(out, sequence);
	buf_put(out, padding, CHRONY_TRACKING_BYTES - 12);
}

/* 7 bits of exponent, 25 of coefficient, both signed: coefficient * 2^(exponent - 25). */
static double get_float(struct cursor *c)
{
	uint32_t bits = cursor_u32(c);
	int exponent = (int)(bits >> 25), coefficient = (int)(bits & 0x1ffffff);

	if (exponent >= 1 << 6)
		exponent -= 1 << 7;
	if (coefficient >= 1 << 24)
		coefficient -= 1 << 25;
	return ldexp(coefficient, exponent - 25);
}

int chrony_answer(const void *data, size_t len, uint32_t sequence, struct chrony_tracking *out)
{
	struct cursor c = cursor_of(data, len);
	unsigned version = cursor_u8(&c), type = cursor_u8(&c);
	unsigned command, reply, status;

	cursor_u16(&c);
	command = cursor_u16(&c);
	reply = cursor_u16(&c);
	status = cursor_u16(&c);
	cursor_bytes(&c, 6);
	if (cursor_u32(&c) != sequence || c.failed)
		return c.failed ? -EPROTO : -EAGAIN;
	cursor_bytes(&c, 8);
	if (c.failed || version != VERSION || type != TYPE_REPLY || command != COMMAND_TRACKING)
		return -EPROTO;
	if (status != STATUS_SUCCESS)
		return status == STATUS_UNAUTHORISED ? -EACCES : -EPROTO;
	memset(out, 0, sizeof(*out));
	out->reference = cursor_u32(&c);
	cursor_bytes(&c, ADDRESS_BYTES);
	out->stratum = cursor_u16(&c);
	out->leap = cursor_u16(&c);
	cursor_bytes(&c, 12); /* time of the last update */
	out->correction_s = get_float(&c);
	cursor_bytes(&c, 20); /* last and rms offset; frequency, its residual and skew */
	out->root_delay_s = get_float(&c);
	out->root_dispersion_s = get_float(&c);
	return c.failed || reply != REPLY_TRACKING || out->leap > CHRONY_LEAP_UNSYNCHRONISED ? -EPROTO : 0;
}
