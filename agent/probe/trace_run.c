#include "agent/probe/trace_run.h"

#include <errno.h>
#include <string.h>

#define AHEAD 6
#define GAP_MS 20
#define ROUND_MS 300
#define WAIT_FIRST_MS 1000 /* before a silent stretch is taken for the end */
#define WAIT_ICMP_MS 1500
#define WAIT_TCP_MS 950 /* then the kernel would repeat its SYN */
#define WAIT_MTU_MS 500 /* and twice the longest round trip */
#define TRIES 2         /* of each size */
#define PAIRS 3
#define NARROWED_MOST 8
#define SEARCHES_MOST 6
#define MTU_LEAST 68

/* ---- sending ---- */

static struct trace_step wait_until(int64_t ms)
{
	return (struct trace_step){.what = TRACE_WAIT, .wake_ms = ms};
}

static struct trace_step shoot(struct trace_run *r, unsigned ttl, unsigned bytes, bool echo, int64_t now_ms)
{
	uint16_t seq = (uint16_t)r->shot_count++;

	r->shots[seq] =
	        (struct trace_shot){.ttl = (uint8_t)ttl, .bytes = (uint16_t)bytes, .echo = echo, .sent_ms = now_ms};
	r->last_ms = now_ms;
	r->next_ms = now_ms + GAP_MS;
	if (r->stage == TRACE_STAGE_HOPS)
		r->result.hops[ttl - 1].sent++;
	return (struct trace_step){.what = TRACE_SEND, .seq = seq};
}

void trace_run_begin(struct trace_run *r, enum trace_kind kind, bool echoes, int64_t now_ms)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->echoes = echoes;
	r->result.by = kind == TRACE_TCP ? TRACE_BY_TCP : TRACE_BY_ICMP;
	r->result.reason = REASON_TIMEOUT;
	r->ttl = 1;
	r->round_ms = r->next_ms = now_ms;
	for (unsigned i = 0; i < TRACE_HOPS_MAX; i++)
		r->result.hops[i].rtt_us = r->result.hops[i].rtt_min_us = r->result.hops[i].rtt_max_us = PROBE_UNKNOWN;
}

static void stage_set(struct trace_run *r, enum trace_stage stage)
{
	r->stage = r->shot_count + 4 * TRACE_HOPS_MAX > TRACE_SHOTS_MAX ? TRACE_STAGE_DONE : stage;
	r->stage_first = r->shot_count;
	r->stage_sent = 0;
}

/* ---- hops ---- */

static unsigned end_of(const struct trace_run *r)
{
	return r->arrived ? r->arrived : r->stopped;
}

static unsigned limit_of(const struct trace_run *r)
{
	unsigned most = r->highest + AHEAD;

	return end_of(r) ? end_of(r) : most < TRACE_HOPS_MAX ? most : TRACE_HOPS_MAX;
}

static bool all_answered(const struct trace_run *r)
{
	for (unsigned i = 0; i < r->shot_count; i++)
		if (!r->shots[i].answered && (!end_of(r) || r->shots[i].ttl <= end_of(r)))
			return false;
	return true;
}

/* The farthest router that passes packets on; 0 none. */
static unsigned last_router(const struct trace_run *r)
{
	unsigned end = end_of(r), last = 0;

	for (unsigned i = 0; i < r->shot_count; i++)
		if (r->shots[i].answered && r->shots[i].answer.kind == TRACE_PASSED_ON && r->shots[i].ttl > last &&
		        (!end || r->shots[i].ttl < end))
			last = r->shots[i].ttl;
	return last;
}

static void pair_begin(struct trace_run *r, unsigned size)
{
	r->size = size;
	stage_set(r, TRACE_STAGE_PAIR);
}

static void mtu_begin(struct trace_run *r)
{
	r->goal = r->arrived ? TRACE_SMALL_TTL : last_router(r);
	r->goal_is_router = !r->arrived;
	if (!r->echoes || !r->goal)
		r->stage = TRACE_STAGE_DONE;
	else
		pair_begin(r, TRACE_FULL_MAX);
}

static struct trace_step next_hop(struct trace_run *r, int64_t now_ms)
{
	int64_t wait_ms = r->kind == TRACE_TCP ? WAIT_TCP_MS : WAIT_ICMP_MS;

	if (r->ttl <= limit_of(r))
		return now_ms < r->next_ms ? wait_until(r->next_ms)
		                           : shoot(r, r->ttl++, TRACE_SMALL_BYTES, false, now_ms);
	if (!r->round && !end_of(r) && now_ms < r->last_ms + WAIT_FIRST_MS)
		return wait_until(r->last_ms + WAIT_FIRST_MS);
	if (r->round + 1 < TRACE_ROUNDS) {
		if (now_ms < r->round_ms + ROUND_MS)
			return wait_until(r->round_ms + ROUND_MS);
		r->round++;
		r->round_ms = now_ms;
		r->ttl = 1;
		return next_hop(r, now_ms);
	}
	if (!all_answered(r) && now_ms < r->last_ms + wait_ms)
		return wait_until(r->last_ms + wait_ms);
	mtu_begin(r);
	return trace_run_next(r, now_ms);
}

/* ---- MTU ---- */

/* Of this stage's shots: did one of `bytes` at `ttl` come where it should? */
static bool passed(const struct trace_run *r, unsigned ttl, unsigned bytes)
{
	for (unsigned i = r->stage_first; i < r->shot_count; i++) {
		const struct trace_shot *s = &r->shots[i];

		if (s->ttl == ttl && s->bytes == bytes && s->answered &&
		        (s->answer.kind == TRACE_ARRIVED || s->answer.kind == TRACE_PASSED_ON))
			return true;
	}
	return false;
}

static const struct trace_shot *told_too_big(const struct trace_run *r)
{
	for (unsigned i = r->stage_first; i < r->shot_count; i++)
		if (r->shots[i].answered && r->shots[i].answer.kind == TRACE_TOO_BIG && r->shots[i].bytes == r->size)
			return &r->shots[i];
	return NULL;
}

static bool stage_waits(const struct trace_run *r, int64_t now_ms)
{
	return now_ms < r->last_ms + WAIT_MTU_MS + 2 * r->rtt_most_us / 1000;
}

static struct trace_step stage_wait(const struct trace_run *r)
{
	return wait_until(r->last_ms + WAIT_MTU_MS + 2 * r->rtt_most_us / 1000);
}

static unsigned hop_of(const struct trace_run *r, const union probe_address *a)
{
	for (unsigned i = 0; i < TRACE_HOPS_MAX; i++)
		if (r->result.hops[i].address.any.sa_family && probe_address_equal(&r->result.hops[i].address, a))
			return i + 1;
	return 0;
}

static void search_begin(struct trace_run *r)
{
	r->size_count = mtu_search_next(&r->search, r->sizes);
	stage_set(r, TRACE_STAGE_SEARCH);
}

/* Somebody says that `size` is too big. */
static struct trace_step narrow(struct trace_run *r, const struct trace_shot *told, int64_t now_ms)
{
	unsigned mtu = told->answer.mtu;

	if (!told->answer.from.any.sa_family) {
		r->result.mtu_full = mtu; /* that was our own kernel */
	} else {
		r->result.mtu_hop = hop_of(r, &told->answer.from);
	}
	if (mtu >= MTU_LEAST && mtu < r->size && r->narrowed++ < NARROWED_MOST) {
		pair_begin(r, mtu);
	} else {
		r->search = (struct mtu_search){TRACE_SMALL_BYTES, r->size};
		search_begin(r);
	}
	return trace_run_next(r, now_ms);
}

static struct trace_step pair_end(struct trace_run *r, int64_t now_ms)
{
	if (passed(r, r->goal, TRACE_SMALL_BYTES)) {
		r->result.mtu_hop = 0; /* whoever spoke before spoke of more than passes */
		r->search = (struct mtu_search){TRACE_SMALL_BYTES, r->size};
		search_begin(r);
	} else if (!r->goal_is_router && last_router(r)) {
		/* the target answers no echoes: as far as the last router then */
		r->goal = last_router(r);
		r->goal_is_router = true;
		stage_set(r, TRACE_STAGE_PAIR);
	} else {
		r->stage = TRACE_STAGE_DONE;
	}
	return trace_run_next(r, now_ms);
}

/* Full, small, full, small: the first to come is mostly the one that says all. */
static struct trace_step next_pair(struct trace_run *r, int64_t now_ms)
{
	const struct trace_shot *told = told_too_big(r);

	if (passed(r, r->goal, r->size)) {
		r->result.mtu = r->size;
		r->stage = TRACE_STAGE_DONE;
		return trace_run_next(r, now_ms);
	}
	if (told)
		return narrow(r, told, now_ms);
	if (r->stage_sent < 2 * PAIRS) {
		if (now_ms < r->next_ms)
			return wait_until(r->next_ms);
		return shoot(r, r->goal, r->stage_sent++ % 2 ? TRACE_SMALL_BYTES : r->size, true, now_ms);
	}
	return stage_waits(r, now_ms) ? stage_wait(r) : pair_end(r, now_ms);
}

static struct trace_step next_search(struct trace_run *r, int64_t now_ms)
{
	bool good[MTU_SEARCH_SIZES], all = true;

	if (r->stage_sent < TRIES * r->size_count) {
		if (now_ms < r->next_ms)
			return wait_until(r->next_ms);
		return shoot(r, r->goal, r->sizes[r->stage_sent++ % r->size_count], true, now_ms);
	}
	for (unsigned i = 0; i < r->size_count; i++)
		all &= good[i] = passed(r, r->goal, r->sizes[i]);
	if (!all && stage_waits(r, now_ms))
		return stage_wait(r);
	mtu_search_take(&r->search, r->sizes, good, r->size_count);
	r->result.mtu = r->search.low;
	search_begin(r);
	if (!r->size_count || ++r->searches >= SEARCHES_MOST)
		stage_set(r, TRACE_STAGE_WHERE);
	return trace_run_next(r, now_ms);
}

/* Full-size packets to each hop: the hole lies behind the last that gets one. */
static struct trace_step next_where(struct trace_run *r, int64_t now_ms)
{
	unsigned hops = r->goal_is_router ? r->goal : r->arrived;
	unsigned full = r->result.mtu_full ? r->result.mtu_full : TRACE_FULL_MAX;

	if (r->stage_sent < TRIES * (hops + 1)) {
		unsigned at = r->stage_sent % (hops + 1);

		if (now_ms < r->next_ms)
			return wait_until(r->next_ms);
		r->stage_sent++;
		return shoot(r, at < hops ? at + 1 : r->goal, full, true, now_ms);
	}
	if (stage_waits(r, now_ms))
		return stage_wait(r);
	for (unsigned ttl = 1; ttl <= hops; ttl++)
		if (passed(r, ttl, full))
			r->result.mtu_passed = ttl;
	if (passed(r, r->goal, full)) {
		/* it was plain loss that looked like a hole */
		r->result.mtu = full;
		r->result.mtu_passed = 0;
	}
	r->stage = TRACE_STAGE_DONE;
	return (struct trace_step){.what = TRACE_DONE};
}

/* ---- public ---- */

struct trace_step trace_run_next(struct trace_run *r, int64_t now_ms)
{
	switch (r->stage) {
	case TRACE_STAGE_HOPS:
		return next_hop(r, now_ms);
	case TRACE_STAGE_PAIR:
		return next_pair(r, now_ms);
	case TRACE_STAGE_SEARCH:
		return next_search(r, now_ms);
	case TRACE_STAGE_WHERE:
		return next_where(r, now_ms);
	case TRACE_STAGE_DONE:
		break;
	}
	return (struct trace_step){.what = TRACE_DONE};
}

static void note_time(struct trace_run *r, unsigned i, int64_t rtt_us)
{
	struct trace_hop *h = &r->result.hops[i];

	if (rtt_us < 0)
		return;
	r->timed[i]++;
	r->rtt_sum_us[i] += rtt_us;
	h->rtt_us = r->rtt_sum_us[i] / r->timed[i];
	if (h->rtt_min_us < 0 || rtt_us < h->rtt_min_us)
		h->rtt_min_us = rtt_us;
	if (rtt_us > h->rtt_max_us)
		h->rtt_max_us = rtt_us;
	if (rtt_us > r->rtt_most_us)
		r->rtt_most_us = rtt_us;
}

static void note_hop(struct trace_run *r, unsigned ttl, const struct trace_answer *a)
{
	struct trace_hop *h = &r->result.hops[ttl - 1];
	unsigned *end = a->kind == TRACE_ARRIVED ? &r->arrived : a->kind == TRACE_STOPPED ? &r->stopped : NULL;

	h->received++;
	if (!h->address.any.sa_family)
		h->address = a->from;
	else if (!probe_address_equal(&h->address, &a->from))
		h->several = true;
	if (a->reason != REASON_OK)
		h->reason = a->reason;
	note_time(r, ttl - 1, a->rtt_us);
	if (ttl > r->highest)
		r->highest = ttl;
	if (end && (!*end || ttl < *end))
		*end = ttl;
}

void trace_run_answer(struct trace_run *r, const struct trace_answer *a)
{
	struct trace_shot *s = a->seq < r->shot_count ? &r->shots[a->seq] : NULL;

	if (!s || s->answered)
		return;
	s->answered = true;
	s->answer = *a;
	/* late ones of the hops count too while the MTU is looked for */
	if (!s->echo && a->kind != TRACE_TOO_BIG)
		note_hop(r, s->ttl, a);
}

void trace_run_failed(struct trace_run *r, uint16_t seq, int error)
{
	if (r->stage != TRACE_STAGE_HOPS || r->highest)
		return; /* lost, like others on the way */
	if (seq < r->shot_count)
		r->result.hops[r->shots[seq].ttl - 1].sent--;
	r->result.reason = probe_reason(error);
	r->stage = TRACE_STAGE_DONE;
}

void trace_run_result(const struct trace_run *r, struct trace_result *out)
{
	unsigned shown = end_of(r) ? end_of(r) : r->highest + 1;

	*out = r->result;
	out->reached = r->arrived;
	if (end_of(r))
		out->reason = out->hops[end_of(r) - 1].reason;
	out->hop_count = shown < TRACE_HOPS_MAX ? shown : TRACE_HOPS_MAX;
	while (out->hop_count && !out->hops[out->hop_count - 1].sent)
		out->hop_count--;
	if (out->mtu && !out->mtu_full)
		out->mtu_full = out->mtu;
}
