#include "agent/probe/mtu.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/probe/icmp.h"
#include "agent/probe/mtu_search.h"
#include "agent/probe/trace.h"
#include "agent/probe/trace_socket.h"
#include "common/memory.h"

#define SHOTS_MAX 128
#define SMALL_BYTES 64
#define FULL_MAX 9216 /* larger than any wire's; the loopback's 64 KB is not asked for */
#define TTL 64
#define PAIRS 3
#define PAIR_GAP_MS 200 /* apart, so that one burst of losses does not take them all */
#define SEARCH_TRIES 2
#define SEARCH_GAP_MS 20
#define WAIT_MOST_MS 2000
#define WAIT_LEAST_MS 500
#define SOCKET_AGAIN_MS 100
#define NARROWED_MOST 8
#define MTU_LEAST 68
#define SEARCHED_MOST (MTU_SEARCH_SIZES + 2)

enum stage { STAGE_SOCKET, STAGE_PAIR, STAGE_SEARCH, STAGE_DONE };

struct shot {
	uint16_t bytes;
	bool answered, arrived;
};

struct mtu_run {
	struct trace_socket socket;
	struct trace_way way;
	struct raw_pool *pool;
	int epoll; /* the socket is lent, so it may not stay in others' sets */
	enum stage stage;
	int64_t begun_ms, next_ms, last_ms, wait_ms, timeout_ms;
	struct shot shots[SHOTS_MAX];
	unsigned count, stage_first, narrowed;
	unsigned size, full; /* that is tried now, that was tried first */
	union probe_address teller;
	int64_t *kept; /* of a hole: what passed, what did not */
	int64_t spare[PROBE_KEPT];
	struct mtu_search search;
	unsigned sizes[SEARCHED_MOST], size_count;
	int error;
	int64_t rtt_us;
};

_Static_assert(sizeof(struct mtu_run *) <= PROBE_STATE_MAX, "state too large");

static struct mtu_run *run_of(void *state)
{
	struct mtu_run *r;

	memcpy(&r, state, sizeof(r));
	return r;
}

/* ---- answers ---- */

static bool arrived(const struct mtu_run *r, unsigned bytes)
{
	for (unsigned i = r->stage_first; i < r->count; i++)
		if (r->shots[i].bytes == bytes && r->shots[i].arrived)
			return true;
	return false;
}

/* Small ones of any stage. */
static bool small_arrived(const struct mtu_run *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->shots[i].bytes == SMALL_BYTES && r->shots[i].arrived)
			return true;
	return false;
}

static bool all_answered(const struct mtu_run *r)
{
	for (unsigned i = r->stage_first; i < r->count; i++)
		if (!r->shots[i].answered)
			return false;
	return true;
}

/* Somebody says that our size is too big: theirs then, all over again. */
static void narrow(struct mtu_run *r, const struct trace_answer *a)
{
	if (r->stage != STAGE_PAIR || r->shots[a->seq].bytes != r->size || a->mtu < MTU_LEAST || a->mtu >= r->size ||
	        r->narrowed++ >= NARROWED_MOST)
		return;
	r->size = a->mtu;
	r->teller = a->from;
	r->stage_first = r->count;
}

static void receive(struct mtu_run *r)
{
	struct trace_answer a;

	while (trace_socket_receive(&r->socket, &a)) {
		struct shot *s = a.seq < r->count ? &r->shots[a.seq] : NULL;

		if (!s || s->answered)
			continue;
		s->answered = true;
		s->arrived = a.kind == TRACE_ARRIVED && a.reason == REASON_OK;
		if (s->arrived)
			r->rtt_us = a.rtt_us;
		if (a.kind == TRACE_TOO_BIG)
			narrow(r, &a);
	}
}

/* ---- sending ---- */

static struct probe_want wait_until(const struct mtu_run *r, int64_t ms)
{
	return (struct probe_want){.fd = r->epoll, .events = PROBE_READABLE, .wake_ms = ms};
}

static void shoot(struct mtu_run *r, unsigned bytes, int64_t gap_ms, int64_t now_ms)
{
	uint16_t seq = (uint16_t)r->count++;
	int status;

	r->shots[seq] = (struct shot){.bytes = (uint16_t)bytes};
	r->last_ms = now_ms;
	r->next_ms = now_ms + gap_ms;
	status = trace_socket_send(&r->socket, seq, TTL, bytes);
	if (status) {
		r->error = -status;
		r->shots[seq].answered = true; /* there is nothing to wait for */
	}
	receive(r);
}

/* ---- search ---- */

/* One more round of what the runs before found; beside new sizes the limits themselves, which may have moved. */
static void search_begin(struct mtu_run *r)
{
	r->search = (struct mtu_search){(unsigned)r->kept[0], (unsigned)r->kept[1]};
	if (r->search.low < SMALL_BYTES || r->search.low >= r->search.high || r->search.high > r->size)
		r->search = (struct mtu_search){SMALL_BYTES, r->size};
	r->size_count = mtu_search_next(&r->search, r->sizes);
	if (r->search.low > SMALL_BYTES)
		r->sizes[r->size_count++] = r->search.low;
	if (r->search.high < r->size)
		r->sizes[r->size_count++] = r->search.high;
	r->stage = STAGE_SEARCH;
	r->stage_first = r->count;
}

static void search_end(struct mtu_run *r)
{
	unsigned low = r->search.low, high = r->search.high, count = mtu_search_next(&r->search, r->sizes);
	bool passed[MTU_SEARCH_SIZES];

	for (unsigned i = 0; i < count; i++)
		passed[i] = arrived(r, r->sizes[i]);
	mtu_search_take(&r->search, r->sizes, passed, count);
	if (high < r->size && arrived(r, high))
		r->search = (struct mtu_search){high, r->size};
	else if (r->search.low == low && low > SMALL_BYTES && !arrived(r, low))
		r->search = (struct mtu_search){SMALL_BYTES, low};
	r->kept[0] = r->search.low;
	r->kept[1] = r->search.high;
	r->stage = STAGE_DONE;
}

/* ---- steps ---- */

/* Whoever answers at all answers in about the time that others took. */
static int64_t wait_end_ms(const struct mtu_run *r)
{
	int64_t ms = r->rtt_us < 0 ? r->wait_ms : WAIT_LEAST_MS + 4 * r->rtt_us / 1000;

	return r->last_ms + (ms < r->wait_ms ? ms : r->wait_ms);
}

static struct probe_want step_pair(struct mtu_run *r, int64_t now_ms)
{
	unsigned sent = r->count - r->stage_first;

	if (arrived(r, r->size)) {
		r->kept[0] = r->kept[1] = 0;
		r->stage = STAGE_DONE;
		return probe_done();
	}
	if (sent < 2 * PAIRS && now_ms >= r->next_ms) {
		shoot(r, sent % 2 ? SMALL_BYTES : r->size, sent % 2 ? PAIR_GAP_MS : 0, now_ms);
		return step_pair(r, now_ms);
	}
	if (sent < 2 * PAIRS)
		return wait_until(r, r->next_ms);
	if (!all_answered(r) && now_ms < wait_end_ms(r))
		return wait_until(r, wait_end_ms(r));
	if (!small_arrived(r)) {
		r->stage = STAGE_DONE;
		return probe_done();
	}
	search_begin(r);
	return wait_until(r, now_ms);
}

static struct probe_want step_search(struct mtu_run *r, int64_t now_ms)
{
	unsigned sent = r->count - r->stage_first;

	if (sent < SEARCH_TRIES * r->size_count && now_ms >= r->next_ms) {
		shoot(r, r->sizes[sent % r->size_count], SEARCH_GAP_MS, now_ms);
		return wait_until(r, r->next_ms);
	}
	if (sent < SEARCH_TRIES * r->size_count)
		return wait_until(r, r->next_ms);
	if (!all_answered(r) && now_ms < wait_end_ms(r))
		return wait_until(r, wait_end_ms(r));
	search_end(r);
	return probe_done();
}

static struct probe_want step_socket(struct mtu_run *r, int64_t now_ms)
{
	struct epoll_event e = {.events = EPOLLIN};
	int status = trace_socket_open(&r->socket, r->pool, &r->way, false, SHOTS_MAX);

	if (status == -EAGAIN && now_ms < r->begun_ms + r->timeout_ms)
		return (struct probe_want){.fd = -1, .wake_ms = now_ms + SOCKET_AGAIN_MS};
	if (!status) {
		r->epoll = epoll_create1(EPOLL_CLOEXEC);
		if (r->epoll < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->socket.fd, &e))
			status = -errno;
	}
	r->full = r->size = status ? 0 : trace_way_mtu(&r->way);
	if (r->size > FULL_MAX)
		r->full = r->size = FULL_MAX;
	if (status || r->size <= SMALL_BYTES) {
		r->error = status ? EPERM : ENETUNREACH;
		r->stage = STAGE_DONE;
		return probe_done();
	}
	r->stage = STAGE_PAIR;
	r->next_ms = now_ms;
	return step_pair(r, now_ms);
}

static struct probe_want mtu_step(void *state, unsigned events, int64_t now_ms)
{
	struct mtu_run *r = run_of(state);

	(void)events;
	if (r->stage == STAGE_SOCKET)
		return step_socket(r, now_ms);
	receive(r);
	if (r->stage == STAGE_PAIR)
		return step_pair(r, now_ms);
	return r->stage == STAGE_SEARCH ? step_search(r, now_ms) : probe_done();
}

static struct probe_want mtu_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct mtu_run *r = mem_alloc(sizeof(*r));

	memcpy(state, &r, sizeof(r));
	r->socket.fd = r->epoll = -1;
	r->way = (struct trace_way){.target = job->address, .source = job->source};
	if (job->address.any.sa_family == AF_INET6)
		r->way.target.v6.sin6_port = 0;
	r->pool = icmp_spare(job->icmp);
	r->kept = job->kept ? job->kept : r->spare;
	r->begun_ms = now_ms;
	r->timeout_ms = job->timeout_ms;
	r->wait_ms = job->timeout_ms < WAIT_MOST_MS ? job->timeout_ms : WAIT_MOST_MS;
	r->rtt_us = PROBE_UNKNOWN;
	if (job->interface && job->interface[0] && !(r->way.interface = if_nametoindex(job->interface))) {
		r->error = ENODEV;
		r->stage = STAGE_DONE;
		return probe_done();
	}
	return step_socket(r, now_ms);
}

/* ---- result ---- */

static void describe(const struct mtu_run *r, bool full, bool small, struct probe_result *out)
{
	char teller[INET6_ADDRSTRLEN];

	if (!full && small)
		snprintf(out->note, sizeof(out->note),
		        "packets of %u bytes vanish and nobody says why, up to %u bytes pass", r->size, r->search.low);
	else if (full && r->teller.any.sa_family)
		snprintf(out->note, sizeof(out->note), "%s takes %u of %u bytes and says so",
		        trace_address_text(&r->teller, teller, sizeof(teller)), r->size, r->full);
}

static void mtu_finish(void *state, struct probe_result *out)
{
	struct mtu_run *r = run_of(state);
	bool full = r->size && arrived(r, r->size), small = full || small_arrived(r);

	*out = probe_result_none();
	out->up = full || !small;
	out->reason = full ? REASON_OK : small ? REASON_TOO_LARGE : r->error ? probe_reason(r->error) : REASON_TIMEOUT;
	if (out->reason == REASON_LOCAL)
		out->up = false;
	out->total_us = out->connect_us = r->rtt_us;
	if (r->count) {
		out->detail[MTU_SMALL_OK] = small;
		out->detail[MTU_FULL_OK] = full;
		out->detail[MTU_FULL_BYTES] = r->size;
	}
	if (small)
		out->detail[MTU_PATH_BYTES] = full ? r->size : r->search.low;
	describe(r, full, small, out);
	trace_socket_close(&r->socket);
	if (r->epoll >= 0)
		close(r->epoll);
	free(r);
}

const struct probe_type probe_mtu = {
        .name = "mtu",
        .has_detail = true,
        .detail = CLASS_MTU,
        .start = mtu_start,
        .step = mtu_step,
        .finish = mtu_finish,
};
