#include "agent/probe/ntp_packet.h"

#include <errno.h>
#include <string.h>

#include "common/buf.h"

#define EPOCH_S 2208988800u /* 1900 to 1970 */
#define NS 1000000000ll
#define VERSION 4
#define MODE_CLIENT 3
#define TRANSMIT_AT 40

void ntp_packet_encode(uint64_t origin, uint8_t out[NTP_PACKET_BYTES])
{
	memset(out, 0, NTP_PACKET_BYTES);
	out[0] = VERSION << 3 | MODE_CLIENT;
	for (unsigned i = 0; i < sizeof(origin); i++)
		out[TRANSMIT_AT + i] = (uint8_t)(origin >> 8 * (7 - i));
}

/* Seconds in the upper 16 bits, their fraction in the lower. */
static int64_t short_ns(uint32_t value)
{
	return (int64_t)((uint64_t)value * (uint64_t)NS >> 16);
}

static void read_kiss(const uint8_t *id, char kiss[5])
{
	for (unsigned i = 0; i < 4; i++)
		kiss[i] = (char)(id[i] > ' ' && id[i] < 0x7f ? id[i] : '\0');
	kiss[4] = '\0';
}

int ntp_packet_decode(const uint8_t *data, size_t len, struct ntp_answer *out)
{
	struct cursor c = cursor_of(data, len);
	unsigned first = cursor_u8(&c);
	const uint8_t *id;

	memset(out, 0, sizeof(*out));
	out->leap = first >> 6;
	out->version = first >> 3 & 7;
	out->mode = first & 7;
	out->stratum = cursor_u8(&c);
	cursor_u16(&c); /* poll interval, precision */
	out->delay_ns = short_ns(cursor_u32(&c));
	out->dispersion_ns = short_ns(cursor_u32(&c));
	id = cursor_bytes(&c, 4);
	if (id && !out->stratum)
		read_kiss(id, out->kiss);
	cursor_u64(&c); /* when it was set last */
	out->origin = cursor_u64(&c);
	out->received = cursor_u64(&c);
	out->sent = cursor_u64(&c);
	return c.failed ? -EBADMSG : 0;
}

uint64_t ntp_stamp(int64_t real_ns)
{
	int64_t s = real_ns / NS, rest_ns = real_ns % NS;

	if (rest_ns < 0) {
		s--;
		rest_ns += NS;
	}
	return ((uint64_t)s + EPOCH_S) << 32 | ((uint64_t)rest_ns << 32) / (uint64_t)NS;
}

int64_t ntp_between_ns(uint64_t from, uint64_t to)
{
	int64_t d = (int64_t)(to - from);
	int64_t s = d >> 32;

	return s * NS + (int64_t)(((uint64_t)d & 0xffffffff) * (uint64_t)NS >> 32);
}
