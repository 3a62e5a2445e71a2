/* icmp: echoes of the loopback come back with times; foreign, forged and late replies count for nothing. */
#include "agent/probe/icmp.c"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SKIP_WITHOUT(ic, family)                                                                                       \
	do {                                                                                                           \
		if (icmp_fd(ic, family) < 0) {                                                                         \
			print_message("skipped: neither a raw nor a ping socket is allowed here\n");                   \
			icmp_close(ic);                                                                                \
			skip();                                                                                        \
		}                                                                                                      \
	} while (0)

static struct probe_job job_for(struct icmp *ic, const char *host, void *owner)
{
	static const struct probe_options none;
	struct probe_job job = {
	        .interface = "", .options = &none, .timeout_ms = 2000, .gap_ms = 200, .icmp = ic, .owner = owner};

	assert_int_equal(probe_address_parse(host, 0, &job.address), 0);
	return job;
}

static void on_ready(void *owner)
{
	++*(unsigned *)owner;
}

static void run_loopback(enum icmp_family family, const char *host)
{
	struct icmp *ic = icmp_open();
	struct icmp_run run;
	unsigned ready = 0;
	int64_t now = 0;

	SKIP_WITHOUT(ic, family);
	struct probe_job job = job_for(ic, host, &ready);
	struct probe_want want = probe_icmp.start(&run, &job, now);
	for (unsigned i = 0; i < 100 && run.received < ICMP_ECHOES; i++) {
		struct pollfd p = {.fd = icmp_fd(ic, family), .events = POLLIN};

		if (run.sent < ICMP_ECHOES) {
			assert_int_equal(want.wake_ms, now + 200);
			now = want.wake_ms;
			want = probe_icmp.step(&run, 0, now);
		}
		assert_true(poll(&p, 1, 5000) >= 0);
		icmp_receive(ic, family, true, on_ready);
	}
	want = probe_icmp.step(&run, 0, now);
	assert_true(want.done);
	assert_int_equal(ready, 1);
	struct probe_result r;
	probe_icmp.finish(&run, &r);
	assert_true(r.up);
	assert_int_equal(r.sent, 5);
	assert_int_equal(r.received, 5);
	assert_true(r.rtt_min_us >= 0 && r.rtt_min_us <= r.rtt_us && r.rtt_us <= r.rtt_max_us);
	assert_true(r.jitter_us >= 0);
	icmp_close(ic);
}

static void test_loopback_v4(void **state)
{
	(void)state;
	run_loopback(ICMP_V4, "127.0.0.1");
}

static void test_loopback_v6(void **state)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	union probe_address a;

	(void)state;
	probe_address_parse("::1", 9, &a);
	if (fd < 0 || connect(fd, &a.any, sizeof(a.v6))) {
		print_message("skipped: no IPv6 here\n");
		skip();
	}
	close(fd);
	run_loopback(ICMP_V6, "::1");
}

static void test_no_answer(void **state)
{
	struct icmp *ic = icmp_open();
	struct icmp_run run;
	struct probe_result r;
	unsigned ready = 0;
	int64_t now = 0;

	(void)state;
	SKIP_WITHOUT(ic, ICMP_V4);
	struct probe_job job = job_for(ic, "127.0.0.1", &ready);
	struct probe_want want = probe_icmp.start(&run, &job, now);
	while (!want.done) { /* the replies are never read */
		now = want.wake_ms;
		want = probe_icmp.step(&run, 0, now);
	}
	assert_int_equal(now, 4 * 200 + 2000);
	probe_icmp.finish(&run, &r);
	assert_false(r.up);
	assert_int_equal(r.reason, REASON_TIMEOUT);
	assert_int_equal(r.sent, 5);
	assert_int_equal(r.received, 0);
	assert_int_equal(r.rtt_us, PROBE_UNKNOWN);
	icmp_receive(ic, ICMP_V4, true, on_ready); /* they come after the run has ended */
	assert_int_equal(ready, 0);
	icmp_close(ic);
}

static void test_no_socket(void **state)
{
	struct icmp ic = {.fds = {-1, -1}};
	struct icmp_run run;
	struct probe_result r;
	struct probe_job job = job_for(&ic, "127.0.0.1", NULL);

	(void)state;
	assert_true(probe_icmp.start(&run, &job, 0).done);
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.sent, 0);
	assert_int_equal(r.reason, REASON_LOCAL);
}

static void test_foreign_replies(void **state)
{
	struct icmp ic = {.id = 7, .cookie = "12345678"};
	struct icmp_run run = {.ic = &ic, .number = 3, .sent = 2}, *slots[1] = {&run};
	struct echo ours = {.id = 7, .seq = 1, .slot = 0, .run = 3, .cookie = "12345678"}, e;

	(void)state;
	ic.slots = slots;
	ic.slot_count = 1;
	assert_ptr_equal(run_of(&ic, &ours), &run);
	e = ours;
	e.cookie[0] ^= 1;
	assert_null(run_of(&ic, &e));
	e = ours;
	e.run = 2; /* of the run before */
	assert_null(run_of(&ic, &e));
	e = ours;
	e.seq = 2; /* not sent yet */
	assert_null(run_of(&ic, &e));
	e = ours;
	e.slot = 9;
	assert_null(run_of(&ic, &e));
}

static void test_stepped_clock_drops_the_time(void **state)
{
	struct icmp_run run = {.sent = 1};
	struct icmp_echo *e = &run.echoes[0];

	(void)state;
	*e = (struct icmp_echo){.sent_ns = 1000, .drift_ns = drift_ns(), .rtt_ns = -1};
	answered(&run, e, 51000);
	assert_int_equal(e->rtt_ns, 50000);
	*e = (struct icmp_echo){.sent_ns = 1000, .drift_ns = drift_ns() - 3000000000, .rtt_ns = -1};
	answered(&run, e, 51000);
	assert_int_equal(e->rtt_ns, -1);
	assert_int_equal(run.received, 2); /* answered all the same */
}

static void test_summary(void **state)
{
	static const int64_t trips_us[ICMP_ECHOES] = {1000, 3000, -1, 2000, 2000};
	struct icmp_run run = {.sent = ICMP_ECHOES};
	struct probe_result r = probe_result_none();

	(void)state;
	for (unsigned i = 0; i < ICMP_ECHOES; i++)
		run.echoes[i].rtt_ns = trips_us[i] < 0 ? -1 : trips_us[i] * 1000;
	summarize(&run, &r);
	assert_int_equal(r.rtt_us, 2000);
	assert_int_equal(r.rtt_min_us, 1000);
	assert_int_equal(r.rtt_max_us, 3000);
	assert_int_equal(r.jitter_us, 1000); /* (2000 + 1000 + 0) / 3 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_loopback_v4),
	        cmocka_unit_test(test_loopback_v6),
	        cmocka_unit_test(test_no_answer),
	        cmocka_unit_test(test_no_socket),
	        cmocka_unit_test(test_foreign_replies),
	        cmocka_unit_test(test_stepped_clock_drops_the_time),
	        cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
