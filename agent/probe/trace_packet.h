/*
 * trace_packet: what a trace sends and what comes back, as bytes: echoes with a cookie, ICMP errors from a socket's error
 * queue, and the beginning of our own packet that they quote (RFC 792: at least 8 bytes of it).
 *
 * Everything is read through cursors. Pure; runs in the eyes process and in `sansang-agent trace`.
 */
#ifndef SANSANG_TRACE_PACKET_H
#define SANSANG_TRACE_PACKET_H

#include "agent/probe/probe.h"
#include "common/buf.h"

#define TRACE_COOKIE_BYTES 8
#define TRACE_ECHO_BYTES_MIN (8 + TRACE_COOKIE_BYTES)

struct trace_echo {
	uint16_t id, seq;
	uint8_t cookie[TRACE_COOKIE_BYTES];
};

/* What the kernel says beside a message (its control bytes, in this host's byte order). */
struct trace_control {
	int64_t stamp_ns; /* CLOCK_REALTIME, 0: none */
	uint8_t origin;   /* SO_EE_ORIGIN_*; 0: no error */
	uint8_t type, code;
	uint32_t info; /* of "too big": the MTU */
	int error;
	union probe_address from; /* who said so; family 0: this host */
};

enum trace_answer_kind {
	TRACE_PASSED_ON, /* a router on the way, where its hop limit ended */
	TRACE_ARRIVED,   /* the target itself, reason REFUSED when it did not want it */
	TRACE_STOPPED,   /* somebody says that it goes no further */
	TRACE_TOO_BIG,
};

struct trace_answer {
	uint16_t seq;
	enum trace_answer_kind kind;
	union probe_address from; /* family 0: this host's own kernel */
	int64_t rtt_us;           /* PROBE_UNKNOWN */
	enum reason reason;
	unsigned mtu; /* of TRACE_TOO_BIG; 0: it did not say */
};

/* An echo request of `len` bytes, at least TRACE_ECHO_BYTES_MIN; `checksum` false: the kernel makes it. Without a header (UDP) the first 4 bytes say nothing. */
void trace_echo_encode(const struct trace_echo *e, bool v6, bool checksum, uint8_t *out, size_t len);
/* A reply to us, whole or its beginning; `ip_header`: an IPv4 header stands in front. 0 or -EBADMSG. */
int trace_echo_decode(const uint8_t *data, size_t len, bool v6, bool ip_header, struct trace_echo *out);
/* The beginning of a request of ours as an ICMP error quotes it, from its ICMP header on. The cookie is zero when it is not quoted. 0 or -EBADMSG. */
int trace_quote_decode(const uint8_t *data, size_t len, bool v6, struct trace_echo *out);
/* A packet of ours somewhere in a looped back frame (a stamp of sending). 0 or -EBADMSG. */
int trace_echo_find(const uint8_t *data, size_t len, const uint8_t cookie[TRACE_COOKIE_BYTES], uint16_t *seq);

/* Passes over what it does not know, stops at what is cut off. */
void trace_control_decode(const uint8_t *control, size_t len, struct trace_control *out);
/* What an error says of the way: kind, from, reason, mtu. `ports`: our packets have ports, so the target's "port unreachable" is how it answers. False: nothing. */
bool trace_error_meaning(
        const struct trace_control *c, const union probe_address *target, bool ports, struct trace_answer *out);

#endif
