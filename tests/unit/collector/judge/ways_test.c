/* ways: one way is said only of what a fair coin would hardly do. */
#include "collector/judge/ways.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum way of(int64_t up, int64_t down)
{
	struct ways w = {0};
	ways_add(&w, 600000, WAY_UP, up);
	ways_add(&w, 600000, WAY_DOWN, down);
	return ways_judge(&w, 610000);
}

static void test_evidence(void **state)
{
	(void)state;
	assert_int_equal(of(0, 0), WAY_NONE);
	assert_int_equal(of(8, 0), WAY_NONE);
	assert_int_equal(of(9, 0), WAY_UP);
	assert_int_equal(of(0, 9), WAY_DOWN);
	assert_int_equal(of(11, 1), WAY_NONE);
	assert_int_equal(of(12, 1), WAY_UP);
	assert_int_equal(of(20, 12), WAY_NONE);
	assert_int_equal(of(100000, 10), WAY_UP);
	assert_int_equal(of(1000, 900), WAY_NONE);
}

/* Both ways alike, a hundred thousand times: how often is one way said? */
static void test_false_words(void **state)
{
	uint64_t seed = 12345;
	unsigned wrong = 0;
	(void)state;
	for (unsigned run = 0; run < 100000; run++) {
		int64_t lost[2] = {0};
		unsigned n = 5 + run % 40;
		for (unsigned k = 0; k < n; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			lost[seed >> 63]++;
		}
		wrong += of(lost[0], lost[1]) != WAY_NONE;
	}
	assert_true(wrong < 500);
}

static void test_forgets(void **state)
{
	struct ways w = {0}, again = {0};
	struct buf b = {0};
	(void)state;
	ways_add(&w, 600000, WAY_UP, 9);
	assert_int_equal(ways_judge(&w, 600000 + 3 * MINUTE_MS), WAY_UP);
	assert_int_equal(ways_judge(&w, 600000 + 4 * MINUTE_MS), WAY_NONE);
	ways_add(&w, INT64_MAX / 2, WAY_UP, 1); /* the far future moves on at once */
	assert_int_equal(w.lost[0][0], 1);
	assert_int_equal(w.lost[0][1], 0);
	memset(&w, 0, sizeof w);
	ways_count(&w, 600000, 0, 5);
	ways_count(&w, 610000, 0, 14);
	assert_int_equal(ways_judge(&w, 610000), WAY_DOWN);
	ways_count(&w, 620000, 0, 2); /* of a new connection */
	assert_int_equal(w.lost[1][0], 16);
	ways_count(&w, 620000, 0, -7);
	ways_encode(&w, &b);
	struct cursor c = cursor_of(b.data, b.len);
	ways_decode(&again, &c);
	assert_memory_equal(&w, &again, sizeof w);
	c = cursor_of(b.data, b.len - 1);
	ways_decode(&again, &c);
	assert_int_equal(again.minute, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_evidence),
	        cmocka_unit_test(test_false_words),
	        cmocka_unit_test(test_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
