/* trace_run: fed by a network of our own making, with a clock of our own: hops, loss, who stops it, the MTU and where a hole is. */
#include "agent/probe/trace_run.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Hops 1..length; the last is the target. Answers come `rtt_ms` after sending. */
struct net {
	unsigned length;
	unsigned silent;           /* this hop never answers; 0 none */
	unsigned dead_after;       /* nothing passes this hop; 0: all does */
	unsigned stopped_by;       /* this hop says prohibited to what it should pass on */
	unsigned told_by, told;    /* this hop passes no more than `told` bytes, and says so */
	unsigned hole_after, hole; /* this hop loses silently what is larger than `hole` */
	bool no_echo;              /* the target answers no echoes (but TCP) */
	unsigned loses;            /* each n-th packet of the hop `lossy` is lost */
	unsigned lossy;
	unsigned interface; /* its MTU */
	int64_t rtt_ms;
	unsigned counted;
};

static union probe_address hop_address(unsigned hop)
{
	return (union probe_address){.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + hop)}};
}

/* What the network says to a shot; false: nothing. */
static bool net_answers(struct net *n, const struct trace_shot *s, struct trace_answer *a)
{
	unsigned at = s->ttl < n->length ? s->ttl : n->length;
	unsigned interface = n->interface ? n->interface : 1500;

	*a = (struct trace_answer){.kind = TRACE_PASSED_ON, .rtt_us = n->rtt_ms * 1000, .from = hop_address(at)};
	if (s->bytes > interface) {
		*a = (struct trace_answer){.kind = TRACE_TOO_BIG, .mtu = interface};
		return true;
	}
	for (unsigned hop = 1; hop < at; hop++) {
		if ((n->stopped_by == hop || n->told_by == hop) && (n->stopped_by || s->bytes > n->told)) {
			a->kind = n->stopped_by ? TRACE_STOPPED : TRACE_TOO_BIG;
			a->reason = n->stopped_by ? REASON_PROHIBITED : REASON_OK;
			a->mtu = n->told;
			a->from = hop_address(hop);
			return true;
		}
		if (n->dead_after == hop || (n->hole_after == hop && s->bytes > n->hole))
			return false;
	}
	if (at == n->silent || (at == n->lossy && ++n->counted % n->loses == 0))
		return false;
	if (at == n->length && n->no_echo && s->echo)
		return false;
	if (at == n->length)
		a->kind = TRACE_ARRIVED;
	return true;
}

static struct trace_result run_in(struct net *n, enum trace_kind kind, int64_t *took_ms, unsigned *sent)
{
	static struct trace_run r; /* large */
	struct trace_answer late[TRACE_SHOTS_MAX];
	int64_t at_ms[TRACE_SHOTS_MAX], now_ms = 5000;
	unsigned waiting = 0, first = 0;
	struct trace_result result;

	trace_run_begin(&r, kind, true, now_ms);
	for (;;) {
		struct trace_step s = trace_run_next(&r, now_ms);

		if (s.what == TRACE_DONE)
			break;
		if (s.what == TRACE_SEND) {
			if (net_answers(n, &r.shots[s.seq], &late[waiting])) {
				late[waiting].seq = s.seq;
				/* our own kernel says so at once */
				if (!late[waiting].from.any.sa_family)
					trace_run_answer(&r, &late[waiting]);
				else
					at_ms[waiting++] = now_ms + n->rtt_ms;
			}
			continue;
		}
		assert_true(s.wake_ms > now_ms);
		if (first < waiting && at_ms[first] <= s.wake_ms) {
			now_ms = at_ms[first] > now_ms ? at_ms[first] : now_ms;
			trace_run_answer(&r, &late[first++]);
		} else {
			now_ms = s.wake_ms;
		}
	}
	trace_run_result(&r, &result);
	if (took_ms)
		*took_ms = now_ms - 5000;
	if (sent)
		*sent = r.shot_count;
	return result;
}

static void assert_hop(const struct trace_result *r, unsigned hop, unsigned address, unsigned received)
{
	union probe_address a = hop_address(address);

	assert_true(hop <= r->hop_count);
	assert_int_equal(r->hops[hop - 1].sent, TRACE_ROUNDS);
	assert_int_equal(r->hops[hop - 1].received, received);
	if (received)
		assert_true(probe_address_equal(&r->hops[hop - 1].address, &a));
}

static void test_all_well(void **state)
{
	struct net n = {.length = 4, .rtt_ms = 30};
	int64_t took_ms;
	unsigned sent;
	struct trace_result r = run_in(&n, TRACE_ICMP, &took_ms, &sent);

	(void)state;
	assert_true(r.reached);
	assert_int_equal(r.reason, REASON_OK);
	assert_int_equal(r.hop_count, 4);
	for (unsigned hop = 1; hop <= 4; hop++)
		assert_hop(&r, hop, hop, 5);
	assert_int_equal(r.hops[3].rtt_us, 30000);
	assert_int_equal(r.mtu, 1500);
	assert_int_equal(r.mtu_full, 1500);
	assert_int_equal(r.mtu_hop, 0);
	/* less than a ping of half a minute: 5 x 4 hops, some beyond the target, three of the MTU */
	assert_in_range(sent, 20, 32);
	assert_in_range(took_ms, 1200, 2000);
}

static void test_lossy_and_silent_hops(void **state)
{
	struct net n = {.length = 6, .rtt_ms = 5, .lossy = 2, .loses = 5, .silent = 4};
	struct trace_result r = run_in(&n, TRACE_TCP, NULL, NULL);

	(void)state;
	assert_true(r.reached);
	assert_int_equal(r.hop_count, 6);
	assert_hop(&r, 2, 2, 4);
	assert_hop(&r, 4, 4, 0);
	assert_int_equal(r.hops[3].rtt_us, PROBE_UNKNOWN);
	assert_hop(&r, 5, 5, 5);
	assert_int_equal(r.by, TRACE_BY_TCP);
}

static void test_breaks_off(void **state)
{
	struct net n = {.length = 9, .rtt_ms = 20, .dead_after = 3};
	int64_t took_ms;
	struct trace_result r = run_in(&n, TRACE_ICMP, &took_ms, NULL);

	(void)state;
	assert_false(r.reached);
	assert_int_equal(r.reason, REASON_TIMEOUT);
	assert_int_equal(r.hop_count, 4); /* one past the last that answers */
	assert_hop(&r, 3, 3, 5);
	assert_hop(&r, 4, 4, 0);
	assert_int_equal(r.mtu, 1500); /* so far as it goes */
	assert_in_range(took_ms, 2000, 6000);
}

static void test_nobody_answers(void **state)
{
	struct net n = {.length = 9, .rtt_ms = 20, .dead_after = 1, .silent = 1};
	struct trace_result r = run_in(&n, TRACE_ICMP, NULL, NULL);

	(void)state;
	assert_false(r.reached);
	assert_int_equal(r.hop_count, 1);
	assert_int_equal(r.mtu, 0);
}

static void test_prohibited(void **state)
{
	struct net n = {.length = 9, .rtt_ms = 20, .stopped_by = 3};
	struct trace_result r = run_in(&n, TRACE_TCP, NULL, NULL);

	(void)state;
	assert_false(r.reached);
	assert_int_equal(r.reason, REASON_PROHIBITED);
	assert_int_equal(r.hop_count, 4);
	assert_hop(&r, 4, 3, 5); /* the third says so of what goes to the fourth */
	assert_int_equal(r.hops[3].reason, REASON_PROHIBITED);
}

static void test_long_path(void **state)
{
	struct net n = {.length = 40, .rtt_ms = 20};
	struct trace_result r = run_in(&n, TRACE_ICMP, NULL, NULL);

	(void)state;
	assert_false(r.reached);
	assert_int_equal(r.hop_count, TRACE_HOPS_MAX);
	assert_hop(&r, 32, 32, 5);
}

static void test_mtu_is_told(void **state)
{
	struct net n = {.length = 5, .rtt_ms = 20, .told_by = 3, .told = 1400};
	struct trace_result r = run_in(&n, TRACE_ICMP, NULL, NULL);

	(void)state;
	assert_int_equal(r.mtu, 1400);
	assert_int_equal(r.mtu_full, 1500);
	assert_int_equal(r.mtu_hop, 3);
}

static void test_mtu_hole(void **state)
{
	for (unsigned hole = 100; hole < 1500; hole += 77) {
		struct net n = {.length = 5, .rtt_ms = 20, .hole_after = 3, .hole = hole};
		int64_t took_ms;
		struct trace_result r = run_in(&n, TRACE_ICMP, &took_ms, NULL);

		assert_true(r.reached);
		assert_int_equal(r.mtu, hole);
		assert_int_equal(r.mtu_full, 1500);
		assert_int_equal(r.mtu_hop, 0);
		assert_int_equal(r.mtu_passed, 3);
		assert_in_range(took_ms, 2000, 8000);
	}
	(void)state;
}

/* A router that says 1400, and a hole behind it that takes less. */
static void test_told_and_hole(void **state)
{
	struct net n = {.length = 5, .rtt_ms = 20, .told_by = 2, .told = 1400, .hole_after = 3, .hole = 1200};
	struct trace_result r = run_in(&n, TRACE_ICMP, NULL, NULL);

	(void)state;
	assert_int_equal(r.mtu, 1200);
	assert_int_equal(r.mtu_hop, 0);
}

/* The loopback and jumbo frames. */
static void test_large_interfaces(void **state)
{
	struct net n = {.length = 1, .rtt_ms = 1, .interface = 65536};
	struct trace_result r = run_in(&n, TRACE_ICMP, NULL, NULL);

	(void)state;
	assert_int_equal(r.mtu, TRACE_FULL_MAX);
	assert_int_equal(r.mtu_full, TRACE_FULL_MAX);
}

static void test_target_without_echoes(void **state)
{
	struct net n = {.length = 5, .rtt_ms = 20, .no_echo = true, .hole_after = 2, .hole = 1300};
	struct trace_result r = run_in(&n, TRACE_TCP, NULL, NULL);

	(void)state;
	assert_true(r.reached);
	assert_int_equal(r.mtu, 1300); /* as far as the last router */
	assert_int_equal(r.mtu_passed, 2);
}

static void test_wild_answers(void **state)
{
	static struct trace_run r;
	struct trace_answer a = {.kind = TRACE_ARRIVED, .from = hop_address(9)};
	struct trace_result result;

	(void)state;
	trace_run_begin(&r, TRACE_ICMP, true, 0);
	assert_int_equal(trace_run_next(&r, 0).what, TRACE_SEND);
	a.seq = 1; /* not sent yet */
	trace_run_answer(&r, &a);
	a.seq = 0xffff;
	trace_run_answer(&r, &a);
	trace_run_result(&r, &result);
	assert_false(result.reached);
	a.seq = 0;
	trace_run_answer(&r, &a);
	trace_run_answer(&r, &a); /* doubled */
	trace_run_result(&r, &result);
	assert_true(result.reached);
	assert_int_equal(result.hops[0].received, 1);
}

static void test_no_route(void **state)
{
	static struct trace_run r;
	struct trace_result result;
	struct trace_step s;

	(void)state;
	trace_run_begin(&r, TRACE_ICMP, true, 0);
	s = trace_run_next(&r, 0);
	trace_run_failed(&r, s.seq, ENETUNREACH);
	assert_int_equal(trace_run_next(&r, 0).what, TRACE_DONE);
	trace_run_result(&r, &result);
	assert_int_equal(result.reason, REASON_UNREACHABLE);
	assert_int_equal(result.hop_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_well),
	        cmocka_unit_test(test_lossy_and_silent_hops),
	        cmocka_unit_test(test_breaks_off),
	        cmocka_unit_test(test_nobody_answers),
	        cmocka_unit_test(test_prohibited),
	        cmocka_unit_test(test_long_path),
	        cmocka_unit_test(test_mtu_is_told),
	        cmocka_unit_test(test_mtu_hole),
	        cmocka_unit_test(test_told_and_hole),
	        cmocka_unit_test(test_large_interfaces),
	        cmocka_unit_test(test_target_without_echoes),
	        cmocka_unit_test(test_wild_answers),
	        cmocka_unit_test(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
