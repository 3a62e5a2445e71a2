/*
 * trace_socket: one socket of a trace's or an MTU check's own: echoes of a given hop limit and size that may not be
 * fragmented, and all that comes back: replies, and ICMP errors from the socket's error queue.
 *
 * Raw (lent from the pool of raw.h, or opened where we may), else a ping socket, else, where the caller can do with it,
 * UDP to ports 33434 and up, which needs no right at all. Round trips are between the kernel's own stamps;
 * one during which the wall clock was set is unknown. Eyes process and `sansang-agent trace`.
 */
#ifndef SANSANG_TRACE_SOCKET_H
#define SANSANG_TRACE_SOCKET_H

#include "agent/probe/raw.h"
#include "agent/probe/trace_packet.h"

#define TRACE_PORT_FIRST 33434

enum trace_socket_kind { TRACE_SOCKET_RAW, TRACE_SOCKET_PING, TRACE_SOCKET_UDP };

struct trace_way {
	union probe_address target, source; /* source: family 0 any */
	unsigned interface;                 /* index, 0 any */
};

struct trace_sent {
	int64_t sent_ns;  /* CLOCK_REALTIME, 0: not sent */
	int64_t drift_ns; /* realtime minus monotonic then */
};

struct trace_socket {
	int fd; /* -1: closed. Poll it for reading; an error means an answer too */
	enum trace_socket_kind kind;
	struct trace_way way;
	struct raw_pool *pool;
	struct trace_echo echo; /* id and cookie of all we send */
	struct trace_sent *sent;
	unsigned sent_max;
	uint16_t last; /* seq of the last that was sent: our own kernel's refusal quotes nothing */
};

/* `seq` is below `sent_max`. 0, -EAGAIN: the pool has none free now, or -errno. */
int trace_socket_open(
        struct trace_socket *s, struct raw_pool *pool, const struct trace_way *way, bool udp_too, unsigned sent_max);
/* Closing a closed one (all zero but fd -1) is no error. */
void trace_socket_close(struct trace_socket *s);
/* `bytes` of the whole packet. 0 or -errno; too big for the interface: 0, and the answer says so. */
int trace_socket_send(struct trace_socket *s, uint16_t seq, unsigned ttl, unsigned bytes);
/* One answer that has come; false: no more. */
bool trace_socket_receive(struct trace_socket *s, struct trace_answer *out);
/* The largest packet that this host would send that way, by interface, route and what routers told; 0 unknown. */
unsigned trace_way_mtu(const struct trace_way *way);
/* Microseconds between the stamps; PROBE_UNKNOWN when the wall clock was set between. `received_ns` 0: now. */
int64_t trace_sent_rtt_us(const struct trace_sent *sent, int64_t received_ns);
struct trace_sent trace_sent_now(void);

#endif
