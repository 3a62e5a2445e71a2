/*
 * trace_run: what a trace sends next and what it makes of the answers, without sockets or a loop (trace.c has those), so
 * that tests feed it by hand.
 *
 * First the hops: five rounds over growing hop limits, a packet each 20 ms, six hops ahead of the farthest that
 * answered. Then the MTU: a small and a full-size echo; smaller sizes as routers tell them, or, when
 * nobody tells, a search (mtu_search.h) and full-size echoes to each hop, which show where the hole is.
 * Times are milliseconds of any monotonic clock.
 */
#ifndef SANSANG_TRACE_RUN_H
#define SANSANG_TRACE_RUN_H

#include "agent/probe/mtu_search.h"
#include "agent/probe/trace.h"
#include "agent/probe/trace_packet.h"

#define TRACE_SHOTS_MAX 512
#define TRACE_ROUNDS 5
#define TRACE_FULL_MAX 9216 /* larger than any wire's; the loopback's 64 KB is not asked for */
#define TRACE_SMALL_BYTES 64
#define TRACE_SMALL_TTL 64 /* of packets that shall arrive */

struct trace_shot {
	uint8_t ttl;
	uint16_t bytes; /* of the whole packet */
	bool echo;      /* by the socket for echoes, even of a trace by TCP */
	bool answered;
	struct trace_answer answer;
	int64_t sent_ms;
};

enum trace_stage { TRACE_STAGE_HOPS, TRACE_STAGE_PAIR, TRACE_STAGE_SEARCH, TRACE_STAGE_WHERE, TRACE_STAGE_DONE };

struct trace_run {
	enum trace_kind kind;
	bool echoes; /* there is a socket for echoes: the MTU can be looked for */
	struct trace_result result;
	enum trace_stage stage;
	struct trace_shot shots[TRACE_SHOTS_MAX];
	unsigned shot_count;
	int64_t next_ms, last_ms; /* of sending */
	int64_t rtt_most_us;
	/* hops */
	unsigned round, ttl, highest, arrived, stopped; /* ttl: next; the others 0 when nobody did */
	int64_t round_ms;
	int64_t rtt_sum_us[TRACE_HOPS_MAX];
	unsigned timed[TRACE_HOPS_MAX];
	/* MTU */
	unsigned stage_first, stage_sent; /* shots of this stage */
	unsigned goal;                    /* hop limit of what shall arrive */
	bool goal_is_router;
	unsigned size, narrowed;
	struct mtu_search search;
	unsigned sizes[MTU_SEARCH_SIZES], size_count, searches;
};

struct trace_step {
	enum { TRACE_SEND, TRACE_WAIT, TRACE_DONE } what;
	uint16_t seq;    /* of TRACE_SEND: shots[seq]; say trace_run_failed() when it cannot be sent */
	int64_t wake_ms; /* of TRACE_WAIT */
};

void trace_run_begin(struct trace_run *r, enum trace_kind kind, bool echoes, int64_t now_ms);
struct trace_step trace_run_next(struct trace_run *r, int64_t now_ms);
/* Late, doubled and foreign ones count for nothing. */
void trace_run_answer(struct trace_run *r, const struct trace_answer *a);
/* Our own kernel would not send it: `error` positive; not for what is too big, which is an answer. */
void trace_run_failed(struct trace_run *r, uint16_t seq, int error);
/* The result, whole or so far. */
void trace_run_result(const struct trace_run *r, struct trace_result *out);

#endif
