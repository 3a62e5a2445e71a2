#include "common/zone.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HOUR_MS 3600000LL

static void test_offsets_follow_the_transitions(void **state)
{
	struct zone *z;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &z), 0);
	assert_int_equal(zone_offset_ms(z, 1735689600000), HOUR_MS);     /* 2025-01-01 */
	assert_int_equal(zone_offset_ms(z, 1743296399999), HOUR_MS);     /* a moment before 2025-03-30T01:00Z */
	assert_int_equal(zone_offset_ms(z, 1743296400000), 2 * HOUR_MS); /* summer time */
	assert_int_equal(zone_utc_ms(z, 1743296400000 + 2 * HOUR_MS), 1743296400000);
	zone_free(z);
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &z), 0);
	assert_int_equal(zone_offset_ms(z, 1751302800000), 7 * HOUR_MS);
	assert_int_equal(zone_offset_ms(z, 32503680000000), 7 * HOUR_MS); /* year 3000 */
	zone_free(z);
}

static void test_utc_needs_no_file(void **state)
{
	struct zone *z;

	(void)state;
	assert_int_equal(zone_load("UTC", &z), 0);
	assert_int_equal(zone_offset_ms(z, 1751302800000), 0);
	zone_free(z);
	assert_int_equal(zone_offset_ms(NULL, 5), 0);
	assert_int_equal(zone_utc_ms(NULL, 5), 5);
}

static void test_bad_names_and_files(void **state)
{
	static const char *const bad[] = {
	        "", "/etc/passwd", "../../../etc/passwd", "Asia/Nowhere", "Asia", "tzdata.zi", "a b"};
	uint8_t cut[] = "TZif2garbage";
	struct zone *z, whole = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(zone_load(bad[i], &z) < 0);
		assert_null(z);
	}
	assert_int_equal(zone_parse(cut, sizeof(cut), &whole), -EINVAL);
}

static void test_any_cut_of_a_file_is_refused(void **state)
{
	uint8_t *data = mem_alloc(ZONE_FILE_MAX);
	size_t len;

	(void)state;
	assert_int_equal(zone_file("Europe/Berlin", data, &len), 0);
	for (size_t cut = 0; cut < len; cut += 7) {
		struct zone z = {0};
		uint8_t *exact = mem_alloc(cut + 1);
		memcpy(exact, data, cut);
		zone_parse(exact, cut, &z);
		free(z.transitions);
		free(exact);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_offsets_follow_the_transitions),
	        cmocka_unit_test(test_utc_needs_no_file),
	        cmocka_unit_test(test_bad_names_and_files),
	        cmocka_unit_test(test_any_cut_of_a_file_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
