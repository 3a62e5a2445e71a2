/* phase: checks of one agent share wake-ups, agents stand apart, a turn is not due twice. */
#include "agent/probe/phase.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_many_spread(void **state)
{
	struct phase_crowd crowd = {.agent = 77, .checks = 1000};
	unsigned seen[10] = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t check;

		snprintf(name, sizeof(name), "svc-%d", i);
		check = phase_hash(4, name);
		crowd.at_once = false;
		assert_in_range(phase_ms(&crowd, check, 10000), 0, 9999);
		seen[phase_ms(&crowd, check, 10000) / 1000]++;
		crowd.at_once = true;
		assert_in_range(phase_ms(&crowd, check, 10000), 0, 150);
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 50, 150);
}

/* A few checks share one wake-up, which differs from agent to agent. */
static void test_few_share_a_phase(void **state)
{
	struct phase_crowd p = {.agent = phase_hash(9, "node-1"), .checks = 5};
	struct phase_crowd q = {.agent = phase_hash(9, "node-2"), .checks = 5};

	(void)state;
	assert_int_equal(phase_ms(&p, 17, 60000), phase_ms(&p, 4711, 60000));
	assert_int_not_equal(phase_ms(&p, 17, 60000), phase_ms(&q, 17, 60000));
}

/* The servers' view: 99 communes' agents check one central service every minute. */
static void test_agents_spread_over_a_central_service(void **state)
{
	static const char *const styles[] = {"xa-%02d-srv1", "mk-srv%d", "node%d", "laocai-commune-%d.srv"};
	uint64_t check = phase_hash(4, "land");

	(void)state;
	for (size_t style = 0; style < sizeof(styles) / sizeof(styles[0]); style++) {
		unsigned second[60] = {0}, sixth[6] = {0}, most = 0, empty = 0;

		for (int i = 1; i <= 99; i++) {
			struct phase_crowd crowd = {.checks = 30};
			char name[48];
			int64_t at;

			snprintf(name, sizeof(name), styles[style], i);
			crowd.agent = phase_hash(9, name);
			at = phase_ms(&crowd, check, 60000);
			second[at / 1000]++;
			sixth[at / 10000]++;
		}
		for (int i = 0; i < 60; i++) {
			most = second[i] > most ? second[i] : most;
			empty += !second[i];
		}
		/* as chance would have it: 99 in 60 seconds leave 11 or so empty, and 5 or 6 in the fullest */
		assert_in_range(most, 1, 9);
		assert_in_range(empty, 0, 24);
		for (int i = 0; i < 6; i++)
			assert_in_range(sixth[i], 6, 29);
	}
}

static void test_next_turn(void **state)
{
	(void)state;
	/* phase 3 s of 10 s, collector time = boot time + 1 s: due at boot times 2, 12, 22 s */
	assert_int_equal(phase_next_ms(5000, 1000, 3000, 10000, 0), 12000);
	assert_int_equal(phase_next_ms(1500, 1000, 3000, 10000, -20000), 2000);
	assert_int_equal(phase_next_ms(12001, 1000, 3000, 10000, 12000), 22000);
	/* the timer came early: not the same turn again */
	assert_int_equal(phase_next_ms(11998, 1000, 3000, 10000, 12000), 22000);
	/* it slept over several */
	assert_int_equal(phase_next_ms(55000, 1000, 3000, 10000, 12000), 62000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_many_spread),
	        cmocka_unit_test(test_few_share_a_phase),
	        cmocka_unit_test(test_agents_spread_over_a_central_service),
	        cmocka_unit_test(test_next_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
