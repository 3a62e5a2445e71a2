/*
 * fake: a make-believe device for tests of agent/poll: answers SNMP v1 and v2c on loopback inside the test's loop, well or badly.
 */
#ifndef SANSANG_TEST_FAKE_H
#define SANSANG_TEST_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/poll/message.h"
#include "common/buf.h"

#define FAKE_ROWS 4096

enum fake_fault {
	FAKE_MUTE = 1 << 0,
	FAKE_NO_BULK = 1 << 1,     /* never answers GETBULK */
	FAKE_LOOP = 1 << 2,        /* the successor of the last row is the first */
	FAKE_GARBAGE = 1 << 3,     /* says noise before each answer */
	FAKE_CUT = 1 << 4,         /* answers are cut in the middle */
	FAKE_WRONG_ID = 1 << 5,    /* an answer with another id before the right one */
	FAKE_WRONG_PEER = 1 << 6,  /* answers from another port first, with wrong values */
	FAKE_TWICE = 1 << 7,       /* each answer comes twice */
	FAKE_BULK_ERROR = 1 << 8,  /* genErr without an index to every GETBULK */
	FAKE_EMPTY_BULK = 1 << 9,  /* an answer without varbinds to GETBULK */
	FAKE_REVERSED = 1 << 10,   /* GETBULK's columns come in the wrong order */
	FAKE_SKIP_FIRST = 1 << 11, /* the first sending of each request is lost */
	FAKE_LATE = 1 << 12,       /* answers come when the question was repeated already */
};

struct fake_row {
	unsigned long oid[32];
	size_t oid_len;
	uint8_t type;
	uint64_t number;
	char bytes[64];
	size_t len;
};

struct fake {
	uv_udp_t udp, other;
	uv_timer_t late;
	struct buf waiting; /* of FAKE_LATE */
	struct sockaddr_storage waits;
	uint16_t port;
	unsigned faults;
	size_t most_varbinds; /* of an answer: the rest is left out; 0: no limit */
	size_t lost_from;     /* answers of more varbinds never come; 0: all do */
	size_t too_big;       /* more varbinds than that are tooBig; 0: no limit */
	unsigned requests, bulks, gets;
	int64_t last_id;
	struct fake_row rows[FAKE_ROWS];
	size_t count;
	char room[65536];
};

static size_t fake_oid(const char *text, unsigned long *out)
{
	size_t len = 0;
	char *end;

	while (*text) {
		out[len++] = strtoul(text, &end, 10);
		text = *end ? end + 1 : end;
	}
	return len;
}

static int fake_row_compare(const void *a, const void *b)
{
	const struct fake_row *x = a, *y = b;

	for (size_t i = 0; i < x->oid_len && i < y->oid_len; i++)
		if (x->oid[i] != y->oid[i])
			return x->oid[i] < y->oid[i] ? -1 : 1;
	return x->oid_len < y->oid_len ? -1 : x->oid_len > y->oid_len;
}

/* Sets or replaces a row; text NULL: a number. */
static void fake_put(struct fake *d, const char *oid, uint8_t type, uint64_t number, const char *text)
{
	struct fake_row row = {.type = type, .number = number};
	size_t i;

	row.oid_len = fake_oid(oid, row.oid);
	if (text) {
		row.len = strlen(text);
		memcpy(row.bytes, text, row.len);
	}
	for (i = 0; i < d->count && fake_row_compare(&d->rows[i], &row); i++)
		;
	if (i == d->count)
		d->count++;
	d->rows[i] = row;
	qsort(d->rows, d->count, sizeof(row), fake_row_compare);
}

static void fake_remove(struct fake *d, const char *prefix)
{
	unsigned long oid[32];
	size_t len = fake_oid(prefix, oid), kept = 0;

	for (size_t i = 0; i < d->count; i++)
		if (d->rows[i].oid_len < len || memcmp(d->rows[i].oid, oid, len * sizeof(oid[0])))
			d->rows[kept++] = d->rows[i];
	d->count = kept;
}

/* ---- writing BER ---- */

static void fake_tlv(struct buf *b, uint8_t tag, const void *data, size_t len)
{
	buf_put_u8(b, tag);
	if (len < 128) {
		buf_put_u8(b, (uint8_t)len);
	} else {
		buf_put_u8(b, 0x82);
		buf_put_u16(b, (uint16_t)len);
	}
	buf_put(b, data, len);
}

static void fake_number(struct buf *b, uint8_t tag, uint64_t v, bool is_signed)
{
	uint8_t bytes[9];
	size_t at = 9;

	do {
		bytes[--at] = (uint8_t)v;
		v = is_signed ? (uint64_t)((int64_t)v >> 8) : v >> 8;
	} while (at > 1 && !(is_signed ? (v == 0 && !(bytes[at] & 0x80)) || (v == UINT64_MAX && bytes[at] & 0x80)
	                               : v == 0 && !(bytes[at] & 0x80)));
	fake_tlv(b, tag, bytes + at, 9 - at);
}

static void fake_name(struct buf *b, const unsigned long *oid, size_t len)
{
	uint8_t bytes[256];
	size_t at = 0;

	for (size_t i = 1; i < len; i++) {
		unsigned long v = i == 1 ? oid[0] * 40 + oid[1] : oid[i];

		for (int shift = 28; shift > 0; shift -= 7)
			if (v >> shift)
				bytes[at++] = (uint8_t)(0x80 | (v >> shift & 0x7f));
		bytes[at++] = (uint8_t)(v & 0x7f);
	}
	fake_tlv(b, 0x06, bytes, at);
}

static void fake_varbind(
        struct buf *out, const unsigned long *oid, size_t oid_len, const struct fake_row *row, uint8_t exception)
{
	struct buf one = {0};

	fake_name(&one, oid, oid_len);
	if (!row) {
		fake_tlv(&one, exception, "", 0);
	} else if (row->type == VARBIND_BYTES || row->type == VARBIND_ADDRESS || row->type == VARBIND_OPAQUE) {
		fake_tlv(&one, row->type, row->bytes, row->len);
	} else if (row->type == VARBIND_OID) {
		unsigned long oid_value[32];

		fake_name(&one, oid_value, fake_oid(row->bytes, oid_value));
	} else {
		fake_number(&one, row->type, row->number, row->type == VARBIND_INTEGER);
	}
	fake_tlv(out, 0x30, one.data, one.len);
	buf_free(&one);
}

static void fake_message(
        struct buf *out, const struct message *m, int64_t id, int64_t error, int64_t index, const struct buf *varbinds)
{
	struct buf pdu = {0}, all = {0};

	fake_number(&pdu, 0x02, (uint64_t)id, true);
	fake_number(&pdu, 0x02, (uint64_t)error, true);
	fake_number(&pdu, 0x02, (uint64_t)index, true);
	fake_tlv(&pdu, 0x30, varbinds->data, varbinds->len);
	fake_number(&all, 0x02, (uint64_t)m->version, true);
	fake_tlv(&all, 0x04, m->community, m->community_len);
	fake_tlv(&all, MESSAGE_RESPONSE, pdu.data, pdu.len);
	fake_tlv(out, 0x30, all.data, all.len);
	buf_free(&pdu);
	buf_free(&all);
}

/* ---- answering ---- */

static const struct fake_row *fake_find(struct fake *d, const unsigned long *oid, size_t len, bool next)
{
	struct fake_row at;

	memcpy(at.oid, oid, len * sizeof(oid[0]));
	at.oid_len = len;
	for (size_t i = 0; i < d->count; i++) {
		int c = fake_row_compare(&d->rows[i], &at);

		if (next ? c > 0 : !c)
			return &d->rows[i];
	}
	return next && d->faults & FAKE_LOOP ? &d->rows[0] : NULL;
}

static void fake_send(struct fake *d, uv_udp_t *from, const struct sockaddr *to, struct buf *b, size_t len)
{
	uv_buf_t out = uv_buf_init((char *)b->data, (unsigned)len);

	(void)d;
	uv_udp_try_send(from, &out, 1, to);
}

static void fake_on_late(uv_timer_t *t);

static void fake_answer(struct fake *d, const struct message *m, const struct sockaddr *to, int64_t error,
        int64_t index, const struct buf *varbinds)
{
	struct buf out = {0}, other = {0};

	if (d->faults & FAKE_GARBAGE) {
		buf_put(&other, "\x30\x82\xff\xff\x02\x01\x01garbage", 14);
		fake_send(d, &d->udp, to, &other, other.len);
		buf_reset(&other);
	}
	if (d->faults & (FAKE_WRONG_ID | FAKE_WRONG_PEER)) {
		bool id = d->faults & FAKE_WRONG_ID;

		fake_message(&other, m, m->request_id + id, 5, 1, varbinds);
		fake_send(d, id ? &d->udp : &d->other, to, &other, other.len);
	}
	fake_message(&out, m, m->request_id, error, index, varbinds);
	if (d->faults & FAKE_LATE) {
		if (!d->waiting.len) {
			buf_put(&d->waiting, out.data, out.len);
			memcpy(&d->waits, to, sizeof(struct sockaddr_in));
			uv_timer_start(&d->late, fake_on_late, 1700, 0);
		}
		buf_free(&out);
		return;
	}
	fake_send(d, &d->udp, to, &out, d->faults & FAKE_CUT ? out.len * 2 / 3 : out.len);
	if (d->faults & FAKE_TWICE)
		fake_send(d, &d->udp, to, &out, out.len);
	buf_free(&out);
	buf_free(&other);
}

static void fake_bulk(struct fake *d, struct message *m, const struct sockaddr *to, struct message_room *names,
        size_t *lens, size_t count)
{
	struct buf varbinds = {0};
	size_t total = 0;

	for (int64_t r = 0; r < m->error_index; r++)
		for (size_t n = 0; n < count; n++) {
			size_t i = d->faults & FAKE_REVERSED ? count - 1 - n : n;
			const struct fake_row *row = fake_find(d, names[i].name, lens[i], true);

			if (d->most_varbinds && total >= d->most_varbinds)
				continue;
			total++;
			fake_varbind(&varbinds, row ? row->oid : names[i].name, row ? row->oid_len : lens[i], row,
			        MESSAGE_END);
			if (row) {
				memcpy(names[i].name, row->oid, row->oid_len * sizeof(row->oid[0]));
				lens[i] = row->oid_len;
			}
		}
	if (d->faults & FAKE_EMPTY_BULK)
		buf_reset(&varbinds);
	if (d->lost_from && total >= d->lost_from) {
		buf_free(&varbinds);
		return;
	}
	if (d->too_big && total > d->too_big) {
		buf_reset(&varbinds);
		fake_answer(d, m, to, 1, 0, &varbinds);
	} else {
		fake_answer(d, m, to, d->faults & FAKE_BULK_ERROR ? 5 : 0, 0, &varbinds);
	}
	buf_free(&varbinds);
}

static void fake_get(struct fake *d, struct message *m, const struct sockaddr *to, struct message_room *names,
        size_t *lens, size_t count, bool next)
{
	struct buf varbinds = {0};
	int64_t missing = 0;

	for (size_t i = 0; i < count; i++) {
		const struct fake_row *row = fake_find(d, names[i].name, lens[i], next);

		if (!row && !missing)
			missing = (int64_t)i + 1;
		fake_varbind(&varbinds, row ? row->oid : names[i].name, row ? row->oid_len : lens[i], row,
		        next ? MESSAGE_END : MESSAGE_NO_INSTANCE);
	}
	if (d->too_big && count > d->too_big)
		fake_answer(d, m, to, 1, 0, &varbinds);
	else
		fake_answer(d, m, to, m->version == 0 && missing ? 2 : 0, m->version == 0 ? missing : 0, &varbinds);
	buf_free(&varbinds);
}

static void fake_on_late(uv_timer_t *t)
{
	struct fake *d = t->data;

	fake_send(d, &d->udp, (struct sockaddr *)&d->waits, &d->waiting, d->waiting.len);
	buf_reset(&d->waiting);
}

static void fake_on_read(uv_udp_t *udp, ssize_t len, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	static struct message_room names[64];
	struct fake *d = udp->data;
	struct varbind v;
	struct message m;
	size_t lens[64], count = 0;

	(void)flags;
	if (len <= 0 || !from || message_read(buf->base, (size_t)len, &m))
		return;
	while (count < 64 && message_next(&m.varbinds, &names[count], &v))
		lens[count++] = v.oid_len;
	d->requests++;
	d->bulks += m.pdu == 0xa5;
	d->gets += m.pdu == 0xa0;
	if (d->faults & FAKE_SKIP_FIRST && m.request_id != d->last_id) {
		d->last_id = m.request_id;
		return;
	}
	if (d->faults & FAKE_MUTE || (d->faults & FAKE_NO_BULK && m.pdu == 0xa5))
		return;
	if (m.pdu == 0xa5)
		fake_bulk(d, &m, from, names, lens, count);
	else
		fake_get(d, &m, from, names, lens, count, m.pdu == 0xa1);
}

static void fake_on_room(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
	struct fake *d = h->data;

	(void)size;
	*buf = uv_buf_init(d->room, sizeof(d->room));
}

static struct fake *fake_new(uv_loop_t *loop)
{
	struct fake *d = calloc(1, sizeof(*d));
	struct sockaddr_in any, name;
	int len = sizeof(name);

	uv_ip4_addr("127.0.0.1", 0, &any);
	uv_udp_init(loop, &d->udp);
	uv_udp_init(loop, &d->other);
	uv_udp_bind(&d->udp, (struct sockaddr *)&any, 0);
	uv_udp_bind(&d->other, (struct sockaddr *)&any, 0);
	uv_udp_getsockname(&d->udp, (struct sockaddr *)&name, &len);
	d->port = ntohs(name.sin_port);
	uv_timer_init(loop, &d->late);
	d->udp.data = d->other.data = d->late.data = d;
	uv_udp_recv_start(&d->udp, fake_on_room, fake_on_read);
	return d;
}

static void fake_close(struct fake *d)
{
	uv_close((uv_handle_t *)&d->udp, NULL);
	uv_close((uv_handle_t *)&d->other, NULL);
	uv_close((uv_handle_t *)&d->late, NULL);
	buf_free(&d->waiting);
}

/* So many interfaces, as a switch would show them. */
static void fake_fill(struct fake *d, unsigned interfaces, bool wide)
{
	char oid[64], text[64];

	fake_put(d, "1.3.6.1.2.1.1.1.0", VARBIND_BYTES, 0, "make-believe switch");
	fake_put(d, "1.3.6.1.2.1.1.2.0", VARBIND_OID, 0, "1.3.6.1.4.1.9.1.1208");
	fake_put(d, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 360000, NULL);
	fake_put(d, "1.3.6.1.2.1.1.5.0", VARBIND_BYTES, 0, "sw1");
	for (unsigned i = 1; i <= interfaces; i++) {
		static const struct {
			unsigned column;
			uint8_t type;
			uint64_t number;
		} columns[] = {{1, VARBIND_INTEGER, 0}, {3, VARBIND_INTEGER, 6}, {5, VARBIND_GAUGE, 1000000000},
		        {7, VARBIND_INTEGER, 1}, {8, VARBIND_INTEGER, 1}, {10, VARBIND_COUNTER, 1000},
		        {11, VARBIND_COUNTER, 10}, {13, VARBIND_COUNTER, 0}, {14, VARBIND_COUNTER, 0},
		        {16, VARBIND_COUNTER, 2000}, {17, VARBIND_COUNTER, 20}, {19, VARBIND_COUNTER, 0},
		        {20, VARBIND_COUNTER, 0}};

		snprintf(text, sizeof(text), "ge%u", i);
		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.2.2.1.2.%u", i);
		fake_put(d, oid, VARBIND_BYTES, 0, text);
		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.1.%u", i);
		fake_put(d, oid, VARBIND_BYTES, 0, text);
		for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
			snprintf(oid, sizeof(oid), "1.3.6.1.2.1.2.2.1.%u.%u", columns[c].column, i);
			fake_put(d, oid, columns[c].type, c ? columns[c].number : i, NULL);
		}
		for (unsigned c = 6; wide && c <= 13; c++) {
			snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.%u.%u", c, i);
			fake_put(d, oid, VARBIND_COUNTER64, 5000000000 + c, NULL);
		}
	}
}

#endif
