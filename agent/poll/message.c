#include "agent/poll/message.h"

#include <errno.h>
#include <string.h>

enum { TAG_INTEGER = 0x02, TAG_BYTES = 0x04, TAG_NULL = 0x05, TAG_OID = 0x06, TAG_SEQUENCE = 0x30 };

/* ---- BER ---- */

static size_t ber_length(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	unsigned bytes = first & 0x7f;
	size_t len = 0;

	if (!(first & 0x80))
		return first;
	/* the indefinite form is not for SNMP; four bytes are beyond any datagram */
	if (!bytes || bytes > 4)
		c->failed = true;
	for (unsigned i = 0; i < bytes && !c->failed; i++)
		len = len << 8 | cursor_u8(c);
	return len;
}

/* The next thing's content; its tag in `tag`. */
static struct cursor ber_any(struct cursor *c, uint8_t *tag)
{
	size_t len;
	const uint8_t *data;

	*tag = cursor_u8(c);
	len = ber_length(c);
	data = cursor_bytes(c, len);
	return data || (!len && !c->failed) ? cursor_of(data, len) : (struct cursor){.failed = true};
}

static struct cursor ber_of(struct cursor *c, uint8_t wanted)
{
	uint8_t tag;
	struct cursor inner = ber_any(c, &tag);

	if (tag != wanted)
		c->failed = inner.failed = true;
	return inner;
}

static uint64_t number_of(const uint8_t *data, size_t len, bool is_signed)
{
	uint64_t v = is_signed && len && data[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | data[i];
	return v;
}

static int64_t ber_integer(struct cursor *c)
{
	struct cursor inner = ber_of(c, TAG_INTEGER);

	if (inner.failed || !inner.len || inner.len > 9) {
		c->failed = true;
		return 0;
	}
	return (int64_t)number_of(inner.data, inner.len, true);
}

/* 0: not an OID. */
static size_t unfold_oid(const uint8_t *data, size_t len, unsigned long out[MESSAGE_OID_MAX])
{
	size_t count = 1;
	uint64_t v = 0;

	if (!len || data[len - 1] & 0x80)
		return 0;
	for (size_t i = 0; i < len; i++) {
		v = v << 7 | (data[i] & 0x7f);
		if (v > UINT32_MAX || count >= MESSAGE_OID_MAX)
			return 0;
		if (data[i] & 0x80)
			continue;
		out[count++] = v;
		v = 0;
	}
	/* the first number holds two */
	out[0] = out[1] < 40 ? 0 : out[1] < 80 ? 1 : 2;
	out[1] -= 40 * out[0];
	return count;
}

/* ---- v1 and v2c ---- */

int message_read(const void *data, size_t len, struct message *out)
{
	struct cursor all = cursor_of(data, len), message = ber_of(&all, TAG_SEQUENCE), community, pdu;
	int64_t version;

	memset(out, 0, sizeof(*out));
	version = ber_integer(&message);
	community = ber_of(&message, TAG_BYTES);
	pdu = ber_any(&message, &out->pdu);
	if (all.failed || message.failed || version < 0 || version > 1 || out->pdu < 0xa0 || out->pdu > 0xa8 ||
	        out->pdu == MESSAGE_TRAP_V1)
		return -EBADMSG;
	out->version = (int)version;
	out->community = community.data;
	out->community_len = community.len;
	out->request_id = ber_integer(&pdu);
	out->error = ber_integer(&pdu);
	out->error_index = ber_integer(&pdu);
	out->varbinds = ber_of(&pdu, TAG_SEQUENCE);
	return pdu.failed || out->varbinds.failed ? -EBADMSG : 0;
}

/* False: of no shape that its tag may have. */
static bool value_read(const struct cursor *value, struct message_room *room, struct varbind *v)
{
	switch (v->type) {
	case VARBIND_INTEGER:
	case VARBIND_COUNTER:
	case VARBIND_GAUGE:
	case VARBIND_TICKS:
	case VARBIND_COUNTER64:
		if (!value->len || value->len > 9)
			return false;
		v->number = number_of(value->data, value->len, v->type == VARBIND_INTEGER);
		/* some devices write a counter of 32 bits as a negative one */
		if (v->type != VARBIND_COUNTER64 && v->type != VARBIND_INTEGER)
			v->number &= UINT32_MAX;
		return true;
	case VARBIND_OID:
		v->name = room->object;
		v->len = unfold_oid(value->data, value->len, room->object);
		return v->len > 0;
	case VARBIND_ADDRESS:
		if (value->len != 4)
			return false;
		/* fall through */
	default:
		v->bytes = value->data;
		v->len = value->len;
		return true;
	}
}

bool message_next(struct cursor *varbinds, struct message_room *room, struct varbind *v)
{
	struct cursor one, name, value;

	if (!cursor_left(varbinds) || varbinds->failed)
		return false;
	one = ber_of(varbinds, TAG_SEQUENCE);
	name = ber_of(&one, TAG_OID);
	memset(v, 0, sizeof(*v));
	value = ber_any(&one, &v->type);
	v->oid = room->name;
	v->oid_len = one.failed ? 0 : unfold_oid(name.data, name.len, room->name);
	if (varbinds->failed || !v->oid_len || !value_read(&value, room, v)) {
		varbinds->failed = true;
		return false;
	}
	return true;
}

int message_trap_v1_read(const void *data, size_t len, struct message_room *room, struct message_trap_v1 *out)
{
	struct cursor all = cursor_of(data, len), message = ber_of(&all, TAG_SEQUENCE), community, pdu, enterprise,
	              agent;
	int64_t version = ber_integer(&message);

	memset(out, 0, sizeof(*out));
	community = ber_of(&message, TAG_BYTES);
	pdu = ber_of(&message, MESSAGE_TRAP_V1);
	out->community = community.data;
	out->community_len = community.len;
	enterprise = ber_of(&pdu, TAG_OID);
	out->enterprise.type = VARBIND_OID;
	out->enterprise.name = room->object;
	out->enterprise.len = pdu.failed ? 0 : unfold_oid(enterprise.data, enterprise.len, room->object);
	agent = ber_of(&pdu, VARBIND_ADDRESS);
	if (agent.len == sizeof(out->agent))
		memcpy(out->agent, agent.data, sizeof(out->agent));
	out->generic = ber_integer(&pdu);
	out->specific = ber_integer(&pdu);
	ber_of(&pdu, VARBIND_TICKS);
	out->varbinds = ber_of(&pdu, TAG_SEQUENCE);
	return message.failed || pdu.failed || version || !out->enterprise.len ? -EBADMSG : 0;
}

int message_version(const void *data, size_t len)
{
	struct cursor all = cursor_of(data, len), message = ber_of(&all, TAG_SEQUENCE);
	int64_t version = ber_integer(&message);

	return message.failed || version < 0 || version > 3 ? -1 : (int)version;
}

size_t message_pdu_at(const void *data, size_t len)
{
	struct cursor all = cursor_of(data, len), message = ber_of(&all, TAG_SEQUENCE);

	ber_integer(&message);
	ber_of(&message, TAG_BYTES);
	return message.failed || !cursor_left(&message) ? 0
	                                                : (size_t)(message.data - (const uint8_t *)data) + message.at;
}

/* ---- v3's head ---- */

static void security_read(struct cursor security, struct message_head *out, bool *failed)
{
	struct cursor usm = ber_of(&security, TAG_SEQUENCE), engine = ber_of(&usm, TAG_BYTES), user;

	out->boots = (uint32_t)ber_integer(&usm);
	out->time_s = (uint32_t)ber_integer(&usm);
	user = ber_of(&usm, TAG_BYTES);
	out->engine = engine.data;
	out->engine_len = engine.len;
	out->user = user.data;
	out->user_len = user.len;
	*failed |= security.failed || usm.failed || engine.len > MESSAGE_ENGINE_MAX || user.len > MESSAGE_ENGINE_MAX;
}

int message_head_read(const void *data, size_t len, struct message_head *out)
{
	struct cursor all = cursor_of(data, len), message = ber_of(&all, TAG_SEQUENCE), head, flags, security, scoped;
	int64_t version = ber_integer(&message), model;
	bool failed = false;

	memset(out, 0, sizeof(*out));
	head = ber_of(&message, TAG_SEQUENCE);
	out->id = ber_integer(&head);
	ber_integer(&head); /* the most that it takes */
	flags = ber_of(&head, TAG_BYTES);
	model = ber_integer(&head);
	out->flags = cursor_u8(&flags);
	security = ber_of(&message, TAG_BYTES);
	if (message.failed || head.failed || flags.failed || version != 3 || model != 3)
		return -EBADMSG;
	security_read(security, out, &failed);
	if (!(out->flags & 2)) {
		scoped = ber_of(&message, TAG_SEQUENCE);
		ber_of(&scoped, TAG_BYTES);
		ber_of(&scoped, TAG_BYTES);
		out->pdu = cursor_u8(&scoped);
		failed |= scoped.failed;
	}
	return failed ? -EBADMSG : 0;
}

void message_discovery(uint32_t id, uint8_t out[MESSAGE_DISCOVERY_BYTES])
{
	static const uint8_t template[MESSAGE_DISCOVERY_BYTES] = {0x30, 0x3e, 0x02, 0x01, 0x03, /* version */
	        0x30, 0x11, 0x02, 0x04, 0, 0, 0, 0, 0x02, 0x03, 0x00, 0xff, 0xe3, 0x04, 0x01, 0x04, 0x02, 0x01,
	        0x03, /* message id at 9, most bytes, reportable, USM */
	        0x04, 0x10, 0x30, 0x0e, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04,
	        0x00, /* nobody */
	        0x30, 0x14, 0x04, 0x00, 0x04, 0x00, 0xa0, 0x0e, 0x02, 0x04, 0, 0, 0, 0, 0x02, 0x01, 0x00, 0x02, 0x01,
	        0x00, 0x30, 0x00}; /* a GET of nothing, request id at 52 */

	memcpy(out, template, MESSAGE_DISCOVERY_BYTES);
	for (unsigned i = 0; i < 4; i++)
		out[9 + i] = out[52 + i] = (uint8_t)((id & 0x7fffffff) >> (24 - 8 * i));
}
