#include "agent/probe/raw.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/memory.h"

#define DRAINED_MOST 4096

struct raw_socket {
	int fd, family;
	bool lent;
};

struct raw_pool {
	struct raw_socket sockets[2 * RAW_POOL_SIZE];
};

static void filter_set(int fd, int family, bool replies)
{
	struct icmp_filter v4 = {replies ? ~(1u << ICMP_ECHOREPLY) : ~0u};
	struct icmp6_filter v6;

	ICMP6_FILTER_SETBLOCKALL(&v6);
	if (replies)
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
	if (family == AF_INET)
		setsockopt(fd, SOL_RAW, ICMP_FILTER, &v4, sizeof(v4));
	else
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6));
}

void raw_socket_hear(int fd, int family)
{
	filter_set(fd, family, true);
}

struct raw_pool *raw_pool_open(void)
{
	struct raw_pool *p = mem_alloc(sizeof(*p));

	for (unsigned i = 0; i < 2 * RAW_POOL_SIZE; i++) {
		struct raw_socket *s = &p->sockets[i];

		s->family = i < RAW_POOL_SIZE ? AF_INET : AF_INET6;
		s->fd = socket(s->family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		        s->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
		if (s->fd >= 0)
			filter_set(s->fd, s->family, false);
	}
	return p;
}

void raw_pool_close(struct raw_pool *p)
{
	for (unsigned i = 0; p && i < 2 * RAW_POOL_SIZE; i++)
		if (p->sockets[i].fd >= 0)
			close(p->sockets[i].fd);
	free(p);
}

bool raw_pool_empty(const struct raw_pool *p, int family)
{
	for (unsigned i = 0; p && i < 2 * RAW_POOL_SIZE; i++)
		if (p->sockets[i].family == family && p->sockets[i].fd >= 0)
			return false;
	return true;
}

int raw_pool_take(struct raw_pool *p, int family)
{
	for (unsigned i = 0; p && i < 2 * RAW_POOL_SIZE; i++) {
		struct raw_socket *s = &p->sockets[i];

		if (s->family != family || s->fd < 0 || s->lent)
			continue;
		s->lent = true;
		return s->fd;
	}
	return -1;
}

static void drain(int fd)
{
	char byte;
	int off = 0;

	/* switched off, the kernel throws its queue of errors away */
	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &off, sizeof(off));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof(off));
	for (unsigned i = 0; i < DRAINED_MOST && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0; i++)
		;
	for (unsigned i = 0; i < DRAINED_MOST && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_ERRQUEUE) >= 0; i++)
		;
}

bool raw_pool_give(struct raw_pool *p, int fd)
{
	for (unsigned i = 0; p && fd >= 0 && i < 2 * RAW_POOL_SIZE; i++) {
		struct raw_socket *s = &p->sockets[i];

		if (s->fd != fd)
			continue;
		filter_set(fd, s->family, false);
		drain(fd);
		s->lent = false;
		return true;
	}
	return false;
}
