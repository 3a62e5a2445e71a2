#include "common/conf_time.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int64_t read_in(const char *text, const char *zone)
{
	struct zone *z = NULL;
	int64_t at = -1;

	assert_int_equal(zone_load(zone, &z), 0);
	assert_null(conf_time_read(text, z, &at));
	zone_free(z);
	return at;
}

static void test_dates_are_midnight_in_the_zone(void **state)
{
	(void)state;
	assert_int_equal(read_in("2025-07-01", NULL), 1751328000000);
	assert_int_equal(read_in("2025-07-01", "Asia/Ho_Chi_Minh"), 1751302800000);
	assert_int_equal(read_in("2025-07-01", "Europe/Berlin"), 1751320800000);
	assert_int_equal(read_in("2025-01-01", "Europe/Berlin"), 1735686000000);
	assert_int_equal(read_in("1970-01-01", NULL), 0);
	assert_int_equal(read_in("2024-02-29", NULL), 1709164800000);
}

static void test_times_name_their_offset(void **state)
{
	(void)state;
	assert_int_equal(read_in("2025-07-01T00:00:00+07:00", "Europe/Berlin"), 1751302800000);
	assert_int_equal(read_in("2025-07-01 00:00 +07:00", NULL), 1751302800000);
	assert_int_equal(read_in("2025-06-30T17:00:00.250Z", NULL), 1751302800250);
	assert_int_equal(read_in("2025-06-30T12:30:00-0430", NULL), 1751302800000);
	assert_true(read_in("never", NULL) == INT64_MAX);
}

static void test_what_is_no_time(void **state)
{
	static const char *const bad[] = {
	        "",
	        "today",
	        "2025",
	        "2025-7-1",
	        "2025-13-01",
	        "2025-00-10",
	        "2025-04-31",
	        "2100-02-29",
	        "1969-12-31",
	        "2025-07-01T24:00:00Z",
	        "2025-07-01T00:60:00Z",
	        "2025-07-01T00:00:00",
	        "2025-07-01T00:00:00+7",
	        "2025-07-01T00:00:00+07:00x",
	        "2025-07-01x",
	        "2025-07-01T",
	};
	int64_t at = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(conf_time_read(bad[i], NULL, &at));
	assert_int_equal(at, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_dates_are_midnight_in_the_zone),
	        cmocka_unit_test(test_times_name_their_offset),
	        cmocka_unit_test(test_what_is_no_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
