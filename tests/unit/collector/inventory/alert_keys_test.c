/* alert_keys: routes know the causes that the judge can name, all of them and no others. */
#include "collector/inventory/alert_keys.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/cause.h"

static void test_causes_are_the_judges(void **state)
{
	size_t count = 0;

	(void)state;
	for (; alert_causes[count]; count++)
		assert_string_equal(cause_words(cause_named(alert_causes[count]))->name, alert_causes[count]);
	assert_int_equal(count, CAUSE_COUNT);
}

static void test_minutes(void **state)
{
	(void)state;
	assert_int_equal(alerts_minutes("00:00"), 0);
	assert_int_equal(alerts_minutes("23:59"), 1439);
	assert_int_equal(alerts_minutes("24:00"), -1);
	assert_int_equal(alerts_minutes("08:60"), -1);
	assert_int_equal(alerts_minutes("8:00"), -1);
	assert_int_equal(alerts_minutes("08:00 "), -1);
	assert_int_equal(alerts_minutes("ab:cd"), -1);
	assert_int_equal(alerts_minutes(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_causes_are_the_judges),
	        cmocka_unit_test(test_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
