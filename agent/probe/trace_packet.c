#include "agent/probe/trace_packet.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <time.h>

/* ---- echoes ---- */

/* RFC 1071; a last odd byte stands for the high half. */
static uint16_t checksum_of(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	if (len % 2)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_u16(uint8_t *to, uint16_t v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

void trace_echo_encode(const struct trace_echo *e, bool v6, bool checksum, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	out[0] = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put_u16(out + 4, e->id);
	put_u16(out + 6, e->seq);
	memcpy(out + 8, e->cookie, TRACE_COOKIE_BYTES);
	if (checksum)
		put_u16(out + 2, checksum_of(out, len));
}

static int read_echo(struct cursor *c, uint8_t type, bool whole, struct trace_echo *out)
{
	const uint8_t *cookie;

	memset(out, 0, sizeof(*out));
	if (cursor_u8(c) != type || cursor_u8(c))
		return -EBADMSG;
	cursor_u16(c);
	out->id = cursor_u16(c);
	out->seq = cursor_u16(c);
	if (whole || cursor_left(c) >= TRACE_COOKIE_BYTES) {
		cookie = cursor_bytes(c, TRACE_COOKIE_BYTES);
		if (cookie)
			memcpy(out->cookie, cookie, TRACE_COOKIE_BYTES);
	}
	return c->failed ? -EBADMSG : 0;
}

int trace_echo_decode(const uint8_t *data, size_t len, bool v6, bool ip_header, struct trace_echo *out)
{
	struct cursor c = cursor_of(data, len);

	if (ip_header) {
		unsigned words = cursor_u8(&c);

		if (words >> 4 != 4 || (words & 15) < 5)
			return -EBADMSG;
		cursor_bytes(&c, (size_t)(words & 15) * 4 - 1);
	}
	return read_echo(&c, v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY, true, out);
}

int trace_quote_decode(const uint8_t *data, size_t len, bool v6, struct trace_echo *out)
{
	struct cursor c = cursor_of(data, len);

	return read_echo(&c, v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO, false, out);
}

int trace_echo_find(const uint8_t *data, size_t len, const uint8_t cookie[TRACE_COOKIE_BYTES], uint16_t *seq)
{
	const uint8_t *at = len ? memmem(data, len, cookie, TRACE_COOKIE_BYTES) : NULL;
	struct cursor c;

	if (!at || at - data < 2)
		return -EBADMSG;
	c = cursor_of(at - 2, 2);
	*seq = cursor_u16(&c);
	return 0;
}

/* ---- control bytes ---- */

static void take_stamp(struct cursor *c, struct trace_control *out)
{
	const uint8_t *bytes = cursor_bytes(c, sizeof(struct timespec));
	struct timespec t;

	if (!bytes)
		return;
	memcpy(&t, bytes, sizeof(t)); /* the first of three is the software's */
	if (t.tv_sec > 0 && t.tv_sec < INT64_MAX / 1000000000 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000)
		out->stamp_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void take_error(struct cursor *c, struct trace_control *out)
{
	const uint8_t *bytes = cursor_bytes(c, sizeof(struct sock_extended_err)), *from;
	struct sock_extended_err e;
	size_t left = cursor_left(c);
	sa_family_t family = AF_UNSPEC;

	if (!bytes)
		return;
	memcpy(&e, bytes, sizeof(e));
	out->origin = e.ee_origin;
	out->type = e.ee_type;
	out->code = e.ee_code;
	out->info = e.ee_info;
	out->error = (int)(e.ee_errno & 0xffff);
	from = cursor_bytes(c, left);
	if (!from || left < sizeof(family))
		return;
	memcpy(&family, from, sizeof(family));
	if (family == AF_INET && left >= sizeof(out->from.v4))
		memcpy(&out->from.v4, from, sizeof(out->from.v4));
	else if (family == AF_INET6 && left >= sizeof(out->from.v6))
		memcpy(&out->from.v6, from, sizeof(out->from.v6));
}

void trace_control_decode(const uint8_t *control, size_t len, struct trace_control *out)
{
	struct cursor c = cursor_of(control, len), body;
	struct cmsghdr h;

	memset(out, 0, sizeof(*out));
	while (cursor_left(&c) >= sizeof(h)) {
		size_t size, padding;
		const uint8_t *data;

		memcpy(&h, cursor_bytes(&c, sizeof(h)), sizeof(h));
		if (h.cmsg_len < CMSG_LEN(0) || h.cmsg_len - CMSG_LEN(0) > cursor_left(&c))
			return;
		size = h.cmsg_len - CMSG_LEN(0);
		data = cursor_bytes(&c, size);
		body = cursor_of(data, size);
		if (h.cmsg_level == SOL_SOCKET && h.cmsg_type == SO_TIMESTAMPING)
			take_stamp(&body, out);
		else if ((h.cmsg_level == IPPROTO_IP && h.cmsg_type == IP_RECVERR) ||
		         (h.cmsg_level == IPPROTO_IPV6 && h.cmsg_type == IPV6_RECVERR))
			take_error(&body, out);
		padding = CMSG_ALIGN(size) - size;
		cursor_bytes(&c, padding < cursor_left(&c) ? padding : cursor_left(&c));
	}
}

/* ---- meaning ---- */

#define ANY 255

static const struct meaning {
	uint8_t origin, type, code;
	enum trace_answer_kind kind;
	enum reason reason;
} meanings[] = {
        {SO_EE_ORIGIN_ICMP, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, TRACE_PASSED_ON, REASON_OK},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, TRACE_TOO_BIG, REASON_OK},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_NET_ANO, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_HOST_ANO, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, TRACE_ARRIVED, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, TRACE_ARRIVED, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP, ICMP_DEST_UNREACH, ANY, TRACE_STOPPED, REASON_UNREACHABLE},
        {SO_EE_ORIGIN_ICMP6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, TRACE_PASSED_ON, REASON_OK},
        {SO_EE_ORIGIN_ICMP6, ICMP6_PACKET_TOO_BIG, ANY, TRACE_TOO_BIG, REASON_OK},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, 5 /* source fails a policy */, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, 6 /* a rejecting route */, TRACE_STOPPED, REASON_PROHIBITED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, TRACE_ARRIVED, REASON_REFUSED},
        {SO_EE_ORIGIN_ICMP6, ICMP6_DST_UNREACH, ANY, TRACE_STOPPED, REASON_UNREACHABLE},
};

static const struct meaning *meaning_of(const struct trace_control *c)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].origin == c->origin && meanings[i].type == c->type &&
		        (meanings[i].code == c->code || meanings[i].code == ANY))
			return &meanings[i];
	return NULL;
}

bool trace_error_meaning(
        const struct trace_control *c, const union probe_address *target, bool ports, struct trace_answer *out)
{
	const struct meaning *m = meaning_of(c);

	out->from = c->from;
	out->reason = REASON_OK;
	out->mtu = c->info < 65536 ? c->info : 0;
	if (c->origin == SO_EE_ORIGIN_LOCAL && c->error == EMSGSIZE) {
		out->kind = TRACE_TOO_BIG;
		memset(&out->from, 0, sizeof(out->from));
		return true;
	}
	if (!m || !c->from.any.sa_family)
		return false;
	out->kind = m->kind;
	out->reason = m->reason;
	if (m->kind == TRACE_ARRIVED && !probe_address_equal(&c->from, target)) {
		/* a firewall that refuses in the target's name, but under its own */
		out->kind = TRACE_STOPPED;
		out->reason = REASON_PROHIBITED;
	} else if (m->kind == TRACE_ARRIVED && ports) {
		out->reason = REASON_OK;
	}
	return true;
}
