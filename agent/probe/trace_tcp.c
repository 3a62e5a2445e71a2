#include "agent/probe/trace_tcp.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LATE_NS 950000000 /* the kernel repeats its SYN after a second: whose answer it would be, nobody knows */

void trace_tcp_begin(struct trace_tcp *t, int epoll, uint32_t base)
{
	memset(t, 0, sizeof(*t));
	t->epoll = epoll;
	t->base = base;
	for (unsigned i = 0; i < TRACE_TCP_OPEN_MAX; i++)
		t->shots[i].fd = -1;
}

static void shot_close(struct trace_tcp_shot *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void trace_tcp_end(struct trace_tcp *t)
{
	for (unsigned i = 0; i < TRACE_TCP_OPEN_MAX; i++)
		shot_close(&t->shots[i]);
}

/* A free place; those whose time is over give theirs up, the oldest when need be. */
static struct trace_tcp_shot *shot_new(struct trace_tcp *t)
{
	int64_t now_ns = trace_sent_now().sent_ns;
	struct trace_tcp_shot *oldest = &t->shots[0];

	for (unsigned i = 0; i < TRACE_TCP_OPEN_MAX; i++) {
		struct trace_tcp_shot *s = &t->shots[i];

		if (s->fd >= 0 && now_ns - s->sent.sent_ns > LATE_NS)
			shot_close(s);
		if (s->fd < 0 || s->sent.sent_ns < oldest->sent.sent_ns)
			oldest = s;
		if (s->fd < 0)
			break;
	}
	shot_close(oldest);
	return oldest;
}

static int shot_open(const struct trace_tcp *t, struct trace_tcp_shot *s, unsigned ttl)
{
	bool v6 = t->target.any.sa_family == AF_INET6;
	int one = 1, hops = (int)ttl, stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
	struct linger reset = {.l_onoff = 1};

	s->fd = socket(t->target.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (s->fd < 0)
		return -errno;
	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
	setsockopt(s->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &one, sizeof(one));
	setsockopt(s->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof(hops));
	if (t->interface[0] &&
	        setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, t->interface, (socklen_t)strlen(t->interface)))
		return -errno;
	if (t->source.any.sa_family && bind(s->fd, &t->source.any, probe_address_len(&t->source)))
		return -errno;
	return 0;
}

int trace_tcp_send(struct trace_tcp *t, uint16_t seq, unsigned ttl)
{
	struct trace_tcp_shot *s = shot_new(t);
	struct epoll_event e = {.events = EPOLLOUT, .data.u32 = t->base + (uint32_t)(s - t->shots)};
	int status = shot_open(t, s, ttl);

	s->seq = seq;
	s->error = 0;
	s->sent = trace_sent_now();
	if (!status && connect(s->fd, &t->target.any, probe_address_len(&t->target)) && errno != EINPROGRESS) {
		s->error = errno;
		/* others may come as an answer of the way even at once: a target on this host */
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH)
			status = -errno;
	}
	if (!status && epoll_ctl(t->epoll, EPOLL_CTL_ADD, s->fd, &e))
		status = -errno;
	if (status)
		shot_close(s);
	return status;
}

/* An ICMP message about this SYN. */
static bool take_error(const struct trace_tcp *t, const struct trace_tcp_shot *s, struct trace_answer *out)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	uint8_t data[64];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct trace_control said;

	if (recvmsg(s->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	trace_control_decode(control, m.msg_controllen, &said);
	out->rtt_us = trace_sent_rtt_us(&s->sent, said.stamp_ns);
	return trace_error_meaning(&said, &t->target, false, out);
}

/* Its own answer: it takes the connection, or refuses it. */
static bool take_end(const struct trace_tcp *t, const struct trace_tcp_shot *s, struct trace_answer *out)
{
	struct tcp_info info = {0};
	int error = s->error;
	socklen_t len = sizeof(error);

	if (!error)
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error && error != ECONNREFUSED)
		return false;
	out->kind = TRACE_ARRIVED;
	out->from = t->target;
	out->reason = error ? REASON_REFUSED : REASON_OK;
	out->rtt_us = trace_sent_rtt_us(&s->sent, 0);
	len = sizeof(info);
	if (!error && !getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) && info.tcpi_rtt)
		out->rtt_us = info.tcpi_rtt;
	return true;
}

bool trace_tcp_take(struct trace_tcp *t, uint32_t index, struct trace_answer *out)
{
	struct trace_tcp_shot *s = index < TRACE_TCP_OPEN_MAX ? &t->shots[index] : NULL;
	bool said;

	if (!s || s->fd < 0)
		return false;
	memset(out, 0, sizeof(*out));
	said = (take_error(t, s, out) || take_end(t, s, out)) && trace_sent_now().sent_ns - s->sent.sent_ns < LATE_NS;
	out->seq = s->seq;
	shot_close(s);
	return said;
}
