#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/state.c"
#include "common/metric.h"

#define STEP 10000

static const struct state_rule rule = {.down_rows = 2, .up_rows = 2, .degraded_rows = 3};

/* Feeds one letter a step from `at` on: u up, d down, s slow, - nothing. Gives the letters of what it was after each. */
static void feed(struct state_machine *m, int64_t at, const char *rows, char *is, struct transition *last)
{
	static const char letters[] = "-usd";
	for (; *rows; rows++, at += STEP) {
		struct transition out[2];
		if (*rows != '-') {
			unsigned n = state_feed(m, &rule, STEP, at,
			        *rows == 'u'   ? STATE_UP
			        : *rows == 'd' ? STATE_DOWN
			                       : STATE_DEGRADED,
			        1, out);
			if (n)
				*last = out[n - 1];
		}
		*is++ = letters[state_now(m, STEP, at, NULL)];
	}
	*is = 0;
}

static void check(const char *rows, const char *wanted)
{
	struct state_machine m = {0};
	struct transition last;
	char is[64];
	feed(&m, 100000, rows, is, &last);
	assert_string_equal(is, wanted);
}

static void test_hysteresis(void **state)
{
	(void)state;
	check("uuu", "uuu");
	check("udu", "uuu");     /* one bad row is confirmed first */
	check("udduu", "uuddu"); /* two are not news any more, nor is one good */
	check("uddudd", "uudddd");
	check("udddsuuu", "uudddu"
	                  "uu");
	check("usss", "uuus");
	check("ussuss", "uuuuuu");
	check("sssu", "sss"
	              "s");
	check("d", "-");
	check("dd", "-d");
}

static void test_silence_is_unobserved(void **state)
{
	(void)state;
	check("uuu--u", "uuuuuu"); /* 2 steps missing of 2.5: the gap is 3 steps */
}

static void test_gap_ends_at_the_end_of_the_last_step(void **state)
{
	struct state_machine m = {0};
	struct transition out[2];
	int64_t since;
	(void)state;
	assert_int_equal(state_feed(&m, &rule, STEP, 100000, STATE_UP, 0, out), 1);
	assert_int_equal(state_now(&m, STEP, 125000, &since), STATE_UP);
	assert_int_equal(since, 100000);
	assert_int_equal(state_now(&m, STEP, 125001, &since), STATE_UNOBSERVED);
	assert_int_equal(since, 110000);
	assert_int_equal(state_feed(&m, &rule, STEP, 200000, STATE_UP, 0, out), 2);
	assert_int_equal(out[0].to, STATE_UNOBSERVED);
	assert_int_equal(out[0].at, 110000);
	assert_int_equal(out[1].from, STATE_UNOBSERVED);
	assert_int_equal(out[1].at, 200000);
}

static void test_a_change_counts_from_its_first_row(void **state)
{
	struct state_machine m = {0};
	struct transition last;
	char is[64];
	(void)state;
	feed(&m, 100000, "uuudd", is, &last);
	assert_int_equal(last.to, STATE_DOWN);
	assert_int_equal(last.at, 130000);
	feed(&m, 150000, "uu", is, &last);
	assert_int_equal(last.to, STATE_UP);
	assert_int_equal(last.at, 150000);
	assert_int_equal(last.since, 130000);
}

static void test_old_evidence_is_passed_over(void **state)
{
	struct state_machine m = {0};
	struct transition out[2];
	(void)state;
	state_feed(&m, &rule, STEP, 100000, STATE_UP, 0, out);
	assert_int_equal(state_feed(&m, &rule, STEP, 100000, STATE_DOWN, 0, out), 0);
	assert_int_equal(state_feed(&m, &rule, STEP, 90000, STATE_DOWN, 0, out), 0);
	assert_int_equal(m.run, 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(state_name(STATE_DEGRADED), "degraded");
	assert_string_equal(state_name(77), "unobserved");
	assert_string_equal(check_kind_name(KIND_SERVICE), "svc");
	/* kinds stand for classes of the same number */
	for (int k = 0; k < KIND_ROWS; k++)
		assert_string_equal(check_kind_name(k), metric_class((enum metric_class_id)k)->name);
	const struct state_machine down = {.state = STATE_DOWN}, up = {.state = STATE_UP};
	assert_int_equal(state_step_ms(KIND_GEAR, &down, 60000), 240000);
	assert_int_equal(state_step_ms(KIND_GEAR, &up, 60000), 60000);
	assert_int_equal(state_step_ms(KIND_SERVICE, &down, 10000), 10000);
	assert_int_equal(state_rule(KIND_SERVICE)->down_rows, 1);
	assert_int_equal(state_rule(KIND_SERVICE)->up_rows, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_hysteresis),
	        cmocka_unit_test(test_silence_is_unobserved),
	        cmocka_unit_test(test_gap_ends_at_the_end_of_the_last_step),
	        cmocka_unit_test(test_a_change_counts_from_its_first_row),
	        cmocka_unit_test(test_old_evidence_is_passed_over),
	        cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
