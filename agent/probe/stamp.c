#include "agent/probe/stamp.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NS 1000000000
#define AGE_MOST_NS (10ll * NS) /* what lay in a socket for longer was stamped by another clock */
#define STEPPED_NS 2000000

static int64_t read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

struct stamp stamp_now(void)
{
	return (struct stamp){.real_ns = read_ns(CLOCK_REALTIME), .mono_ns = read_ns(CLOCK_MONOTONIC)};
}

int64_t stamp_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

void stamp_hear(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
}

ssize_t stamp_receive(int fd, void *out, size_t size, struct stamp *at)
{
	_Alignas(struct cmsghdr) uint8_t control[128];
	struct iovec iov = {out, size};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &m, MSG_DONTWAIT);

	if (got < 0)
		return got;
	*at = stamp_now();
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;
			int64_t age_ns;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			age_ns = at->real_ns - ((int64_t)t.tv_sec * NS + t.tv_nsec);
			if (age_ns < 0 || age_ns > AGE_MOST_NS)
				continue;
			at->real_ns -= age_ns;
			at->mono_ns -= age_ns;
		}
	return got;
}

bool stamp_stepped(const struct stamp *from, const struct stamp *to)
{
	int64_t moved_ns = (to->real_ns - to->mono_ns) - (from->real_ns - from->mono_ns);

	return moved_ns > STEPPED_NS || moved_ns < -STEPPED_NS;
}
