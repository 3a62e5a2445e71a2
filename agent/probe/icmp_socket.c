#include "agent/probe/icmp_socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/net_tstamp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

#define BUFFER_BYTES (256 * 1024)
#define CONTROL_BYTES 192

/* A raw socket hears all ICMP of the host: let the kernel drop what is no reply. */
static void filter_replies(int fd, bool is_v6)
{
	struct icmp_filter v4 = {~(1u << ICMP_ECHOREPLY)};
	struct icmp6_filter v6;

	ICMP6_FILTER_SETBLOCKALL(&v6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
	if (is_v6)
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6));
	else
		setsockopt(fd, SOL_RAW, ICMP_FILTER, &v4, sizeof(v4));
}

void icmp_socket_open(struct icmp_socket *s, bool v6)
{
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC, one = 1, room = BUFFER_BYTES;
	int family = v6 ? AF_INET6 : AF_INET, protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE;

	s->v6 = v6;
	s->fd = socket(family, SOCK_RAW | flags, protocol);
	s->raw = s->fd >= 0;
	if (s->fd < 0)
		s->fd = socket(family, SOCK_DGRAM | flags, protocol);
	if (s->fd < 0) {
		log_info("no ICMP for %s: neither a raw nor a ping socket is allowed (%s)", v6 ? "IPv6" : "IPv4",
		        strerror(errno));
		return;
	}
	if (s->raw)
		filter_replies(s->fd, v6);
	complaint_hear(s->fd, family);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	/* stamps of sending must wake the poll as priority, not as an error */
	if (setsockopt(s->fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &one, sizeof(one)) ||
	        setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps))) {
		stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
		setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
	}
}

void icmp_socket_close(struct icmp_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* ---- sending ---- */

struct control {
	_Alignas(struct cmsghdr) uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
};

static void control_add(struct msghdr *m, struct control *control, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(control->room + m->msg_controllen);

	m->msg_control = control->room;
	m->msg_controllen += CMSG_SPACE(len);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
}

static void choose_way(struct msghdr *m, const struct icmp_out *o, struct control *control)
{
	static const uint32_t no_stamps = 0;
	bool v6 = o->to->any.sa_family == AF_INET6;
	struct in6_pktinfo six = {.ipi6_ifindex = o->interface};
	struct in_pktinfo four = {.ipi_ifindex = (int)o->interface};

	memset(control, 0, sizeof(*control));
	if (o->unstamped)
		control_add(m, control, SOL_SOCKET, SO_TIMESTAMPING, &no_stamps, sizeof(no_stamps));
	if (!o->interface && !o->source->any.sa_family)
		return;
	if (o->source->any.sa_family == AF_INET6)
		six.ipi6_addr = o->source->v6.sin6_addr;
	else if (o->source->any.sa_family)
		four.ipi_spec_dst = o->source->v4.sin_addr;
	if (v6)
		control_add(m, control, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof(six));
	else
		control_add(m, control, IPPROTO_IP, IP_PKTINFO, &four, sizeof(four));
}

void icmp_socket_send(const struct icmp_socket *s, const struct icmp_out *out, unsigned count, int *errors)
{
	struct mmsghdr headers[ICMP_BATCH] = {0};
	struct control controls[ICMP_BATCH];
	struct iovec iovs[ICMP_BATCH];
	bool again = true;

	for (unsigned i = 0; i < count; i++) {
		struct msghdr *m = &headers[i].msg_hdr;

		iovs[i] = (struct iovec){(void *)out[i].bytes, ECHO_PACKET_BYTES};
		m->msg_name = (void *)&out[i].to->any;
		m->msg_namelen = probe_address_len(out[i].to);
		m->msg_iov = &iovs[i];
		m->msg_iovlen = 1;
		choose_way(m, &out[i], &controls[i]);
		errors[i] = 0;
	}
	for (unsigned at = 0; at < count;) {
		int sent = sendmmsg(s->fd, headers + at, count - at, MSG_NOSIGNAL);

		if (sent > 0) {
			at += (unsigned)sent;
			again = true;
		} else if (again) {
			again = false; /* that may have been the complaint about an earlier packet: it is taken away now */
		} else {
			errors[at++] = errno;
			again = true;
		}
	}
}

/* ---- receiving ---- */

/* What one call takes from the kernel. */
struct parcel {
	struct icmp_in in;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
	struct iovec iov;
};

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

static void describe(struct icmp_in *in, struct mmsghdr *m, enum icmp_queue queue)
{
	in->len = m->msg_len;
	in->stamp_ns = stamp_of(&m->msg_hdr);
	in->complains = queue == ICMP_SENT && complaint_of(&m->msg_hdr, &in->complaint);
}

bool icmp_socket_receive(const struct icmp_socket *s, enum icmp_queue queue, unsigned most,
        void (*on_packet)(void *arg, const struct icmp_in *in), void *arg)
{
	struct mmsghdr headers[ICMP_BATCH];
	struct parcel parcels[ICMP_BATCH];
	unsigned count = most < ICMP_BATCH ? most : ICMP_BATCH;
	int got;

	for (unsigned i = 0; i < count; i++) {
		struct parcel *p = &parcels[i];

		p->in.from.any.sa_family = AF_UNSPEC;
		p->iov = (struct iovec){p->in.data, sizeof(p->in.data)};
		headers[i].msg_hdr = (struct msghdr){.msg_name = &p->in.from,
		        .msg_namelen = sizeof(p->in.from),
		        .msg_iov = &p->iov,
		        .msg_iovlen = 1,
		        .msg_control = p->control,
		        .msg_controllen = sizeof(p->control)};
	}
	got = recvmmsg(s->fd, headers, count, (queue == ICMP_SENT ? MSG_ERRQUEUE : 0) | MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		describe(&parcels[i].in, &headers[i], queue);
		on_packet(arg, &parcels[i].in);
	}
	/* an error of the socket is taken away by having asked */
	return got == (int)count || (got < 0 && errno != EAGAIN && errno != EINTR);
}
