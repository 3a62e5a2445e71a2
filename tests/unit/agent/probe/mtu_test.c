/* mtu: holes told from loss and from a smaller MTU, and found exactly over some runs; on a network of our own making, and on the loopback. */
#define trace_socket_open fake_open
#define trace_socket_close fake_close
#define trace_socket_send fake_send
#define trace_socket_receive fake_receive
#define trace_way_mtu fake_mtu
#include "agent/probe/mtu.c"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The network: what passes, what is told. One for all, the tests run one after the other. */
static struct net {
	unsigned interface, told, hole; /* 0: none */
	bool dead, busy, none;
	unsigned loses; /* each n-th packet */
	unsigned counted, sent;
	struct trace_answer answers[SHOTS_MAX];
	unsigned answer_count, taken, open;
} net;

int fake_open(struct trace_socket *s, struct raw_pool *pool, const struct trace_way *way, bool udp_too, unsigned most)
{
	(void)pool;
	assert_false(udp_too);
	*s = (struct trace_socket){.fd = -1, .way = *way, .sent_max = most};
	if (net.busy || net.none)
		return net.busy ? -EAGAIN : -EPERM;
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	net.open++;
	net.answer_count = net.taken = 0;
	return 0;
}

void fake_close(struct trace_socket *s)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	net.open--;
}

unsigned fake_mtu(const struct trace_way *way)
{
	(void)way;
	return net.interface;
}

int fake_send(struct trace_socket *s, uint16_t seq, unsigned ttl, unsigned bytes)
{
	struct trace_answer a = {.seq = seq, .kind = TRACE_ARRIVED, .rtt_us = 20000};

	assert_int_equal(ttl, TTL);
	assert_true(seq < s->sent_max);
	net.sent++;
	if (net.dead || (net.hole && bytes > net.hole) || (net.loses && ++net.counted % net.loses == 0))
		return 0;
	if (net.told && bytes > net.told) {
		a.kind = TRACE_TOO_BIG;
		a.mtu = net.told;
		probe_address_parse("10.0.0.1", 0, &a.from);
	}
	net.answers[net.answer_count++] = a;
	return 0;
}

bool fake_receive(struct trace_socket *s, struct trace_answer *out)
{
	(void)s;
	if (net.taken == net.answer_count)
		return false;
	*out = net.answers[net.taken++];
	return true;
}

static struct probe_result run_once(int64_t *kept, int64_t *took_ms)
{
	_Alignas(16) char state[PROBE_STATE_MAX];
	struct probe_job job = {.interface = "", .timeout_ms = 5000, .kept = kept};
	struct probe_result r;
	int64_t now_ms = 1000;
	struct probe_want want;

	probe_address_parse("10.0.0.9", 0, &job.address);
	net.sent = 0;
	want = probe_mtu.start(state, &job, now_ms);
	while (!want.done) {
		assert_true(want.wake_ms >= now_ms);
		now_ms = want.wake_ms;
		want = probe_mtu.step(state, 0, now_ms);
	}
	probe_mtu.finish(state, &r);
	assert_int_equal(net.open, 0);
	if (took_ms)
		*took_ms = now_ms - 1000;
	return r;
}

static void assert_row(const struct probe_result *r, int64_t small, int64_t full, int64_t full_bytes, int64_t path)
{
	assert_int_equal(r->detail[MTU_SMALL_OK], small);
	assert_int_equal(r->detail[MTU_FULL_OK], full);
	assert_int_equal(r->detail[MTU_FULL_BYTES], full_bytes);
	assert_int_equal(r->detail[MTU_PATH_BYTES], path);
}

static void test_all_well(void **state)
{
	int64_t kept[PROBE_KEPT] = {0}, took_ms;

	(void)state;
	net = (struct net){.interface = 1500};
	struct probe_result r = run_once(kept, &took_ms);
	assert_true(r.up);
	assert_int_equal(r.reason, REASON_OK);
	assert_row(&r, 1, 1, 1500, 1500);
	assert_int_equal(net.sent, 1); /* one packet a minute, no more */
	assert_int_equal(took_ms, 0);
	assert_string_equal(r.note, "");
}

static void test_told(void **state)
{
	(void)state;
	net = (struct net){.interface = 1500, .told = 1400};
	struct probe_result r = run_once(NULL, NULL);
	assert_true(r.up);
	assert_row(&r, 1, 1, 1400, 1400);
	assert_string_equal(r.note, "10.0.0.1 takes 1400 of 1500 bytes and says so");
}

static void test_hole_is_found_over_runs(void **state)
{
	for (unsigned hole = 70; hole < 1500; hole += 61) {
		int64_t kept[PROBE_KEPT] = {0}, last = 0;
		unsigned runs = 0;

		net = (struct net){.interface = 1500, .hole = hole};
		while (last != (int64_t)hole) {
			struct probe_result r = run_once(kept, NULL);

			assert_true(++runs <= 4);
			assert_false(r.up);
			assert_int_equal(r.reason, REASON_TOO_LARGE);
			assert_row(&r, 1, 0, 1500, r.detail[MTU_PATH_BYTES]);
			assert_true(r.detail[MTU_PATH_BYTES] >= last && r.detail[MTU_PATH_BYTES] <= (int64_t)hole);
			last = r.detail[MTU_PATH_BYTES];
		}
	}
	(void)state;
}

static int64_t settle(int64_t *kept)
{
	struct probe_result r = {0};

	for (int i = 0; i < 8; i++)
		r = run_once(kept, NULL);
	return r.detail[MTU_PATH_BYTES];
}

/* What was found before is no law: the path may take more, or less. */
static void test_hole_moves(void **state)
{
	int64_t kept[PROBE_KEPT] = {0};

	(void)state;
	net = (struct net){.interface = 1500, .hole = 1300};
	assert_int_equal(settle(kept), 1300);
	net.hole = 1420;
	assert_int_equal(settle(kept), 1420);
	net.hole = 900;
	assert_int_equal(settle(kept), 900);
	net.hole = 0;
	struct probe_result r = run_once(kept, NULL);
	assert_true(r.up);
	assert_row(&r, 1, 1, 1500, 1500);
	assert_int_equal(kept[0], 0);
}

static void test_loss_is_no_hole(void **state)
{
	int64_t took_ms;

	(void)state;
	net = (struct net){.interface = 1500, .dead = true};
	struct probe_result r = run_once(NULL, &took_ms);
	assert_true(r.up); /* nothing is known against the MTU */
	assert_int_equal(r.reason, REASON_TIMEOUT);
	assert_row(&r, 0, 0, 1500, METRIC_UNKNOWN);
	assert_in_range(took_ms, 2000, 5000);
	/* one of two packets lost, and the full-size ones are the first to go */
	net = (struct net){.interface = 1500, .loses = 3, .counted = 2};
	r = run_once(NULL, NULL);
	assert_true(r.up);
	assert_row(&r, 1, 1, 1500, 1500);
}

static void test_no_socket(void **state)
{
	int64_t took_ms;

	(void)state;
	net = (struct net){.interface = 1500, .none = true};
	struct probe_result r = run_once(NULL, NULL);
	assert_int_equal(r.reason, REASON_LOCAL);
	assert_false(r.up);
	assert_row(&r, METRIC_UNKNOWN, METRIC_UNKNOWN, METRIC_UNKNOWN, METRIC_UNKNOWN);
	/* all are lent: it waits for one, not for ever */
	net = (struct net){.interface = 1500, .busy = true};
	r = run_once(NULL, &took_ms);
	assert_int_equal(r.reason, REASON_LOCAL);
	assert_int_equal(took_ms, 5000);
}

static void test_no_route(void **state)
{
	(void)state;
	net = (struct net){.interface = 0};
	struct probe_result r = run_once(NULL, NULL);
	assert_true(r.up);
	assert_int_equal(r.reason, REASON_UNREACHABLE);
}

/* Given up in the middle: nothing stays open. */
static void test_finish_early(void **state)
{
	_Alignas(16) char bytes[PROBE_STATE_MAX];
	struct probe_job job = {.interface = "", .timeout_ms = 5000};
	struct probe_result r;

	(void)state;
	net = (struct net){.interface = 1500, .dead = true};
	probe_address_parse("10.0.0.9", 0, &job.address);
	assert_false(probe_mtu.start(bytes, &job, 0).done);
	probe_mtu.finish(bytes, &r);
	assert_int_equal(net.open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_well),
	        cmocka_unit_test(test_told),
	        cmocka_unit_test(test_hole_is_found_over_runs),
	        cmocka_unit_test(test_hole_moves),
	        cmocka_unit_test(test_loss_is_no_hole),
	        cmocka_unit_test(test_no_socket),
	        cmocka_unit_test(test_no_route),
	        cmocka_unit_test(test_finish_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
