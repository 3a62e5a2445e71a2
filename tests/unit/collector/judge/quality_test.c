/*
 * quality: the rates that its header promises, by seeded runs of a line that is asked as the agent asks (agent/probe/closer.h): 32
 * echoes in two trains a step, and after a loss echoes 20 ms apart until the next step. Losses by Gilbert's two states.
 */
#include "collector/judge/quality.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collector/judge/line.h"

#define DAY_STEPS 8640
#define RUNS 5000

static unsigned step(struct line *l, struct quality *q, int64_t at, int64_t begins_ms)
{
	struct line_step s = line_step(l, begins_ms);
	if (s.looked)
		quality_look(q, at, s.echoes, s.lost, s.bursts);
	return quality_row(q, at, s.loss_pct, s.rtt_ms) | (s.loss_pct >= 100 ? 128 : 0);
}

/* How many of the runs were seen within so many seconds of the beginning; rows are with judge 3.5 s after their step began. */
static unsigned seen_within(
        unsigned runs, double loss, double burst, double before, double before_burst, int64_t within_ms)
{
	unsigned seen = 0;
	for (unsigned run = 0; run < runs; run++) {
		struct line l = line_of(run, before, before_burst);
		struct quality q = {0};
		int64_t begins_ms = (int64_t)(chance(&l) * STEP_MS), at = 0;
		for (unsigned k = 0; k < 30; k++)
			step(&l, &q, at += STEP_MS, 0);
		l.loss = loss;
		l.burst = burst;
		for (unsigned k = 0; k < 20; k++) {
			at += STEP_MS;
			if (k * STEP_MS + 3500 - begins_ms > within_ms)
				break;
			if (step(&l, &q, at, k ? 0 : begins_ms) & QUALITY_LOSSY) {
				seen++;
				break;
			}
		}
	}
	return seen;
}

static unsigned alarms_in_days(unsigned days, double loss, double burst, unsigned *downs)
{
	unsigned alarms = 0;
	*downs = 0;
	for (unsigned day = 0; day < days; day++) {
		struct line l = line_of(1000 + day, loss, burst);
		struct quality q = {0};
		bool bad = false;
		for (unsigned k = 1; k <= DAY_STEPS; k++) {
			unsigned bits = step(&l, &q, (int64_t)k * STEP_MS, 0);
			*downs += bits >> 7;
			alarms += (bits & 3) && !bad;
			bad = bits & 3;
		}
	}
	return alarms;
}

/* A day of five healthy lines, at every kind of burst. */
static void test_healthy_noise(void **state)
{
	static const double bursts[] = {1, 2, 4, 8};
	(void)state;
	for (unsigned k = 0; k < sizeof bursts / sizeof bursts[0]; k++) {
		unsigned downs, alarms = alarms_in_days(20, 0.01, bursts[k], &downs);
		if (alarms || downs)
			print_error("1 %% in bursts of %g: %u alarms, %u downs in 20 days\n", bursts[k], alarms, downs);
		assert_int_equal(alarms + downs, 0);
	}
}

static void test_five_percent(void **state)
{
	unsigned clean = seen_within(RUNS, 0.05, 1, 0, 1, 60000), noisy = seen_within(RUNS, 0.05, 1, 0.01, 2, 60000);
	(void)state;
	print_message("5 %% within 60 s: %u and %u of %u\n", clean, noisy, RUNS);
	assert_true(clean >= RUNS * 99 / 100);
	assert_true(noisy >= RUNS * 99 / 100);
	assert_true(seen_within(1000, 0.10, 1, 0, 1, 45000) >= 990);
	assert_true(seen_within(1000, 0.10, 4, 0, 1, 60000) >= 940);
	assert_true(seen_within(1000, 0.05, 4, 0, 1, 300000) >= 900);
}

static unsigned feed(struct quality *q, unsigned rows, double loss, double rtt)
{
	unsigned bits = 0;
	int64_t at = q->row[(q->next + QUALITY_ROWS - 1) % QUALITY_ROWS].at;
	for (unsigned k = 0; k < rows; k++)
		bits = quality_row(q, at += STEP_MS, loss, rtt);
	return bits;
}

static void test_loss_ends(void **state)
{
	struct line l = line_of(7, 0.08, 1);
	struct quality q = {0};
	int64_t at = 0;
	(void)state;
	for (unsigned k = 0; k < 12; k++)
		step(&l, &q, at += STEP_MS, 0);
	assert_true(q.bits & QUALITY_LOSSY);
	assert_true(quality_loss_pct(&q) > 5 && quality_loss_pct(&q) < 11);
	assert_true(feed(&q, 4, 0, 12) & QUALITY_LOSSY);
	assert_int_equal(feed(&q, 3, 0, 12), 0);
	/* an outage is no loss */
	feed(&q, 6, 100, NAN);
	assert_int_equal(feed(&q, 1, 0, 12), 0);
}

static void test_delay(void **state)
{
	struct quality q = {0};
	(void)state;
	assert_int_equal(feed(&q, 100, 0, 12), 0);
	assert_int_equal(feed(&q, 2, 0, 112), 0);
	assert_int_equal(feed(&q, 1, 0, 12), 0);
	assert_int_equal(feed(&q, 2, 0, 112), 0);
	assert_int_equal(feed(&q, 1, 0, 112), QUALITY_SLOW);
	assert_int_equal(feed(&q, 2, 0, 15), QUALITY_SLOW);
	assert_int_equal(feed(&q, 1, 0, 15), 0);
	assert_true(q.usual_ms > 11 && q.usual_ms < 14);
	/* a detour for good is usual some hours later */
	assert_int_equal(feed(&q, 360 * 6, 0, 112), 0);
}

static void test_traffic(void **state)
{
	struct quality q = {0};
	int64_t octets = 0;
	(void)state;
	for (int k = 1; k <= 30; k++)
		quality_traffic(&q, k * STEP_MS, octets += 125000, 0); /* 100 kbit/s */
	assert_false(quality_is_full(&q, 300000, 1));
	assert_false(quality_is_plateau(&q));
	for (int k = 31; k <= 33; k++)
		quality_traffic(&q, k * STEP_MS, octets += 1100000, 0);
	assert_true(quality_is_full(&q, 330000, 1));
	assert_false(quality_is_full(&q, 330000, 2));
	assert_false(quality_is_full(&q, 330000, 0)); /* the capacity is not known */
	assert_false(quality_is_full(&q, 630000, 1)); /* long ago */
	assert_true(quality_is_plateau(&q));
	quality_traffic(&q, 340000, 5, 5); /* counters began anew */
	assert_false(quality_is_full(&q, 340000, 1));
}

static void test_memory(void **state)
{
	struct line l = line_of(3, 0.03, 2);
	struct quality q = {0}, again;
	struct buf b = {0};
	(void)state;
	for (int k = 1; k < 40; k++) {
		step(&l, &q, k * STEP_MS, 0);
		quality_traffic(&q, k * STEP_MS, k * 1000, k * 3000);
	}
	quality_look(&q, 77, 100, 5, 3);
	quality_encode(&q, &b);
	struct cursor c = cursor_of(b.data, b.len);
	quality_decode(&again, &c);
	assert_false(c.failed);
	assert_memory_equal(&q, &again, sizeof q);
	for (size_t len = 0; len < b.len; len++) {
		c = cursor_of(b.data, len);
		quality_decode(&again, &c);
		assert_true(c.failed);
		assert_int_equal(again.rows, 0);
	}
	buf_free(&b);
	/* what no agent of ours says */
	memset(&q, 0, sizeof q);
	quality_look(&q, 5, 10, 11, 1);
	quality_look(&q, 5, -1, 0, 0);
	quality_look(&q, 5, 10, 3, 0);
	quality_look(&q, 5, INT64_MAX, 3, 1);
	assert_int_equal(q.look.at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_healthy_noise),
	        cmocka_unit_test(test_five_percent),
	        cmocka_unit_test(test_loss_ends),
	        cmocka_unit_test(test_delay),
	        cmocka_unit_test(test_traffic),
	        cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
