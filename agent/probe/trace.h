/*
 * trace: the path to a target, hop by hop: who answers, how fast, how much is lost, and how large a packet may be.
 *
 * By ICMP echoes or by TCP segments to a port (what a firewall lets through may differ), each hop probed several times with growing
 * hop limits; the path's MTU is found with packets that may not be fragmented. IPv4 and IPv6. Works without privilege
 * where the kernel tells errors to ordinary sockets (IP_RECVERR). A trace lasts a few seconds at most and sends
 * less than a ping. Formula of loss: unanswered / sent, of each hop for itself. Runs in the eyes process and in `sansang-agent trace`.
 */
#ifndef SANSANG_TRACE_H
#define SANSANG_TRACE_H

#include <uv.h>

#include "agent/probe/icmp.h"
#include "agent/probe/probe.h"

#define TRACE_HOPS_MAX 32

enum trace_kind { TRACE_ICMP, TRACE_TCP };

struct trace_request {
	enum trace_kind kind;
	char host[256]; /* a name or an address */
	uint16_t port;  /* of TRACE_TCP */
	union probe_address source;
	char interface[16];
};

struct trace_hop {
	union probe_address address; /* family 0: nobody answered */
	unsigned sent, received;
	int64_t rtt_min_us, rtt_us, rtt_max_us; /* PROBE_UNKNOWN when nobody answered */
	bool several;                           /* answers came from several addresses: the first is shown */
	enum reason reason;                     /* REASON_OK; REASON_PROHIBITED, REASON_UNREACHABLE when it said so */
};

/* By what it was traced: UDP where ICMP was asked for and this user may open neither raw nor ping sockets. */
enum trace_by { TRACE_BY_ICMP, TRACE_BY_TCP, TRACE_BY_UDP };

struct trace_result {
	enum trace_by by;
	bool reached;
	enum reason reason; /* of not reaching it; with reached: OK, or REFUSED (it answered, and does not want it) */
	union probe_address target; /* family 0: the name has no address */
	unsigned hop_count;         /* up to the target, to who stopped it, or one past the last that answered */
	struct trace_hop hops[TRACE_HOPS_MAX]; /* hops[0]: the first router */
	unsigned mtu;                          /* bytes of the largest whole packet that passed, 0 unknown */
	unsigned mtu_full;                     /* of the interface that it leaves by; 0 unknown */
	/* the hop that said a packet is too big, from 1; 0: nobody (a hole, when mtu is below mtu_full) */
	unsigned mtu_hop;
	unsigned mtu_passed; /* of a hole: the last hop that a full-size packet still reached; 0 none */
};

struct trace;

/* "HOST" (by ICMP), "HOST:PORT" or "[V6]:PORT" (by TCP): kind, host and port. 0 or -EINVAL. */
int trace_target_read(const char *target, struct trace_request *out);

/* The trace frees itself after on_done, which comes once. `icmp` is borrowed and may be NULL. */
typedef void (*trace_on_done)(void *arg, const struct trace_request *request, const struct trace_result *result);
struct trace *trace_start(
        uv_loop_t *loop, struct icmp *icmp, const struct trace_request *request, trace_on_done on_done, void *arg);
/* What is known so far. */
void trace_peek(const struct trace *t, struct trace_result *out);
/* Ends it at once; on_done does not come. */
void trace_cancel(struct trace *t);

/*
 * One JSON object, at most BATCH_TEXT_MAX bytes less 200: {"target","address","by":"icmp|tcp|udp","reached","reason","mtu","mtu_full",
 * "mtu_hop","mtu_passed","hops":[[address or null, sent, received, rtt_ms or null, reason]...]}. Gives malloc'ed text.
 */
char *trace_json(const struct trace_request *request, const struct trace_result *result);
/* The numeric address without port, "" of family 0; `size` at least INET6_ADDRSTRLEN. Gives `out`. */
const char *trace_address_text(const union probe_address *a, char *out, size_t size);

#endif
