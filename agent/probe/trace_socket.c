#include "agent/probe/trace_socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/memory.h"

#define PACKET_MAX 9216
#define HEADERS_V4 20
#define HEADERS_V6 40
#define HEAD_BYTES 256     /* of what comes back: the rest is zeros */
#define STEPPED_NS 2000000 /* the wall clock was set when it and the monotonic one differ by more */
#define IGNORED_MOST 256   /* messages of others passed over in one call */

/* ---- time ---- */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct trace_sent trace_sent_now(void)
{
	int64_t now_ns = clock_ns(CLOCK_REALTIME);

	return (struct trace_sent){.sent_ns = now_ns, .drift_ns = now_ns - clock_ns(CLOCK_MONOTONIC)};
}

int64_t trace_sent_rtt_us(const struct trace_sent *sent, int64_t received_ns)
{
	struct trace_sent now = trace_sent_now();
	int64_t moved = now.drift_ns - sent->drift_ns;
	int64_t rtt_ns = (received_ns ? received_ns : now.sent_ns) - sent->sent_ns;

	if (!sent->sent_ns || moved > STEPPED_NS || moved < -STEPPED_NS || rtt_ns < 0)
		return PROBE_UNKNOWN;
	return (rtt_ns + 500) / 1000;
}

/* ---- opening ---- */

static void options_set(int fd, int family)
{
	int one = 1, room = 128 * 1024, probe = family == AF_INET ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
	if (family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe));
		setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &one, sizeof(one));
	}
}

static int open_any(struct trace_socket *s, int family, bool udp_too)
{
	static const struct {
		int type;
		bool icmp;
	} kinds[] = {
	        [TRACE_SOCKET_RAW] = {SOCK_RAW, true},
	        [TRACE_SOCKET_PING] = {SOCK_DGRAM, true},
	        [TRACE_SOCKET_UDP] = {SOCK_DGRAM, false},
	};
	int icmp = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, error = EPERM;

	for (int k = TRACE_SOCKET_RAW; k <= (udp_too ? TRACE_SOCKET_UDP : TRACE_SOCKET_PING); k++) {
		s->kind = (enum trace_socket_kind)k;
		s->fd = socket(family, kinds[k].type | SOCK_NONBLOCK | SOCK_CLOEXEC, kinds[k].icmp ? icmp : 0);
		if (s->fd >= 0)
			return 0;
		error = errno;
	}
	return -error;
}

int trace_socket_open(
        struct trace_socket *s, struct raw_pool *pool, const struct trace_way *way, bool udp_too, unsigned sent_max)
{
	int family = way->target.any.sa_family, status = 0;

	*s = (struct trace_socket){.fd = -1, .kind = TRACE_SOCKET_RAW, .way = *way, .pool = pool};
	if (!raw_pool_empty(pool, family)) {
		s->fd = raw_pool_take(pool, family);
		status = s->fd < 0 ? -EAGAIN : 0;
	} else {
		status = open_any(s, family, udp_too);
	}
	if (status)
		return status;
	if (s->kind == TRACE_SOCKET_RAW)
		raw_socket_hear(s->fd, family);
	options_set(s->fd, family);
	chance_bytes(&s->echo, sizeof(s->echo));
	s->sent = mem_alloc(sent_max * sizeof(*s->sent));
	s->sent_max = sent_max;
	return 0;
}

void trace_socket_close(struct trace_socket *s)
{
	if (s->fd >= 0 && !raw_pool_give(s->pool, s->fd))
		close(s->fd);
	s->fd = -1;
	free(s->sent);
	s->sent = NULL;
	s->sent_max = 0;
}

/* A UDP socket that is connected knows the route's figure; nothing is sent. */
unsigned trace_way_mtu(const struct trace_way *way)
{
	int family = way->target.any.sa_family, mtu = 0, index = (int)htonl(way->interface);
	bool v6 = family == AF_INET6;
	socklen_t len = sizeof(mtu);
	union probe_address to = way->target;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	*(v6 ? &to.v6.sin6_port : &to.v4.sin_port) = htons(9);
	if (way->interface)
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_IF : IP_UNICAST_IF, &index,
		        sizeof(index));
	if ((way->source.any.sa_family == family && bind(fd, &way->source.any, probe_address_len(&way->source))) ||
	        connect(fd, &to.any, probe_address_len(&to)) ||
	        getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &len))
		mtu = 0;
	close(fd);
	return mtu > 0 ? (unsigned)mtu : 0;
}

/* ---- sending ---- */

/* Where it leaves, said with each packet: a lent socket is bound to nothing. */
static void put_way(const struct trace_way *way, struct msghdr *m)
{
	bool v6 = way->target.any.sa_family == AF_INET6;
	struct in_pktinfo v4 = {.ipi_ifindex = (int)way->interface};
	struct in6_pktinfo info6 = {.ipi6_ifindex = way->interface};
	struct cmsghdr *c;

	if (way->source.any.sa_family != way->target.any.sa_family && !way->interface) {
		m->msg_control = NULL;
		m->msg_controllen = 0;
		return;
	}
	if (way->source.any.sa_family == AF_INET)
		v4.ipi_spec_dst = way->source.v4.sin_addr;
	else if (way->source.any.sa_family == AF_INET6)
		info6.ipi6_addr = way->source.v6.sin6_addr;
	m->msg_controllen = v6 ? CMSG_SPACE(sizeof(info6)) : CMSG_SPACE(sizeof(v4));
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = v6 ? CMSG_LEN(sizeof(info6)) : CMSG_LEN(sizeof(v4));
	memcpy(CMSG_DATA(c), v6 ? (const void *)&info6 : (const void *)&v4, v6 ? sizeof(info6) : sizeof(v4));
}

/* Errors of packets before, of others too, wait at the socket and would be taken for this one's. */
static int send_one(struct trace_socket *s, const struct msghdr *m)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (sendmsg(s->fd, m, MSG_NOSIGNAL) >= 0 || errno == EMSGSIZE)
		return 0;
	return -errno;
}

int trace_socket_send(struct trace_socket *s, uint16_t seq, unsigned ttl, unsigned bytes)
{
	bool v6 = s->way.target.any.sa_family == AF_INET6;
	unsigned headers = v6 ? HEADERS_V6 : HEADERS_V4, skipped = s->kind == TRACE_SOCKET_UDP ? 8 : 0;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	uint8_t packet[PACKET_MAX];
	union probe_address to = s->way.target;
	struct trace_echo echo = s->echo;
	struct iovec iov = {.iov_base = packet};
	struct msghdr m = {.msg_name = &to,
	        .msg_namelen = probe_address_len(&to),
	        .msg_iov = &iov,
	        .msg_iovlen = 1,
	        .msg_control = control,
	        .msg_controllen = sizeof(control)};
	int hops = (int)ttl;

	if (seq >= s->sent_max || bytes > PACKET_MAX || bytes < headers + 8 + TRACE_ECHO_BYTES_MIN)
		return -EINVAL;
	echo.seq = seq;
	/* UDP's own header stands for 8 bytes of what would be the echo's */
	iov.iov_len = bytes - headers - skipped;
	trace_echo_encode(&echo, v6, s->kind == TRACE_SOCKET_RAW && !v6, packet, iov.iov_len);
	*(v6 ? &to.v6.sin6_port : &to.v4.sin_port) =
	        s->kind == TRACE_SOCKET_UDP ? htons((uint16_t)(TRACE_PORT_FIRST + seq)) : 0;
	put_way(&s->way, &m);
	setsockopt(s->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof(hops));
	s->last = seq;
	s->sent[seq] = trace_sent_now();
	return send_one(s, &m);
}

/* ---- receiving ---- */

struct parcel {
	uint8_t data[HEAD_BYTES];
	_Alignas(struct cmsghdr) uint8_t control[512];
	union probe_address name;
	size_t len;
	struct trace_control said;
};

/* A pending error of the socket answers one call; the next gives what there is. */
static bool receive(struct trace_socket *s, int flags, struct parcel *p)
{
	struct iovec iov = {.iov_base = p->data, .iov_len = sizeof(p->data)};
	struct msghdr m = {.msg_name = &p->name, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = p->control};
	ssize_t n = -1;

	memset(&p->name, 0, sizeof(p->name));
	for (int i = 0; i < 2 && n < 0; i++) {
		m.msg_namelen = sizeof(p->name);
		m.msg_controllen = sizeof(p->control);
		n = recvmsg(s->fd, &m, flags | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return false;
	}
	if (n < 0)
		return false;
	p->len = (size_t)n < sizeof(p->data) ? (size_t)n : sizeof(p->data);
	trace_control_decode(p->control, m.msg_controllen, &p->said);
	return true;
}

static uint16_t port_of(const union probe_address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

static void take_stamp(struct trace_socket *s, const struct parcel *p)
{
	uint16_t seq;

	if (trace_echo_find(p->data, p->len, s->echo.cookie, &seq) || seq >= s->sent_max)
		return;
	if (s->sent[seq].sent_ns && p->said.stamp_ns >= s->sent[seq].sent_ns)
		s->sent[seq].sent_ns = p->said.stamp_ns;
}

/* Which of our packets an error is about. A raw socket hears of others' to the same target too. */
static bool quote_seq(const struct trace_socket *s, const struct parcel *p, uint16_t *seq)
{
	static const uint8_t unquoted[TRACE_COOKIE_BYTES];
	struct trace_echo e;

	if (p->said.origin == SO_EE_ORIGIN_LOCAL) {
		*seq = s->last;
		return true;
	}
	if (s->kind == TRACE_SOCKET_UDP) {
		*seq = (uint16_t)(port_of(&p->name) - TRACE_PORT_FIRST);
		return true;
	}
	if (trace_quote_decode(p->data, p->len, s->way.target.any.sa_family == AF_INET6, &e) ||
	        (s->kind == TRACE_SOCKET_RAW && e.id != s->echo.id))
		return false;
	if (memcmp(e.cookie, unquoted, sizeof(unquoted)) && memcmp(e.cookie, s->echo.cookie, sizeof(unquoted)))
		return false;
	*seq = e.seq;
	return true;
}

static bool take_error(struct trace_socket *s, const struct parcel *p, struct trace_answer *out)
{
	if (p->said.origin == SO_EE_ORIGIN_TIMESTAMPING) {
		take_stamp(s, p);
		return false;
	}
	if (!trace_error_meaning(&p->said, &s->way.target, s->kind == TRACE_SOCKET_UDP, out))
		return false;
	return quote_seq(s, p, &out->seq);
}

static bool take_reply(struct trace_socket *s, const struct parcel *p, struct trace_answer *out)
{
	bool v6 = s->way.target.any.sa_family == AF_INET6, raw = s->kind == TRACE_SOCKET_RAW;
	struct trace_echo e;

	if (s->kind == TRACE_SOCKET_UDP || trace_echo_decode(p->data, p->len, v6, raw && !v6, &e) ||
	        (raw && e.id != s->echo.id) || memcmp(e.cookie, s->echo.cookie, sizeof(e.cookie)) ||
	        !probe_address_equal(&p->name, &s->way.target))
		return false;
	*out = (struct trace_answer){.seq = e.seq, .kind = TRACE_ARRIVED, .from = p->name};
	return true;
}

bool trace_socket_receive(struct trace_socket *s, struct trace_answer *out)
{
	struct parcel p;

	for (unsigned i = 0; s->fd >= 0 && i < IGNORED_MOST; i++) {
		bool error = receive(s, MSG_ERRQUEUE, &p);

		if (!error && !receive(s, 0, &p))
			return false;
		memset(out, 0, sizeof(*out));
		if (!(error ? take_error(s, &p, out) : take_reply(s, &p, out)))
			continue;
		if (out->seq >= s->sent_max || !s->sent[out->seq].sent_ns)
			continue;
		out->rtt_us = trace_sent_rtt_us(&s->sent[out->seq], p.said.stamp_ns);
		return true;
	}
	return false;
}
