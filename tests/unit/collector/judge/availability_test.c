#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "collector/judge/availability.c"

#define M 60000

static void test_thirty_seconds_make_it_down(void **state)
{
	const struct interval just = {10 * M, 10 * M + 30000, STATE_DOWN}, less = {10 * M, 10 * M + 29999, STATE_DOWN};
	const struct interval two[] = {
	        {10 * M, 10 * M + 15000, STATE_DOWN}, {10 * M + 20000, 10 * M + 35000, STATE_DOWN}};
	(void)state;
	assert_int_equal(minute_state(&just, 1, 10 * M), STATE_DOWN);
	assert_int_equal(minute_state(&less, 1, 10 * M), STATE_UP);
	assert_int_equal(minute_state(two, 2, 10 * M), STATE_DOWN);
	assert_int_equal(minute_state(&just, 1, 11 * M), STATE_UNOBSERVED);
	assert_int_equal(minute_state(&just, 1, 9 * M), STATE_UNOBSERVED);
	assert_int_equal(minute_state(NULL, 0, 9 * M), STATE_UNOBSERVED);
}

static void test_slow_is_up(void **state)
{
	const struct interval slow = {0, 5 * M, STATE_DEGRADED};
	(void)state;
	struct minutes m = minutes_count(&slow, 1, 0, 10 * M);
	assert_int_equal(m.up, 5);
	assert_int_equal(m.unobserved, 5);
	assert_true(minutes_availability(&m) == 1);
	assert_true(minutes_coverage(&m) == 0.5);
}

static void test_counting_fast_is_counting_one_by_one(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 500; round++) {
		struct interval i[20];
		size_t count = 0;
		int64_t at = rand() % (3 * M);
		while (count < 20) {
			int64_t stop = at + 1 + rand() % (rand() % 3 ? M : 20 * M);
			i[count++] = (struct interval){at, stop, (uint8_t)(1 + rand() % 3)};
			at = stop + (rand() % 2 ? 0 : rand() % (5 * M));
		}
		struct minutes fast = minutes_count(i, count, 0, 200 * M), slow = {0};
		for (int64_t t = 0; t < 200 * M; t += M) {
			enum state s = minute_state(i, count, t);
			*(s == STATE_UP ? &slow.up : s == STATE_DOWN ? &slow.down : &slow.unobserved) += 1;
		}
		assert_memory_equal(&fast, &slow, sizeof fast);
		assert_int_equal(fast.up + fast.down + fast.unobserved, 200);
	}
}

static void test_nothing_seen_has_no_availability(void **state)
{
	struct minutes m = minutes_count(NULL, 0, 0, 10 * M);
	(void)state;
	assert_int_equal(m.unobserved, 10);
	assert_true(isnan(minutes_availability(&m)));
	assert_true(minutes_coverage(&m) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_thirty_seconds_make_it_down),
	        cmocka_unit_test(test_slow_is_up),
	        cmocka_unit_test(test_counting_fast_is_counting_one_by_one),
	        cmocka_unit_test(test_nothing_seen_has_no_availability),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
