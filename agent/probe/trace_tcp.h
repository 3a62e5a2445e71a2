/*
 * trace_tcp: SYNs of given hop limits, each from a socket of its own, and what comes of them. Needs no right: the kernel tells
 * a connecting socket who dropped its SYN (IP_RECVERR). Who accepts is reset at once. Eyes process and `sansang-agent trace`.
 */
#ifndef SANSANG_TRACE_TCP_H
#define SANSANG_TRACE_TCP_H

#include "agent/probe/trace_socket.h"

#define TRACE_TCP_OPEN_MAX 64

struct trace_tcp_shot {
	int fd; /* -1: free */
	uint16_t seq;
	int error; /* of connect at once, 0: see the socket */
	struct trace_sent sent;
};

struct trace_tcp {
	int epoll; /* borrowed: sockets are watched there with data.u32 = base + index */
	uint32_t base;
	union probe_address target, source; /* target with its port */
	char interface[16];
	struct trace_tcp_shot shots[TRACE_TCP_OPEN_MAX];
};

void trace_tcp_begin(struct trace_tcp *t, int epoll, uint32_t base);
void trace_tcp_end(struct trace_tcp *t);
/* 0 or -errno. */
int trace_tcp_send(struct trace_tcp *t, uint16_t seq, unsigned ttl);
/* The epoll set names shot `index`. False: nothing to say of it. Its socket is closed in any case. */
bool trace_tcp_take(struct trace_tcp *t, uint32_t index, struct trace_answer *out);

#endif
