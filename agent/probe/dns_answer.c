#include "agent/probe/dns_answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"

#define FLAG_RESPONSE 0x8000
#define OPCODE_MASK 0x7800
#define CODE_MASK 0x000f
#define CLASS_IN 1
#define NAME_MAX_BYTES 255

/* A pointer ends a name: where it leads does not matter here. */
static void skip_name(struct cursor *c)
{
	size_t from = c->at;

	while (!c->failed && c->at - from <= NAME_MAX_BYTES) {
		uint8_t len = cursor_u8(c);

		if (!len)
			return;
		if (len >> 6 == 3) {
			cursor_u8(c);
			return;
		}
		if (len >> 6)
			break;
		cursor_bytes(c, len);
	}
	c->failed = true;
}

static void take_address(struct dns_answer *out, const union probe_address *a, const union probe_address *expect)
{
	out->addresses++;
	if (out->shown < DNS_SHOWN_MAX)
		out->show[out->shown++] = *a;
	if (expect->any.sa_family && probe_address_equal(a, expect))
		out->expected = true;
}

static void read_record(struct cursor *c, const union probe_address *expect, struct dns_answer *out)
{
	union probe_address a = {0};
	uint16_t type, class, len;
	const uint8_t *data;

	skip_name(c);
	type = cursor_u16(c);
	class = cursor_u16(c);
	cursor_u32(c); /* how long it may be kept */
	len = cursor_u16(c);
	data = cursor_bytes(c, len);
	if (!data || class != CLASS_IN)
		return;
	if (type == DNS_A && len == sizeof(a.v4.sin_addr)) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, data, len);
		take_address(out, &a, expect);
	} else if (type == DNS_AAAA && len == sizeof(a.v6.sin6_addr)) {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, data, len);
		take_address(out, &a, expect);
	} else if (type == DNS_A || type == DNS_AAAA) {
		c->failed = true;
	}
}

int dns_answer_decode(const uint8_t *data, size_t len, const union probe_address *expect, struct dns_answer *out)
{
	struct cursor c = cursor_of(data, len);
	uint16_t flags, questions, answers;

	memset(out, 0, sizeof(*out));
	cursor_u16(&c); /* id: the caller's */
	flags = cursor_u16(&c);
	questions = cursor_u16(&c);
	answers = cursor_u16(&c);
	cursor_u32(&c); /* authority and additional records: not looked at */
	if (!(flags & FLAG_RESPONSE) || flags & OPCODE_MASK)
		return -EBADMSG;
	out->code = flags & CODE_MASK;
	for (unsigned i = 0; i < questions && !c.failed; i++) {
		skip_name(&c);
		cursor_u32(&c);
	}
	for (unsigned i = 0; i < answers && !c.failed; i++) {
		read_record(&c, expect, out);
		out->records++;
	}
	return c.failed ? -EBADMSG : 0;
}

const char *dns_code_name(unsigned code, char room[16])
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

	if (code < sizeof(names) / sizeof(names[0]))
		return names[code];
	snprintf(room, 16, "code %u", code & CODE_MASK);
	return room;
}
