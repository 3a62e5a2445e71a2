/*
 * snmp_device: hundreds of make-believe switches for the bench: one process, one socket, an address of 127/8 each.
 *
 * Each has a system group and so many ports in ifTable and ifXTable with 64-bit counters. Rows are encoded once; an answer is a head and rows copied behind
 * it. What it costs is not measured. It runs pinned beside what is.
 */
#include "tests/bench/snmp_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/poll/message.h"
#include "common/buf.h"
#include "common/memory.h"

#define NAME_MAX_BYTES 32
#define BATCH 64
#define DATAGRAM_MAX 9000
#define ANSWER_MAX 8500
#define ASKED_MAX 64

struct row {
	uint8_t name[NAME_MAX_BYTES]; /* as in the message: numbers below 128 sort as bytes */
	size_t name_len;
	struct buf varbind;
};

struct device {
	struct row *rows;
	size_t count;
};

static void tlv(struct buf *b, uint8_t tag, const void *data, size_t len)
{
	buf_put_u8(b, tag);
	buf_put_u8(b, (uint8_t)len);
	buf_put(b, data, len);
}

static void row_add(struct device *d, const uint8_t *name, size_t name_len, uint8_t tag, uint64_t v, const char *text)
{
	struct row *r;
	struct buf one = {0};
	uint8_t bytes[9];
	size_t at = sizeof(bytes);

	d->rows = mem_grow(d->rows, d->count + 1, sizeof(*d->rows));
	r = &d->rows[d->count++];
	memset(r, 0, sizeof(*r));
	memcpy(r->name, name, name_len);
	r->name_len = name_len;
	tlv(&one, 0x06, name, name_len);
	do {
		bytes[--at] = (uint8_t)v;
		v >>= 8;
	} while (v || bytes[at] & 0x80);
	tlv(&one, tag, text ? (const void *)text : bytes + at, text ? strlen(text) : sizeof(bytes) - at);
	tlv(&r->varbind, 0x30, one.data, one.len);
	buf_free(&one);
}

static int row_compare(const struct row *r, const uint8_t *name, size_t len)
{
	int c = memcmp(r->name, name, r->name_len < len ? r->name_len : len);

	return c ? c : r->name_len < len ? -1 : r->name_len > len;
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return row_compare(x, y->name, y->name_len);
}

static void device_fill(struct device *d, unsigned ports)
{
	static const struct {
		uint8_t column, tag;
		uint64_t v;
	} narrow[] = {{1, 2, 0}, {3, 2, 6}, {4, 2, 1500}, {5, 0x42, 1000000000}, {7, 2, 1}, {8, 2, 1}, {9, 0x43, 100},
	        {10, 0x41, 3000000000}, {11, 0x41, 20000000}, {13, 0x41, 12}, {14, 0x41, 3}, {16, 0x41, 4000000000},
	        {17, 0x41, 30000000}, {19, 0x41, 1}, {20, 0x41, 2}};
	static const uint8_t wide[] = {6, 7, 8, 9, 10, 11, 12, 13};
	const uint8_t system[] = {43, 6, 1, 2, 1, 1, 0, 0}, table[] = {43, 6, 1, 2, 1, 2, 2, 1, 0, 0},
	              wide_table[] = {43, 6, 1, 2, 1, 31, 1, 1, 1, 0, 0};
	uint8_t name[NAME_MAX_BYTES];
	char text[32];

	memcpy(name, system, sizeof(system));
	name[6] = 1;
	row_add(d, name, sizeof(system), 4, 0, "switch of the bench");
	name[6] = 3;
	row_add(d, name, sizeof(system), 0x43, 1234567, NULL);
	name[6] = 5;
	row_add(d, name, sizeof(system), 4, 0, "sw");
	for (unsigned p = 1; p <= ports; p++) {
		memcpy(name, table, sizeof(table));
		name[9] = (uint8_t)p;
		for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
			name[8] = narrow[i].column;
			row_add(d, name, sizeof(table), narrow[i].tag, i ? narrow[i].v : p, NULL);
		}
		snprintf(text, sizeof(text), "GigabitEthernet0/%u", p);
		name[8] = 2;
		row_add(d, name, sizeof(table), 4, 0, text);
		memcpy(name, wide_table, sizeof(wide_table));
		name[10] = (uint8_t)p;
		for (size_t i = 0; i < sizeof(wide); i++) {
			name[9] = wide[i];
			row_add(d, name, sizeof(wide_table), 0x46, UINT64_C(5000000000000) + i, NULL);
		}
		snprintf(text, sizeof(text), "Gi0/%u", p);
		name[9] = 1;
		row_add(d, name, sizeof(wide_table), 4, 0, text);
		name[9] = 15;
		row_add(d, name, sizeof(wide_table), 0x42, 1000, NULL);
		name[9] = 18;
		row_add(d, name, sizeof(wide_table), 4, 0, "uplink of the bench");
	}
	qsort(d->rows, d->count, sizeof(*d->rows), compare);
}

/* The first row after `name`. */
static size_t after(const struct device *d, const uint8_t *name, size_t len, bool or_same)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = row_compare(&d->rows[middle], name, len);

		if (c < 0 || (!c && !or_same))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t name_pack(const struct varbind *v, uint8_t out[NAME_MAX_BYTES])
{
	size_t len = 0;

	if (v->oid_len < 2 || v->oid_len > 20)
		return 0;
	out[len++] = (uint8_t)(v->oid[0] * 40 + v->oid[1]);
	for (size_t i = 2; i < v->oid_len && len < NAME_MAX_BYTES - 5; i++) {
		for (int shift = 28; shift > 0; shift -= 7)
			if (v->oid[i] >> shift)
				out[len++] = (uint8_t)(0x80 | (v->oid[i] >> shift & 0x7f));
		out[len++] = v->oid[i] & 0x7f;
	}
	return len;
}

static void put_exception(struct buf *out, const uint8_t *name, size_t len, uint8_t tag)
{
	struct buf one = {0};

	tlv(&one, 0x06, name, len);
	tlv(&one, tag, "", 0);
	tlv(out, 0x30, one.data, one.len);
	buf_free(&one);
}

static void put_varbinds(const struct device *d, const struct message *m, struct cursor *asked, struct buf *out)
{
	struct message_room room;
	struct varbind v;
	uint8_t names[ASKED_MAX][NAME_MAX_BYTES];
	size_t at[ASKED_MAX], lens[ASKED_MAX], count = 0;
	int64_t turns = m->pdu == 0xa5 ? m->error_index : 1;

	while (count < ASKED_MAX && message_next(asked, &room, &v)) {
		lens[count] = name_pack(&v, names[count]);
		at[count] = after(d, names[count], lens[count], m->pdu == 0xa0);
		count++;
	}
	for (int64_t turn = 0; turn < turns; turn++)
		for (size_t i = 0; i < count && out->len < ANSWER_MAX; i++) {
			const struct row *r = at[i] < d->count ? &d->rows[at[i]] : NULL;

			if (r && m->pdu == 0xa0 && row_compare(r, names[i], lens[i]))
				r = NULL;
			if (r)
				buf_put(out, r->varbind.data, r->varbind.len);
			else
				put_exception(out, names[i], lens[i], m->pdu == 0xa0 ? 0x81 : 0x82);
			at[i]++;
		}
}

static void put_head(struct buf *out, uint8_t tag, size_t len)
{
	buf_put_u8(out, tag);
	buf_put_u8(out, 0x82);
	buf_put_u16(out, (uint16_t)len);
}

static size_t answer(const struct device *d, const uint8_t *data, size_t len, struct buf *varbinds, struct buf *out)
{
	struct message m;

	if (message_read(data, len, &m))
		return 0;
	buf_reset(varbinds);
	buf_reset(out);
	put_varbinds(d, &m, &m.varbinds, varbinds);
	put_head(out, 0x30, 3 + 2 + m.community_len + 4 + 6 + 3 + 3 + 4 + varbinds->len);
	tlv(out, 2, "\1", 1);
	tlv(out, 4, m.community, m.community_len);
	put_head(out, MESSAGE_RESPONSE, 6 + 3 + 3 + 4 + varbinds->len);
	buf_put(out, "\x02\x04", 2);
	buf_put_u32(out, (uint32_t)m.request_id);
	tlv(out, 2, "\0", 1);
	tlv(out, 2, "\0", 1);
	put_head(out, 0x30, varbinds->len);
	buf_put(out, varbinds->data, varbinds->len);
	return out->len;
}

/* Batches: the sockets' work is most of it. */
static void serve(int fd, const struct device *d)
{
	static uint8_t in[BATCH][2048], control[BATCH][64];
	static struct sockaddr_in from[BATCH];
	struct mmsghdr got[BATCH], send[BATCH];
	struct iovec in_parts[BATCH], out_parts[BATCH];
	struct buf varbinds = {0}, out[BATCH] = {0};
	int count, sending;

	for (;;) {
		memset(got, 0, sizeof(got));
		for (int i = 0; i < BATCH; i++) {
			in_parts[i] = (struct iovec){in[i], sizeof(in[i])};
			got[i].msg_hdr = (struct msghdr){
			        &from[i], sizeof(from[i]), &in_parts[i], 1, control[i], sizeof(control[i]), 0};
		}
		count = recvmmsg(fd, got, BATCH, MSG_WAITFORONE, NULL);
		if (count < 0 && errno != EINTR)
			return;
		sending = 0;
		for (int i = 0; i < count; i++) {
			if (!answer(d, in[i], got[i].msg_len, &varbinds, &out[i]))
				continue;
			/* the answer leaves from the address that was asked: the packet's own information goes back with it */
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&got[i].msg_hdr); c; c = CMSG_NXTHDR(&got[i].msg_hdr, c))
				if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
					((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
			out_parts[i] = (struct iovec){out[i].data, out[i].len};
			send[sending] = got[i];
			send[sending++].msg_hdr.msg_iov = &out_parts[i];
		}
		if (sending)
			sendmmsg(fd, send, (unsigned)sending, 0);
	}
}

int snmp_device_run(uint16_t port, unsigned ports)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 8 << 20;
	struct device d = {0};

	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		perror("bind");
		return 1;
	}
	device_fill(&d, ports);
	puts("ready");
	fflush(stdout);
	serve(fd, &d);
	return 0;
}
