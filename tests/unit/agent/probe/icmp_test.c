/* icmp: echoes of the loopback come back with times; foreign, forged and late replies count for nothing. */
#include "agent/probe/icmp.c"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

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
	struct probe_job job = {.interface = "", .options = &none, .timeout_ms = 2000, .icmp = ic, .owner = owner};

	assert_int_equal(probe_address_parse(host, 0, &job.address), 0);
	return job;
}

static void on_ready(void *owner)
{
	++*(unsigned *)owner;
}

/* As the prober does; false: it waits for its next echo or for its end. */
static void turn(struct icmp *ic, enum icmp_family family)
{
	struct pollfd p = {.fd = icmp_fd(ic, family), .events = POLLIN};

	icmp_flush(ic, on_ready);
	assert_true(poll(&p, 1, 300) >= 0);
	icmp_receive(ic, family, true, on_ready);
}

static void run_loopback(enum icmp_family family, const char *host, int count, int64_t gap_ms)
{
	struct icmp *ic = icmp_open();
	struct probe_options options = {.count = count};
	unsigned ready = 0, wanted = count ? (unsigned)count : ICMP_ECHOES;
	struct icmp_run run;
	int64_t now = 0;

	SKIP_WITHOUT(ic, family);
	struct probe_job job = job_for(ic, host, &ready);
	job.options = &options;
	job.gap_ms = gap_ms;
	struct probe_want want = probe_icmp.start(&run, &job, now);
	for (unsigned i = 0; i < 100 && run.received < wanted; i++) {
		if (run.sent < wanted) {
			assert_int_equal(want.wake_ms, now + gap_ms);
			now = want.wake_ms;
			want = probe_icmp.step(&run, 0, now);
		}
		turn(ic, family);
	}
	want = probe_icmp.step(&run, 0, now);
	assert_true(want.done);
	assert_int_equal(ready, 1);
	struct probe_result r;
	probe_icmp.finish(&run, &r);
	assert_true(r.up);
	assert_int_equal(r.sent, wanted);
	assert_int_equal(r.received, wanted);
	assert_true(r.rtt_min_us >= 0 && r.rtt_min_us <= r.rtt_us && r.rtt_us <= r.rtt_max_us);
	assert_true(wanted == 1 ? r.jitter_us == PROBE_UNKNOWN : r.jitter_us >= 0);
	assert_int_equal(r.detail[ECHO_LOSS], 0);
	assert_int_equal(r.detail[ECHO_RTT], r.rtt_us);
	assert_int_equal(r.detail[ECHO_REORDERED], 0);
	assert_int_equal(r.detail[ECHO_DUPLICATES], 0);
	icmp_close(ic);
}

static void test_loopback_v4(void **state)
{
	(void)state;
	run_loopback(ICMP_V4, "127.0.0.1", 0, 0);
	run_loopback(ICMP_V4, "127.0.0.1", 0, 200);
	run_loopback(ICMP_V4, "127.0.0.1", 1, 0);
	run_loopback(ICMP_V4, "127.0.0.1", 20, 0);
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
	run_loopback(ICMP_V6, "::1", 0, 0);
	run_loopback(ICMP_V6, "::1", 3, 100);
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
	job.gap_ms = 200;
	struct probe_want want = probe_icmp.start(&run, &job, now);
	while (!want.done) { /* the replies are never read */
		icmp_flush(ic, on_ready);
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
	struct icmp ic = {.sockets = {{.fd = -1}, {.fd = -1}}};
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
	struct icmp ic = {.id = 7, .cookie = "1234567"};
	int64_t ns[2] = {0};
	struct icmp_run run = {.ic = &ic, .number = 3, .sent = 2, .ns = ns}, *slots[1] = {&run};
	struct echo ours = {.id = 7, .seq = 1, .slot = 0, .run = 3, .cookie = "1234567"}, e;

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
	int64_t ns[5] = {0};
	struct icmp_run run = {.count = 5, .sent = 2, .drift_ns = 7, .ns = ns};

	(void)state;
	run.ns[0] = run.ns[1] = 1000;
	answered(&run, 0, 51000, 7 + STEPPED_NS - 1);
	assert_int_equal(run.ns[0], 50000);
	answered(&run, 1, 51000, 7 + 3000000000);
	assert_int_equal(run.ns[1], NO_TRIP);
	assert_int_equal(run.received, 2); /* answered all the same */
}

/* An answer as the socket gives it, to echo `seq` of the run. */
static struct icmp_in answer_to(const struct icmp *ic, const struct icmp_run *run, unsigned seq)
{
	struct echo packet = {.id = ic->id, .seq = (uint16_t)seq, .slot = run->slot, .run = run->number};
	struct icmp_in in = {.len = ECHO_PACKET_BYTES, .from = run->address, .stamp_ns = 9000};

	memcpy(packet.cookie, ic->cookie, sizeof(packet.cookie));
	echo_encode(&packet, true, in.data);
	in.data[0] = 129;
	return in;
}

static void test_order_and_duplicates(void **state)
{
	static const uint8_t order[] = {0, 2, 1, 1, 2, 4, 3};
	struct icmp ic = {.id = 7, .cookie = "1234567", .sockets[ICMP_V6] = {.raw = true, .v6 = true}};
	struct icmp_run run = {.number = 3, .count = 5, .sent = 5, .ns = mem_alloc(5 * sizeof(int64_t))},
	                *slots[1] = {&run};
	struct hearing h = {.ic = &ic, .family = ICMP_V6, .on_ready = on_ready};
	struct probe_result r;
	struct icmp_in in;
	unsigned ready = 0;

	(void)state;
	probe_address_parse("2001:db8::1", 0, &run.address);
	run.owner = &ready;
	run.ic = &ic;
	ic.slots = slots;
	ic.slot_count = 1;
	for (size_t i = 0; i < sizeof(order); i++) {
		assert_int_equal(ready, 0);
		in = answer_to(&ic, &run, order[i]);
		on_came(&h, &in);
	}
	assert_int_equal(ready, 1);
	in = answer_to(&ic, &run, 0);
	probe_address_parse("2001:db8::2", 0, &in.from); /* of a stranger */
	on_came(&h, &in);
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.received, 5);
	assert_int_equal(r.detail[ECHO_REORDERED], 2); /* 1 after 2, 3 after 4 */
	assert_int_equal(r.detail[ECHO_DUPLICATES], 2);
	assert_int_equal(r.detail[ECHO_LOSS], 0);
}

/* A router quotes only the head of the packet: the target tells whose it was. */
static void test_short_quote(void **state)
{
	struct icmp ic = {.id = 0x0102, .cookie = "1234567"};
	struct icmp_run run = {.number = 3, .count = 2, .sent = 2, .ic = &ic, .ns = mem_alloc(2 * sizeof(int64_t))},
	                *slots[1] = {&run};
	struct icmp_in in = {.len = 8,
	        .data = {8, 0, 0, 0, 1, 2, 0, 1},
	        .complains = true,
	        .complaint = {.reason = REASON_PROHIBITED}};
	struct probe_result r;

	(void)state;
	ic.slots = slots;
	ic.slot_count = 1;
	probe_address_parse("192.0.2.1", 0, &run.address);
	probe_address_parse("192.0.2.1", 0, &in.from);
	probe_address_parse("192.0.2.254", 0, &in.complaint.by);
	on_sent(&ic, &in);
	on_sent(&ic, &in); /* said twice */
	assert_int_equal(run.failed, 1);
	in.data[7] = 9; /* never sent */
	on_sent(&ic, &in);
	in.data[7] = 0;
	in.data[5] = 3; /* of another program */
	on_sent(&ic, &in);
	assert_int_equal(run.failed, 1);
	in.data[5] = 2;
	on_sent(&ic, &in);
	assert_true(icmp_run_complete(&run));
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.reason, REASON_PROHIBITED);
	assert_string_equal(r.note, "192.0.2.254 says so");
	assert_int_equal(r.detail[ECHO_LOSS], 10000);
}

/* Hundreds of runs share the batches; one that cannot be sent fails alone, and those given up are passed over. */
static void test_many_runs(void **state)
{
	static struct icmp_run runs[300];
	struct icmp *ic = icmp_open();
	unsigned ready = 0, up = 0;
	struct probe_result r;

	(void)state;
	SKIP_WITHOUT(ic, ICMP_V4);
	for (int i = 0; i < 300; i++) {
		struct probe_job job = job_for(ic, i % 100 == 7 ? "255.255.255.255" : "127.0.0.1", &ready);

		assert_false(probe_icmp.start(&runs[i], &job, 0).done);
		if (i % 100 == 8)
			probe_icmp.finish(&runs[i], &r);
		if (i % 32 == 31) /* more at once than the socket's buffer holds would be lost */
			turn(ic, ICMP_V4);
	}
	for (int i = 0; i < 20 && ready < 297; i++)
		turn(ic, ICMP_V4);
	assert_true(ready >= 297); /* what failed is told at each turn until it is finished */
	for (int i = 0; i < 300; i++)
		if (i % 100 != 8) {
			probe_icmp.finish(&runs[i], &r);
			up += r.up;
			assert_int_equal(r.received, i % 100 == 7 ? 0 : 5);
			assert_int_equal(r.reason, i % 100 == 7 ? REASON_LOCAL : REASON_OK); /* no right to broadcast */
		}
	assert_int_equal(up, 294);
	icmp_close(ic);
}

static void test_source_and_interface(void **state)
{
	struct icmp *ic = icmp_open();
	struct icmp_run run;
	unsigned ready = 0;
	struct probe_result r;

	(void)state;
	SKIP_WITHOUT(ic, ICMP_V4);
	struct probe_job job = job_for(ic, "127.0.0.1", &ready);
	job.interface = "lo";
	probe_address_parse("127.0.0.9", 0, &job.source);
	probe_icmp.start(&run, &job, 0);
	for (int i = 0; i < 20 && !ready; i++)
		turn(ic, ICMP_V4);
	probe_icmp.finish(&run, &r);
	assert_true(r.up);
	job.interface = "";
	probe_address_parse("192.0.2.77", 0, &job.source); /* not ours */
	probe_icmp.start(&run, &job, 0);
	icmp_flush(ic, on_ready);
	assert_int_equal(ready, 2);
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.reason, REASON_LOCAL);
	job.interface = "no-such-line";
	assert_true(probe_icmp.start(&run, &job, 0).done);
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.reason, REASON_LOCAL);
	job.interface = "";
	probe_address_parse("::1", 0, &job.source); /* of the other family */
	assert_true(probe_icmp.start(&run, &job, 0).done);
	probe_icmp.finish(&run, &r);
	assert_int_equal(r.reason, REASON_LOCAL);
	icmp_close(ic);
}

static void test_summary(void **state)
{
	static const int64_t trips_us[ICMP_ECHOES] = {1000, 3000, -1, 2000, 2000};
	int64_t ns[ICMP_ECHOES];
	struct icmp_run run = {.sent = ICMP_ECHOES, .answered = 1 | 2 | 8 | 16, .ns = ns};
	struct probe_result r = probe_result_none();

	(void)state;
	for (unsigned i = 0; i < ICMP_ECHOES; i++)
		run.ns[i] = trips_us[i] * 1000;
	icmp_run_summarize(&run, &r);
	assert_int_equal(r.rtt_us, 2000);
	assert_int_equal(r.rtt_min_us, 1000);
	assert_int_equal(r.rtt_max_us, 3000);
	assert_int_equal(r.jitter_us, 1000); /* (2000 + 1000 + 0) / 3 */
}

/* Trains, and further echoes as long as none of them came. */
static void test_trains(void **state)
{
	struct icmp_run run = {.count = 32, .more = 32, .train = 8, .timeout_ms = 2000, .begun_ms = 100};

	(void)state;
	assert_int_equal(icmp_run_due_ms(&run, 7), 0);
	assert_int_equal(icmp_run_due_ms(&run, 8), 250);
	assert_int_equal(icmp_run_due_ms(&run, 31), 750);
	assert_int_equal(icmp_run_due_ms(&run, 32), 800);
	assert_int_equal(icmp_run_due_ms(&run, 63), 1575);
	run.sent = 32;
	assert_int_equal(icmp_run_wanted(&run), 64);
	assert_int_equal(icmp_run_next(&run, 900).wake_ms, 900);
	run.sent = 64;
	assert_int_equal(icmp_run_next(&run, 1800).wake_ms, 100 + 750 + 2000);
	assert_true(icmp_run_next(&run, 2850).done);
	/* one came: then those that were lost are lost, and soon */
	run = (struct icmp_run){.count = 32, .more = 32, .train = 8, .timeout_ms = 2000, .sent = 32, .received = 31};
	run.last_ms = 750;
	run.longest_ns = 100000000;
	assert_int_equal(icmp_run_wanted(&run), 32);
	assert_int_equal(icmp_run_next(&run, 800).wake_ms, 750 + 400);
	run.longest_ns = 1000000;
	assert_int_equal(icmp_run_next(&run, 800).wake_ms, 750 + 300);
	run.received = 32;
	assert_true(icmp_run_next(&run, 800).done);
}

static void test_bursts(void **state)
{
	int64_t ns[10] = {0};
	struct icmp_run run = {.sent = 10, .received = 5, .answered = 0x1ce, .ns = ns}; /* 0 4 5 9 lost */
	struct probe_result r = probe_result_none();

	(void)state;
	icmp_run_summarize(&run, &r);
	assert_int_equal(r.bursts, 3);
	assert_true(r.lost_first && r.lost_last);
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
	        cmocka_unit_test(test_order_and_duplicates),
	        cmocka_unit_test(test_short_quote),
	        cmocka_unit_test(test_many_runs),
	        cmocka_unit_test(test_source_and_interface),
	        cmocka_unit_test(test_summary),
	        cmocka_unit_test(test_trains),
	        cmocka_unit_test(test_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
