#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/explain.c"

static void test_what_was_reached_was_reached(void **state)
{
	static const int reached[] = {REASON_REFUSED, REASON_STATUS, REASON_CONTENT, REASON_NAME_MISMATCH,
	        REASON_UNTRUSTED, REASON_REVOKED, REASON_REDIRECTS, REASON_TOO_LARGE};
	(void)state;
	for (size_t k = 0; k < sizeof reached / sizeof reached[0]; k++)
		for (unsigned what = 1; what <= EXPLAINED_BY_CLOCK; what <<= 1)
			assert_false(explain_reason(reached[k], (enum explanation)what));
}

static void test_who_explains_what(void **state)
{
	(void)state;
	assert_true(explain_reason(REASON_TIMEOUT, EXPLAINED_BY_CUT));
	assert_true(explain_reason(REASON_TIMEOUT, EXPLAINED_BY_BAD_LINE));
	assert_false(explain_reason(REASON_HUNG, EXPLAINED_BY_BAD_LINE));
	assert_true(explain_reason(REASON_HUNG, EXPLAINED_BY_WORSE_LINE));
	assert_true(explain_reason(REASON_HUNG, EXPLAINED_BY_HOLE));
	assert_true(explain_reason(REASON_NO_NAME, EXPLAINED_BY_NAMES));
	assert_false(explain_reason(REASON_NO_NAME, EXPLAINED_BY_CUT));
	assert_true(explain_reason(REASON_EXPIRED, EXPLAINED_BY_CLOCK));
	assert_false(explain_reason(REASON_COUNT, EXPLAINED_BY_CUT));
	assert_false(explain_reason(-1, EXPLAINED_BY_CUT));
	assert_false(explain_reason(255, EXPLAINED_BY_CUT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_was_reached_was_reached), cmocka_unit_test(test_who_explains_what)};
	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
