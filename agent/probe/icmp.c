#include "agent/probe/icmp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/net_tstamp.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/probe/echo.h"
#include "agent/probe/raw.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define SLOTS_MAX 16384
#define BATCH 16           /* packets a call */
#define PACKET_MAX 256     /* ours are smaller, with any headers */
#define RECEIVE_ROUNDS 32  /* calls in one turn: others want theirs too */
#define STEPPED_NS 2000000 /* the wall clock was set when it and the monotonic one differ by more */
#define BUFFER_BYTES (256 * 1024)

struct icmp_echo {
	bool answered;
	int64_t sent_ns;  /* CLOCK_REALTIME */
	int64_t drift_ns; /* realtime minus monotonic when it was sent */
	int64_t rtt_ns;   /* -1: unknown */
};

struct icmp_run {
	struct icmp *ic;
	void *owner;
	union probe_address address;
	uint32_t slot, number;
	unsigned sent, received, failed;
	int error;
	int64_t begun_ms, timeout_ms, gap_ms;
	struct icmp_echo echoes[ICMP_ECHOES];
};

_Static_assert(sizeof(struct icmp_run) <= PROBE_STATE_MAX, "state too large");

struct icmp {
	int fds[ICMP_FAMILIES];
	bool raw[ICMP_FAMILIES];
	uint16_t id;
	uint8_t cookie[ECHO_COOKIE_BYTES];
	uint32_t runs;
	struct icmp_run **slots; /* NULL: free */
	uint32_t slot_count;
	struct raw_pool *spare;
};

static const struct {
	int family, protocol;
	const char *name;
} families[ICMP_FAMILIES] = {
        [ICMP_V4] = {AF_INET, IPPROTO_ICMP, "IPv4"},
        [ICMP_V6] = {AF_INET6, IPPROTO_ICMPV6, "IPv6"},
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- sockets ---- */

/* A raw socket hears all ICMP of the host: let the kernel drop what is no reply. */
static void filter_replies(int fd, enum icmp_family family)
{
	struct icmp_filter v4 = {~(1u << ICMP_ECHOREPLY)};
	struct icmp6_filter v6;

	ICMP6_FILTER_SETBLOCKALL(&v6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
	if (family == ICMP_V4)
		setsockopt(fd, SOL_RAW, ICMP_FILTER, &v4, sizeof(v4));
	else
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6));
}

static void open_socket(struct icmp *ic, enum icmp_family family)
{
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC, one = 1, room = BUFFER_BYTES;
	int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE;
	int fd = socket(families[family].family, SOCK_RAW | flags, families[family].protocol);

	ic->raw[family] = fd >= 0;
	if (fd < 0)
		fd = socket(families[family].family, SOCK_DGRAM | flags, families[family].protocol);
	ic->fds[family] = fd;
	if (fd < 0) {
		log_info("no ICMP for %s: neither a raw nor a ping socket is allowed (%s)", families[family].name,
		        strerror(errno));
		return;
	}
	if (ic->raw[family])
		filter_replies(fd, family);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	/* stamps of sending must wake the poll as priority, not as an error */
	if (setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &one, sizeof(one)) ||
	        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps))) {
		stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
	}
}

struct icmp *icmp_open(void)
{
	struct icmp *ic = mem_alloc(sizeof(*ic));

	chance_bytes(&ic->id, sizeof(ic->id));
	chance_bytes(ic->cookie, sizeof(ic->cookie));
	open_socket(ic, ICMP_V4);
	open_socket(ic, ICMP_V6);
	ic->spare = raw_pool_open();
	return ic;
}

void icmp_close(struct icmp *ic)
{
	if (!ic)
		return;
	for (int i = 0; i < ICMP_FAMILIES; i++)
		if (ic->fds[i] >= 0)
			close(ic->fds[i]);
	raw_pool_close(ic->spare);
	free(ic->slots);
	free(ic);
}

struct raw_pool *icmp_spare(struct icmp *ic)
{
	return ic ? ic->spare : NULL;
}

int icmp_fd(const struct icmp *ic, enum icmp_family family)
{
	return ic->fds[family];
}

/* ---- receiving ---- */

static int64_t stamp_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(c), sizeof(t)); /* the first of three is the software's */
			return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
		}
	return 0;
}

static struct icmp_run *run_of(const struct icmp *ic, const struct echo *e)
{
	struct icmp_run *r = e->slot < ic->slot_count ? ic->slots[e->slot] : NULL;

	if (!r || memcmp(e->cookie, ic->cookie, ECHO_COOKIE_BYTES) || r->number != e->run || e->seq >= r->sent)
		return NULL;
	return r;
}

static int64_t drift_ns(void)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

static void answered(struct icmp_run *r, struct icmp_echo *e, int64_t stamp_ns)
{
	int64_t moved = drift_ns() - e->drift_ns;

	e->answered = true;
	r->received++;
	if (!stamp_ns)
		stamp_ns = clock_ns(CLOCK_REALTIME);
	if (moved < STEPPED_NS && moved > -STEPPED_NS && stamp_ns >= e->sent_ns)
		e->rtt_ns = stamp_ns - e->sent_ns;
}

/* What one call takes from the kernel. */
struct parcel {
	uint8_t data[PACKET_MAX];
	_Alignas(struct cmsghdr) uint8_t control[128];
	union probe_address from;
	struct iovec iov;
};

static int receive_some(struct icmp *ic, enum icmp_family family, int flags, struct parcel *parcels,
        struct mmsghdr *headers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct parcel *p = &parcels[i];

		p->iov = (struct iovec){p->data, sizeof(p->data)};
		headers[i].msg_hdr = (struct msghdr){.msg_name = &p->from,
		        .msg_namelen = sizeof(p->from),
		        .msg_iov = &p->iov,
		        .msg_iovlen = 1,
		        .msg_control = p->control,
		        .msg_controllen = sizeof(p->control)};
	}
	return recvmmsg(ic->fds[family], headers, count, flags | MSG_DONTWAIT, NULL);
}

/* Stamps of sending: at most `count` are waited for, which spares the call that finds nothing. */
static bool receive_stamps(struct icmp *ic, enum icmp_family family, unsigned count)
{
	struct mmsghdr headers[BATCH];
	struct parcel parcels[BATCH];
	int got = receive_some(ic, family, MSG_ERRQUEUE, parcels, headers, count);
	struct icmp_run *r;
	struct echo e;

	for (int i = 0; i < got; i++) {
		int64_t stamp_ns = stamp_of(&headers[i].msg_hdr);

		if (echo_find(parcels[i].data, headers[i].msg_len, ic->cookie, &e))
			continue;
		r = run_of(ic, &e);
		if (r && !r->echoes[e.seq].answered && stamp_ns >= r->echoes[e.seq].sent_ns)
			r->echoes[e.seq].sent_ns = stamp_ns;
	}
	return got == BATCH;
}

static void take_reply(
        struct icmp *ic, enum icmp_family family, struct parcel *p, struct mmsghdr *m, void (*on_ready)(void *owner))
{
	bool raw = ic->raw[family];
	struct icmp_run *r;
	struct echo e;

	if (echo_decode(p->data, m->msg_len, family == ICMP_V6, family == ICMP_V4 && raw, &e) ||
	        (raw && e.id != ic->id))
		return;
	r = run_of(ic, &e);
	if (!r || r->echoes[e.seq].answered || !probe_address_equal(&p->from, &r->address))
		return;
	answered(r, &r->echoes[e.seq], stamp_of(&m->msg_hdr));
	if (r->received + r->failed == ICMP_ECHOES)
		on_ready(r->owner);
}

static bool receive_replies(struct icmp *ic, enum icmp_family family, void (*on_ready)(void *owner))
{
	struct mmsghdr headers[BATCH];
	struct parcel parcels[BATCH];
	int got = receive_some(ic, family, 0, parcels, headers, BATCH);

	for (int i = 0; i < got; i++)
		take_reply(ic, family, &parcels[i], &headers[i], on_ready);
	return got == BATCH;
}

void icmp_receive(struct icmp *ic, enum icmp_family family, bool stamps, void (*on_ready)(void *owner))
{
	for (int i = 0; stamps && i < RECEIVE_ROUNDS && receive_stamps(ic, family, BATCH); i++)
		;
	for (int i = 0; i < RECEIVE_ROUNDS && receive_replies(ic, family, on_ready); i++)
		;
}

/* ---- a run ---- */

static bool slot_take(struct icmp *ic, struct icmp_run *r)
{
	uint32_t i = 0;

	while (i < ic->slot_count && ic->slots[i])
		i++;
	if (i == ic->slot_count) {
		if (i == SLOTS_MAX)
			return false;
		ic->slot_count += 16;
		ic->slots = mem_grow(ic->slots, ic->slot_count, sizeof(struct icmp_run *));
		memset(ic->slots + i, 0, 16 * sizeof(struct icmp_run *));
	}
	ic->slots[i] = r;
	r->slot = i;
	return true;
}

static void send_echo(struct icmp_run *r)
{
	struct icmp *ic = r->ic;
	enum icmp_family family = r->address.any.sa_family == AF_INET6 ? ICMP_V6 : ICMP_V4;
	struct icmp_echo *e = &r->echoes[r->sent];
	struct echo packet = {.id = ic->id, .seq = (uint16_t)r->sent, .slot = r->slot, .run = r->number};
	uint8_t bytes[ECHO_PACKET_BYTES];

	memcpy(packet.cookie, ic->cookie, ECHO_COOKIE_BYTES);
	echo_encode(&packet, family == ICMP_V6, bytes);
	*e = (struct icmp_echo){.drift_ns = drift_ns(), .rtt_ns = -1};
	e->sent_ns = clock_ns(CLOCK_REALTIME);
	r->sent++;
	if (sendto(ic->fds[family], bytes, sizeof(bytes), MSG_NOSIGNAL, &r->address.any,
	            probe_address_len(&r->address)) < 0) {
		r->failed++;
		r->error = errno;
		return;
	}
	/* the stamp of sending is mostly there already: taken now, it costs no turn of the loop */
	receive_stamps(ic, family, 1);
}

static struct probe_want icmp_next(struct icmp_run *r)
{
	int64_t last_ms = r->begun_ms + (ICMP_ECHOES - 1) * r->gap_ms;

	if (r->sent < ICMP_ECHOES)
		return (struct probe_want){.fd = -1, .wake_ms = r->begun_ms + (int64_t)r->sent * r->gap_ms};
	if (r->received + r->failed >= ICMP_ECHOES)
		return (struct probe_want){.done = true, .fd = -1};
	return (struct probe_want){.fd = -1, .wake_ms = last_ms + r->timeout_ms};
}

static struct probe_want icmp_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	enum icmp_family family = job->address.any.sa_family == AF_INET6 ? ICMP_V6 : ICMP_V4;
	struct icmp_run *r = state;

	memset(r, 0, sizeof(*r));
	if (!job->icmp || job->icmp->fds[family] < 0 || !slot_take(job->icmp, r)) {
		r->error = EPERM;
		return (struct probe_want){.done = true, .fd = -1};
	}
	r->ic = job->icmp;
	r->owner = job->owner;
	r->address = job->address;
	if (r->address.any.sa_family == AF_INET6)
		r->address.v6.sin6_port = 0;
	r->number = ++job->icmp->runs;
	r->begun_ms = now_ms;
	r->timeout_ms = job->timeout_ms;
	r->gap_ms = job->gap_ms;
	send_echo(r);
	return icmp_next(r);
}

static struct probe_want icmp_step(void *state, unsigned events, int64_t now_ms)
{
	struct icmp_run *r = state;

	(void)events;
	/* one at a time even if we were asleep: a burst would measure our own queue */
	if (r->sent < ICMP_ECHOES && now_ms >= r->begun_ms + (int64_t)r->sent * r->gap_ms) {
		send_echo(r);
		return icmp_next(r);
	}
	if (r->sent == ICMP_ECHOES && now_ms >= r->begun_ms + (ICMP_ECHOES - 1) * r->gap_ms + r->timeout_ms)
		return (struct probe_want){.done = true, .fd = -1};
	return icmp_next(r);
}

static void summarize(const struct icmp_run *r, struct probe_result *out)
{
	int64_t sum = 0, jitter = 0, last = -1, least = INT64_MAX, most = 0;
	unsigned timed = 0, pairs = 0;

	for (unsigned i = 0; i < r->sent; i++) {
		int64_t rtt = r->echoes[i].rtt_ns;

		if (rtt < 0)
			continue;
		timed++;
		sum += rtt;
		least = rtt < least ? rtt : least;
		most = rtt > most ? rtt : most;
		if (last >= 0) {
			jitter += rtt > last ? rtt - last : last - rtt;
			pairs++;
		}
		last = rtt;
	}
	if (!timed)
		return;
	out->rtt_us = (sum / timed + 500) / 1000;
	out->rtt_min_us = (least + 500) / 1000;
	out->rtt_max_us = (most + 500) / 1000;
	if (pairs)
		out->jitter_us = (jitter / pairs + 500) / 1000;
}

static void icmp_finish(void *state, struct probe_result *out)
{
	struct icmp_run *r = state;

	*out = probe_result_none();
	if (r->ic)
		r->ic->slots[r->slot] = NULL;
	out->sent = r->sent;
	out->received = r->received;
	out->up = r->received > 0;
	out->reason = out->up ? REASON_OK : r->error ? probe_reason(r->error) : REASON_TIMEOUT;
	summarize(r, out);
	out->connect_us = out->total_us = out->rtt_us;
	r->ic = NULL;
}

const struct probe_type probe_icmp = {
        .name = "icmp",
        .tries_often = true,
        .start = icmp_start,
        .step = icmp_step,
        .finish = icmp_finish,
};
