/*
 * server: a name or time server of the test's own making, which misbehaves as asked, and the driving of a probe against it.
 *
 * A child process answers each datagram by `answer`; server_stop() ends it. For unit tests only.
 */
#ifndef SANSANG_TEST_SERVER_H
#define SANSANG_TEST_SERVER_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/probe/probe.h"

#define SERVER_ROOM 1024

/* In the child: `number` counts the questions from 0. Bytes to send, 0: silence. */
typedef size_t (*server_answer)(const uint8_t *question, size_t len, unsigned number, uint8_t out[SERVER_ROOM]);

struct server {
	pid_t pid;
	uint16_t port;
};

static inline int server_socket(const char *host, int type, uint16_t *port)
{
	union probe_address a;
	socklen_t len = sizeof(a);
	int fd;

	probe_address_parse(host, *port, &a);
	fd = socket(a.any.sa_family, type, 0);
	if (fd < 0 || bind(fd, &a.any, probe_address_len(&a)) || getsockname(fd, &a.any, &len)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
	return fd;
}

static inline void server_serve(int fd, server_answer answer)
{
	for (unsigned number = 0;; number++) {
		uint8_t question[SERVER_ROOM], out[SERVER_ROOM];
		union probe_address from;
		socklen_t len = sizeof(from);
		ssize_t got = recvfrom(fd, question, sizeof(question), 0, &from.any, &len);
		size_t size = got > 0 ? answer(question, (size_t)got, number, out) : 0;

		if (size)
			sendto(fd, out, size, 0, &from.any, len);
	}
}

/* pid 0: the host is not there. */
static inline struct server server_start(const char *host, server_answer answer)
{
	struct server s = {0};
	int fd = server_socket(host, SOCK_DGRAM, &s.port);

	if (fd < 0)
		return s;
	s.pid = fork();
	if (!s.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server_serve(fd, answer);
	}
	close(fd);
	return s;
}

static inline void server_stop(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

static inline int64_t probe_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* As the prober would, on the real clock. */
static inline struct probe_result probe_drive(const struct probe_type *type, const struct probe_job *job)
{
	_Alignas(16) char state[PROBE_STATE_MAX];
	struct probe_want want = type->start(state, job, probe_now_ms());
	struct probe_result r;

	while (!want.done) {
		struct pollfd p = {.fd = want.fd,
		        .events = (short)((want.events & PROBE_READABLE ? POLLIN : 0) |
		                          (want.events & PROBE_WRITABLE ? POLLOUT : 0))};
		int64_t wait_ms = want.wake_ms - probe_now_ms();
		unsigned events = 0;

		if (poll(&p, 1, wait_ms > 0 ? (int)wait_ms : 0) > 0)
			events = (p.revents & POLLIN ? PROBE_READABLE : 0) |
			         (p.revents & (POLLOUT | POLLERR | POLLHUP) ? PROBE_WRITABLE : 0);
		want = type->step(state, events, probe_now_ms());
	}
	type->finish(state, &r);
	return r;
}

#endif
