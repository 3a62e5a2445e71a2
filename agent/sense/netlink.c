#include "agent/sense/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/memory.h"

#define READ_BYTES 32768 /* the kernel never makes a dump's part larger */
#define ASK_BYTES 256
#define NEWS_ROUNDS 64

struct netlink {
	int fd;
	uint32_t seq;
	union {
		struct nlmsghdr align;
		char bytes[READ_BYTES];
	} in;
};

int netlink_open(struct netlink **out, unsigned groups)
{
	struct sockaddr_nl me = {.nl_family = AF_NETLINK, .nl_groups = groups};
	struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0), NETLINK_ROUTE), status;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (struct sockaddr *)&me, sizeof(me))) {
		status = -errno;
		close(fd);
		return status;
	}
	*out = mem_alloc(sizeof(**out));
	(*out)->fd = fd;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	close(n->fd);
	free(n);
}

int netlink_fd(const struct netlink *n)
{
	return n->fd;
}

static ssize_t receive(struct netlink *n)
{
	struct sockaddr_nl from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t got;

	do
		got = recvfrom(n->fd, n->in.bytes, READ_BYTES, 0, (struct sockaddr *)&from, &from_len);
	while (got < 0 && errno == EINTR);
	/* only the kernel has port 0: another process may not answer for it */
	return got < 0 ? -errno : from.nl_pid ? 0 : got;
}

/* Walks the messages of one datagram. 1: the answer is complete, 0: more comes, or -errno. */
static int walk(struct netlink *n, size_t len, bool dump, netlink_on_message on_message, void *arg)
{
	int left = (int)len;

	for (const struct nlmsghdr *m = &n->in.align; NLMSG_OK(m, (unsigned)left); m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_seq != n->seq)
			continue;
		if (m->nlmsg_type == NLMSG_DONE)
			return 1;
		if (m->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *e = NLMSG_DATA(m);

			return m->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? -EBADMSG : e->error ? e->error : 1;
		}
		on_message(arg, m);
		if (!dump)
			return 1;
	}
	return 0;
}

int netlink_ask(struct netlink *n, uint16_t type, bool dump, const void *body, size_t len,
        netlink_on_message on_message, void *arg)
{
	struct {
		struct nlmsghdr head;
		char body[ASK_BYTES];
	} ask = {0};
	int status = 0;

	if (len > sizeof(ask.body))
		return -EMSGSIZE;
	ask.head.nlmsg_len = NLMSG_LENGTH(len);
	ask.head.nlmsg_type = type;
	ask.head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0));
	ask.head.nlmsg_seq = ++n->seq;
	memcpy(ask.body, body, len);
	if (send(n->fd, &ask, ask.head.nlmsg_len, 0) < 0)
		return -errno;
	while (!status) {
		ssize_t got = receive(n);

		status = got < 0 ? (int)got : walk(n, (size_t)got, dump, on_message, arg);
	}
	return status < 0 ? status : 0;
}

int netlink_news(struct netlink *n, netlink_on_message on_message, void *arg)
{
	ssize_t got = 0;

	for (int i = 0; i < NEWS_ROUNDS && (got = receive(n)) >= 0; i++) {
		int left = (int)got;

		for (const struct nlmsghdr *m = &n->in.align; NLMSG_OK(m, (unsigned)left); m = NLMSG_NEXT(m, left))
			on_message(arg, m);
	}
	return got < 0 && got != -EAGAIN ? (int)got : 0;
}

bool netlink_parse(const struct nlmsghdr *message, size_t header_len, struct netlink_attributes *out)
{
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(header_len);
	const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(header_len));

	memset(out, 0, sizeof(*out));
	if (left < 0)
		return false;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) < NETLINK_ATTRIBUTES)
			out->at[a->rta_type & NLA_TYPE_MASK] = a;
	return true;
}

uint32_t netlink_u32(const struct rtattr *a)
{
	uint32_t v = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(v))
		memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}
