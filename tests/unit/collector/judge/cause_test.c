#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/judge/cause.c"

static void test_every_cause_has_words(void **state)
{
	(void)state;
	for (unsigned c = 0; c < CAUSE_COUNT; c++) {
		const struct cause_words *w = cause_words((enum cause)c);
		assert_true(w->name && w->vi && w->en && w->first_vi && w->first_en);
		assert_string_not_equal(w->vi, w->en);
		assert_int_equal(cause_named(w->name), c);
	}
	assert_int_equal(cause_named("no such"), CAUSE_UNKNOWN);
	assert_ptr_equal(cause_words((enum cause)99), cause_words(CAUSE_UNKNOWN));
}

static void test_confidences(void **state)
{
	(void)state;
	for (int c = CONFIDENCE_UNCLEAR; c <= CONFIDENCE_CERTAIN; c++)
		assert_int_equal(confidence_named(confidence_name((enum confidence)c)), c);
	assert_int_equal(confidence_named("99 %"), CONFIDENCE_UNCLEAR);
}

static void test_whose_matter_it_is(void **state)
{
	static const struct {
		enum cause cause;
		const char *otherwise, *is;
	} rows[] = {
	        {CAUSE_SITE_POWER, "carrier", "commune"},
	        {CAUSE_AREA_POWER, "carrier", "commune"},
	        {CAUSE_UPLINK_DOWN, "commune", "carrier"},
	        {CAUSE_UPLINK_DEGRADED, "commune", "carrier"},
	        {CAUSE_UPLINK_SATURATED, "carrier", "commune"},
	        {CAUSE_ONE_WAY_LOSS, "commune", "carrier"},
	        {CAUSE_UPSTREAM_SHARED, "commune", "carrier"},
	        {CAUSE_COLLECTOR_ISOLATED, "commune", "province"},
	        {CAUSE_SERVICE_DOWN, "central", "central"},
	        {CAUSE_DNS_FAILURE, "province", "province"},
	        {CAUSE_MTU_BLACKHOLE, "carrier", "carrier"},
	        {CAUSE_UNKNOWN, "central", "central"},
	        {CAUSE_FLAPPING, "carrier", "carrier"},
	        {(enum cause)99, "central", "central"},
	};
	(void)state;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		assert_string_equal(cause_responsible(rows[k].cause, rows[k].otherwise), rows[k].is);
}

static void test_what_still_works_alarms_nobody(void **state)
{
	(void)state;
	for (unsigned c = 0; c < CAUSE_COUNT; c++)
		assert_int_equal(cause_alarms((enum cause)c), c != CAUSE_CLOCK_SKEW);
	assert_true(cause_of_line(CAUSE_UPLINK_DOWN));
	assert_false(cause_of_line(CAUSE_SITE_POWER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_cause_has_words),
	        cmocka_unit_test(test_confidences),
	        cmocka_unit_test(test_whose_matter_it_is),
	        cmocka_unit_test(test_what_still_works_alarms_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
