/* counter: wraps go on, resets are gaps, nothing is a spike. */
#include "agent/poll/counter.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_wrap_goes_on(void **state)
{
	struct counter c = {0};

	(void)state;
	assert_int_equal(counter_step(&c, 4294967000, 32, 0, false), 4294967000);
	assert_int_equal(counter_step(&c, 704, 32, 0, false), 4294968000);
	assert_int_equal(counter_step(&c, 1704, 32, 0, false), 4294969000);
	/* at line speed a wrap of the whole range is believed */
	c = (struct counter){0};
	counter_step(&c, 1000000000, 32, 0, false);
	assert_int_equal(counter_step(&c, 0, 32, 7500000000, false), 4294967296);
}

static void test_reset_is_a_gap(void **state)
{
	struct counter c = {0};

	(void)state;
	assert_int_equal(counter_step(&c, 3000000000, 32, 0, false), 3000000000);
	/* a wrap would need more than the line can carry */
	assert_int_equal(counter_step(&c, 500, 32, 100000000, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 700, 32, 100000000, false), 3000000200);
	/* the device says that it began anew, though the counter is higher */
	assert_int_equal(counter_step(&c, 900, 32, 100000000, true), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 1000, 32, 100000000, false), 3000000300);
	/* 64 bits never wrap */
	c = (struct counter){0};
	counter_step(&c, 5000000000, 64, 0, false);
	assert_int_equal(counter_step(&c, 100, 64, 0, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 150, 64, 0, false), 5000000050);
	/* faster than the line: it was another counter */
	assert_int_equal(counter_step(&c, INT64_C(9000000000000), 64, 1000000, false), METRIC_UNKNOWN);
}

static void test_unknown_and_other_widths(void **state)
{
	struct counter c = {0};

	(void)state;
	assert_int_equal(counter_step(&c, METRIC_UNKNOWN, 64, 0, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 5, 0, 0, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 5, 64, 0, false), 5);
	assert_int_equal(counter_step(&c, METRIC_UNKNOWN, 64, 0, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 9, 64, 0, false), 9);
	assert_int_equal(counter_step(&c, 9, 32, 0, false), METRIC_UNKNOWN);
	assert_int_equal(counter_step(&c, 12, 32, 0, false), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_wrap_goes_on),
	        cmocka_unit_test(test_reset_is_a_gap),
	        cmocka_unit_test(test_unknown_and_other_widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
