#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "collector/judge/fact.c"

#define SAY(f, a, r, at, who) fact_set(&all, FACT_##f, ANSWER_##a, RANK_##r, at, who)

static void test_every_fact_has_a_name_and_sentences(void **state)
{
	(void)state;
	for (unsigned f = 0; f < FACT_COUNT; f++) {
		const char *name = fact_name((enum fact)f);
		assert_non_null(name);
		assert_int_equal(fact_named(name), f);
		for (unsigned a = ANSWER_NO; a <= ANSWER_YES; a++) {
			const char *vi = fact_words((enum fact)f, (enum answer)a, "vi"),
			           *en = fact_words((enum fact)f, (enum answer)a, "en");
			assert_non_null(vi);
			assert_non_null(en);
			assert_string_not_equal(vi, en);
			assert_true(strlen(vi) < 200 && strlen(en) < 200);
		}
		assert_string_not_equal(
		        fact_words((enum fact)f, ANSWER_YES, "vi"), fact_words((enum fact)f, ANSWER_NO, "vi"));
	}
	assert_int_equal(fact_named("no such"), FACT_COUNT);
	assert_int_equal(fact_named(NULL), FACT_COUNT);
	assert_string_equal(fact_words(FACT_SILENT, ANSWER_UNKNOWN, "en"), "not known");
	assert_string_equal(fact_words(FACT_COUNT, ANSWER_YES, "vi"), "chưa rõ");
}

static void test_a_higher_rank_replaces(void **state)
{
	struct facts all = {0};
	(void)state;
	assert_true(SAY(TERMINAL, YES, AFAR, 10, "judge"));
	assert_true(SAY(TERMINAL, NO, HINDSIGHT, 5, "a-srv"));
	assert_int_equal(all.is[FACT_TERMINAL].answer, ANSWER_NO);
	assert_false(all.is[FACT_TERMINAL].disputed);
	/* and a lower one says nothing */
	assert_false(SAY(TERMINAL, YES, SITE, 99, "b-srv"));
	assert_int_equal(all.is[FACT_TERMINAL].answer, ANSWER_NO);
}

static void test_two_of_the_same_rank_dispute(void **state)
{
	struct facts all = {0};
	(void)state;
	assert_true(SAY(GATEWAY, YES, HINDSIGHT, 10, "a-srv"));
	assert_false(SAY(GATEWAY, YES, HINDSIGHT, 11, "b-srv"));
	assert_true(SAY(GATEWAY, NO, HINDSIGHT, 12, "b-srv"));
	assert_true(all.is[FACT_GATEWAY].disputed);
	assert_string_equal(all.is[FACT_GATEWAY].who, "a-srv");
	/* it stays so, whoever repeats it; neither of them settles it alone */
	assert_false(SAY(GATEWAY, NO, HINDSIGHT, 13, "b-srv"));
	assert_false(SAY(GATEWAY, NO, HINDSIGHT, 13, "a-srv"));
	assert_true(all.is[FACT_GATEWAY].disputed);
}

static void test_a_higher_rank_ends_a_dispute(void **state)
{
	struct facts all = {0};
	(void)state;
	SAY(AWAKE, YES, AFAR, 1, "x");
	SAY(AWAKE, NO, AFAR, 1, "y");
	assert_true(all.is[FACT_AWAKE].disputed);
	assert_true(SAY(AWAKE, NO, SITE, 1, "z"));
	assert_false(all.is[FACT_AWAKE].disputed);
	assert_int_equal(all.is[FACT_AWAKE].answer, ANSWER_NO);
}

static void test_a_speaker_corrects_itself_but_not_by_old_news(void **state)
{
	struct facts all = {0};
	(void)state;
	SAY(LINE, YES, SITE, 100, "a-srv");
	assert_false(SAY(LINE, NO, SITE, 50, "a-srv"));
	assert_int_equal(all.is[FACT_LINE].answer, ANSWER_YES);
	assert_true(SAY(LINE, NO, SITE, 150, "a-srv"));
	assert_int_equal(all.is[FACT_LINE].answer, ANSWER_NO);
	assert_false(all.is[FACT_LINE].disputed);
}

static void test_nonsense_sets_nothing(void **state)
{
	struct facts all = {0}, none = {0};
	(void)state;
	assert_false(SAY(LINE, UNKNOWN, SITE, 1, "a"));
	assert_false(SAY(LINE, YES, NONE, 1, "a"));
	assert_false(fact_set(&all, FACT_COUNT, ANSWER_YES, RANK_SITE, 1, "a"));
	assert_false(fact_set(&all, (enum fact)9999, ANSWER_YES, RANK_SITE, 1, "a"));
	assert_memory_equal(&all, &none, sizeof all);
	assert_true(fact_set(&all, FACT_LINE, ANSWER_YES, RANK_SITE, 1, NULL));
}

static void test_json_there_and_back(void **state)
{
	struct facts all = {0}, again = {0};
	(void)state;
	SAY(SILENT, YES, AFAR, 1751414400000, "judge");
	SAY(UNCLEAN, NO, HINDSIGHT, 1751414400001, "máy chủ xã");
	SAY(GATEWAY, YES, SITE, 3, "a");
	SAY(GATEWAY, NO, SITE, 3, "b");
	json_t *o = facts_json(&all);
	assert_int_equal(json_object_size(o), 3);
	facts_from_json(&again, o);
	for (unsigned f = 0; f < FACT_COUNT; f++) {
		assert_int_equal(all.is[f].answer, again.is[f].answer);
		assert_int_equal(all.is[f].rank, again.is[f].rank);
		assert_int_equal(all.is[f].disputed, again.is[f].disputed);
		assert_int_equal(all.is[f].at, again.is[f].at);
		assert_string_equal(all.is[f].who, again.is[f].who);
	}
	json_decref(o);
}

static void test_json_of_strangers(void **state)
{
	static const char *const bad[] = {"{}", "[]", "null", "{\"silent\": 1}", "{\"silent\": {\"is\": true}}",
	        "{\"silent\": {\"is\": true, \"rank\": 99, \"who\": \"x\"}}",
	        "{\"no such\": {\"is\": true, \"rank\": 1}}", "{\"silent\": {\"is\": true, \"rank\": -1, \"who\": 5}}"};
	(void)state;
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct facts all, none = {0};
		json_t *o = json_loads(bad[k], JSON_DECODE_ANY, NULL);
		facts_from_json(&all, o);
		assert_memory_equal(&all, &none, sizeof all);
		json_decref(o);
	}
	struct facts all;
	facts_from_json(&all, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_fact_has_a_name_and_sentences),
	        cmocka_unit_test(test_a_higher_rank_replaces),
	        cmocka_unit_test(test_two_of_the_same_rank_dispute),
	        cmocka_unit_test(test_a_higher_rank_ends_a_dispute),
	        cmocka_unit_test(test_a_speaker_corrects_itself_but_not_by_old_news),
	        cmocka_unit_test(test_nonsense_sets_nothing),
	        cmocka_unit_test(test_json_there_and_back),
	        cmocka_unit_test(test_json_of_strangers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
