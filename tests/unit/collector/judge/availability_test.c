#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "collector/judge/availability.c"

#define M 60000

static enum minute_state state_of(const struct interval *i, size_t count, int64_t at)
{
	const struct check_history h = {.intervals = i, .count = count};
	return minute_state(&h, at);
}

static struct minutes count_of(const struct interval *i, size_t count, int64_t until)
{
	const struct check_history h = {.intervals = i, .count = count};
	return minutes_count(&h, 0, until);
}

static void test_thirty_seconds_make_it_down(void **state)
{
	const struct interval just = {10 * M, 10 * M + 30000, STATE_DOWN}, less = {10 * M, 10 * M + 29999, STATE_DOWN};
	const struct interval two[] = {
	        {10 * M, 10 * M + 15000, STATE_DOWN}, {10 * M + 20000, 10 * M + 35000, STATE_DOWN}};
	(void)state;
	assert_int_equal(state_of(&just, 1, 10 * M), MINUTE_DOWN);
	assert_int_equal(state_of(&less, 1, 10 * M), MINUTE_UP);
	assert_int_equal(state_of(two, 2, 10 * M), MINUTE_DOWN);
	assert_int_equal(state_of(&just, 1, 11 * M), MINUTE_UNOBSERVED);
	assert_int_equal(state_of(&just, 1, 9 * M), MINUTE_UNOBSERVED);
	assert_int_equal(state_of(NULL, 0, 9 * M), MINUTE_UNOBSERVED);
}

static void test_slow_is_up(void **state)
{
	const struct interval slow = {0, 5 * M, STATE_DEGRADED};
	(void)state;
	struct minutes m = count_of(&slow, 1, 10 * M);
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
		struct excused e[3];
		size_t count = 0;
		int64_t at = rand() % (3 * M);
		while (count < 20) {
			int64_t stop = at + 1 + rand() % (rand() % 3 ? M : 20 * M);
			i[count++] = (struct interval){at, stop, (uint8_t)(1 + rand() % 3)};
			at = stop + (rand() % 2 ? 0 : rand() % (5 * M));
		}
		for (size_t k = 0; k < 3; k++) {
			e[k].from = rand() % (200 * M);
			e[k].until = e[k].from + rand() % (30 * M);
		}
		const struct check_history h = {i, count, e, round % 2 ? 3 : 0};
		struct minutes fast = minutes_count(&h, 0, 200 * M), slow = {0};
		for (int64_t t = 0; t < 200 * M; t += M) {
			enum minute_state s = minute_state(&h, t);
			*(s == MINUTE_UP              ? &slow.up
			        : s == MINUTE_DOWN    ? &slow.down
			        : s == MINUTE_EXCUSED ? &slow.excused
			                              : &slow.unobserved) += 1;
		}
		assert_memory_equal(&fast, &slow, sizeof fast);
		assert_int_equal(fast.up + fast.down + fast.excused + fast.unobserved, 200);
	}
}

static void test_nothing_seen_has_no_availability(void **state)
{
	struct minutes m = count_of(NULL, 0, 10 * M);
	(void)state;
	assert_int_equal(m.unobserved, 10);
	assert_true(isnan(minutes_availability(&m)));
	assert_true(minutes_coverage(&m) == 0);
}

static void test_maintenance_excuses_what_is_down(void **state)
{
	/* works, fails within the maintenance and goes on failing after it */
	const struct interval i[] = {{0, 12 * M, STATE_UP}, {12 * M, 25 * M, STATE_DOWN}, {25 * M, 30 * M, STATE_UP}};
	const struct excused e[] = {{10 * M, 20 * M}, {15 * M, 18 * M}};
	const struct check_history h = {i, 3, e, 2};
	(void)state;
	struct minutes m = minutes_count(&h, 0, 40 * M);
	assert_int_equal(m.up, 17);
	assert_int_equal(m.excused, 8);
	assert_int_equal(m.down, 5);
	assert_int_equal(m.unobserved, 10);
	assert_true(minutes_availability(&m) == 17.0 / 22);
	assert_true(minutes_coverage(&m) == 22.0 / 32);
}

static void test_what_was_down_before_is_not_excused(void **state)
{
	const struct interval i[] = {{0, 5 * M, STATE_UP}, {5 * M, 15 * M, STATE_DOWN}};
	const struct excused e = {10 * M, 20 * M};
	const struct check_history h = {i, 2, &e, 1};
	(void)state;
	struct minutes m = minutes_count(&h, 0, 20 * M);
	assert_int_equal(m.down, 10);
	/* nobody saw the rest of the maintenance */
	assert_int_equal(m.excused, 5);
	assert_int_equal(m.unobserved, 0);
}

static void test_a_minute_is_excused_by_half(void **state)
{
	const struct interval i = {10 * M, 12 * M, STATE_DOWN};
	struct excused e = {9 * M, 10 * M + 30001};
	const struct check_history h = {&i, 1, &e, 1};
	(void)state;
	assert_int_equal(minute_state(&h, 10 * M), MINUTE_EXCUSED);
	e.until = 10 * M + 30000;
	assert_int_equal(minute_state(&h, 10 * M), MINUTE_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_thirty_seconds_make_it_down),
	        cmocka_unit_test(test_slow_is_up),
	        cmocka_unit_test(test_counting_fast_is_counting_one_by_one),
	        cmocka_unit_test(test_nothing_seen_has_no_availability),
	        cmocka_unit_test(test_maintenance_excuses_what_is_down),
	        cmocka_unit_test(test_what_was_down_before_is_not_excused),
	        cmocka_unit_test(test_a_minute_is_excused_by_half),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
