/* closer: a line is looked at when it lost something, and left alone when it is down or well. */
#include "agent/probe/closer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct probe_result run(unsigned sent, unsigned lost, unsigned bursts, bool first, bool last)
{
	return (struct probe_result){.sent = sent,
	        .received = sent - lost,
	        .bursts = bursts,
	        .lost_first = first,
	        .lost_last = last,
	        .rtt_max_us = 20000};
}

static void test_when(void **state)
{
	struct closer c = {0};
	struct probe_result r = run(32, 0, 0, false, false);

	(void)state;
	closer_note(&c, &r, false, 1000);
	assert_int_equal(closer_count(&c, 1000, 10000), 0); /* all is well */
	r = run(32, 1, 1, false, false);
	closer_note(&c, &r, false, 11000);
	assert_int_equal(closer_count(&c, 11000, 20000), CLOSER_RUN);
	assert_int_equal(closer_count(&c, 19000, 20000), (1000 - 300) / CLOSER_GAP_MS);
	assert_int_equal(closer_count(&c, 19700, 20000), 0); /* the next step is near */
	r = run(64, 3, 3, false, false);
	closer_note(&c, &r, true, 15000);
	r = run(32, 0, 0, false, false);
	closer_note(&c, &r, false, 21000); /* the look lost enough to go on */
	assert_int_equal(closer_count(&c, 31000, 40000), CLOSER_RUN);
	closer_note(&c, &r, false, 31000);
	assert_int_equal(closer_count(&c, 33001, 40000), 0);
}

static void test_counts(void **state)
{
	struct closer c = {0};
	struct probe_result r = run(32, 2, 2, false, true);

	(void)state;
	closer_note(&c, &r, false, 1000);
	r = run(64, 5, 2, true, true); /* begins within the same burst */
	closer_note(&c, &r, true, 2000);
	closer_take(&c, &r);
	assert_int_equal(r.looked, 96);
	assert_int_equal(r.looked_lost, 7);
	assert_int_equal(r.looked_bursts, 3);
	r = run(64, 64, 1, true, true); /* all lost is one burst, and the end of looking */
	closer_note(&c, &r, true, 3000);
	assert_int_equal(closer_count(&c, 3000, 10000), 0);
	closer_take(&c, &r);
	assert_int_equal(r.looked_bursts, 0);
	r = run(32, 32, 1, true, true); /* down: nothing is counted as loss */
	closer_note(&c, &r, false, 11000);
	closer_take(&c, &r);
	assert_int_equal(r.looked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_when), cmocka_unit_test(test_counts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
