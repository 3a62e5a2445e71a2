#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/area.c"

#define NOW (20000LL * 86400000)

static const struct judge_source none;

static struct incident *begin(struct judge *j)
{
	bool fresh;
	judge_init(j, 10000, &none);
	j->now = NOW;
	struct incident *i = incident_make(&j->incidents, "area.a.20250702T081001", &fresh);
	i->kind = KIND_AGENT;
	i->wide = true;
	json_array_append_new(i->sites, json_string("a"));
	json_array_append_new(i->sites, json_string("b"));
	fact_set(&i->facts, FACT_SILENT, ANSWER_YES, RANK_AFAR, NOW, "judge");
	fact_set(&i->facts, FACT_NEIGHBOURS, ANSWER_YES, RANK_AFAR, NOW, "judge");
	fact_set(&i->facts, FACT_SAME_CARRIER, ANSWER_NO, RANK_AFAR, NOW, "judge");
	return i;
}

static void testify(struct judge *j, struct incident *i, enum fact f, enum answer answer, unsigned count)
{
	static const char *const who[] = {"a-srv", "b-srv", "c-srv", "d-srv", "e-srv"};
	for (unsigned k = 0; k < count; k++)
		assert_true(area_testify(j, i, f, answer, NOW, who[k]));
}

static void test_which_sites(void **state)
{
	struct judge j;
	struct incident *i = begin(&j);
	(void)state;
	assert_true(area_is(i));
	assert_true(area_covers(i, "b"));
	assert_false(area_covers(i, "c"));
	i->kind = KIND_SERVICE;
	assert_false(area_is(i));
	assert_false(area_covers(i, "b"));
	assert_false(area_testify(&j, i, FACT_AWAKE, ANSWER_YES, NOW, "a-srv"));
	judge_free(&j);
}

static void test_the_majority_is_the_fact(void **state)
{
	struct judge j;
	struct incident *i = begin(&j);
	(void)state;
	testify(&j, i, FACT_REBOOTED, ANSWER_YES, 1);
	assert_int_equal(i->facts.is[FACT_REBOOTED].answer, ANSWER_YES);
	/* one against one stays as it was, two against one turns it; nobody votes twice, and nobody disputes */
	assert_true(area_testify(&j, i, FACT_REBOOTED, ANSWER_NO, NOW, "b-srv"));
	assert_true(area_testify(&j, i, FACT_REBOOTED, ANSWER_NO, NOW, "b-srv"));
	assert_int_equal(i->facts.is[FACT_REBOOTED].answer, ANSWER_YES);
	assert_true(area_testify(&j, i, FACT_REBOOTED, ANSWER_NO, NOW, "c-srv"));
	assert_int_equal(i->facts.is[FACT_REBOOTED].answer, ANSWER_NO);
	assert_false(i->facts.is[FACT_REBOOTED].disputed);
	assert_int_equal(json_array_size(i->votes), 3);
	judge_free(&j);
}

static void test_power_weighs_more_than_a_last_row(void **state)
{
	static const enum fact orders[][3] = {
	        {FACT_AWAKE, FACT_REBOOTED, FACT_UNCLEAN}, {FACT_UNCLEAN, FACT_REBOOTED, FACT_AWAKE}};
	(void)state;
	for (int o = 0; o < 2; o++) {
		struct judge j;
		struct incident *i = begin(&j);
		for (int k = 0; k < 3; k++)
			testify(&j, i, orders[o][k], ANSWER_YES, 3);
		assert_int_equal(i->facts.is[FACT_NEIGHBOURS].answer, ANSWER_YES);
		assert_int_equal(i->facts.is[FACT_SAME_CARRIER].answer, ANSWER_NO);
		assert_int_equal(i->finding.verdict.cause, CAUSE_AREA_POWER);
		judge_free(&j);
	}
}

static void test_who_was_awake_had_power(void **state)
{
	struct judge j;
	struct incident *i = begin(&j);
	(void)state;
	testify(&j, i, FACT_REBOOTED, ANSWER_NO, 3);
	testify(&j, i, FACT_AWAKE, ANSWER_YES, 3);
	testify(&j, i, FACT_LINE, ANSWER_NO, 3);
	assert_int_equal(i->facts.is[FACT_NEIGHBOURS].answer, ANSWER_NO);
	assert_int_equal(i->finding.verdict.cause, CAUSE_UPSTREAM_SHARED);
	judge_free(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_which_sites),
	        cmocka_unit_test(test_the_majority_is_the_fact),
	        cmocka_unit_test(test_power_weighs_more_than_a_last_row),
	        cmocka_unit_test(test_who_was_awake_had_power)};
	return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}
