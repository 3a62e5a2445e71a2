#include "province.h"

#include <stdio.h>

#include "collector/inventory/cuts.c"

struct both {
	json_t *cuts, *problems;
};

static struct both read_text(const char *text)
{
	struct inventory *inv = province_load(province_text);
	struct zone *zone;
	struct both b;
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &zone), 0);
	cuts_read(inv, zone, AFTER, text, strlen(text), &b.cuts, &b.problems);
	zone_free(zone);
	inventory_free(inv);
	return b;
}

static void both_free(struct both b)
{
	json_decref(b.cuts);
	json_decref(b.problems);
}

static const char *said(const struct both *b, size_t k, const char *key)
{
	return json_string_value(json_object_get(json_array_get(b->problems, k), key));
}

static void test_a_list_of_the_power_company(void **state)
{
	(void)state;
	struct both b = read_text("\xef\xbb\xbfĐơn vị;Từ lúc;Đến lúc;Lý do;Duyệt\r\n"
	                          "Xã Mường Khương;05/07/2025 08:00;05/07/2025 11h30;\"Bảo dưỡng; đường dây\";có\r\n"
	                          "mk-hq;2025-07-06 22:00;2025-07-07T01:00:00+07:00;;\r\n");
	assert_int_equal(json_array_size(b.problems), 0);
	assert_int_equal(json_array_size(b.cuts), 2);
	json_t *first = json_array_get(b.cuts, 0), *second = json_array_get(b.cuts, 1);
	assert_string_equal(
	        json_string_value(json_array_get(json_object_get(first, "targets"), 0)), "unit:muong-khuong");
	assert_string_equal(json_string_value(json_object_get(first, "reason")), "Bảo dưỡng; đường dây");
	assert_true(json_is_true(json_object_get(first, "approved")));
	/* 01:00 and 04:30 UTC */
	assert_int_equal(json_integer_value(json_object_get(first, "from")), 1751677200000LL);
	assert_int_equal(json_integer_value(json_object_get(first, "until")), 1751689800000LL);
	assert_string_equal(json_string_value(json_object_get(first, "id")), "cut-muong-khuong-20250705T0100");
	assert_false(json_is_true(json_object_get(second, "approved")));
	assert_int_equal(json_integer_value(json_object_get(second, "until")) -
	                         json_integer_value(json_object_get(second, "from")),
	        3 * 3600000);
	both_free(b);
}

static void test_names_without_accents_decomposed_or_of_former_units(void **state)
{
	(void)state;
	/* the second is NFD: u+031b o+031b+0300 ... as a Mac writes it; the third is no more */
	struct both b = read_text(
	        "unit,from,until\n"
	        "muong khuong,2025-07-05 08:00,2025-07-05 09:00\n"
	        "Xa\xcc\x83 Mu\xcc\x9bo\xcc\x9b\xcc\x80ng Khu\xcc\x9bo\xcc\x9bng,2025-07-06 08:00,2025-07-06 09:00\n"
	        "Thị trấn Mường Khương,2025-07-07 08:00,2025-07-07 09:00\n");
	assert_int_equal(json_array_size(b.problems), 0);
	for (size_t k = 0; k < 3; k++)
		assert_string_equal(
		        json_string_value(json_array_get(json_object_get(json_array_get(b.cuts, k), "targets"), 0)),
		        "unit:muong-khuong");
	both_free(b);
}

static void test_every_problem_is_told_with_its_row(void **state)
{
	(void)state;
	struct both b = read_text("unit,from,until,approved\n"
	                          "Xã Không Có,2025-07-05 08:00,2025-07-05 09:00,maybe\n"
	                          "\n"
	                          "Mường Khương,tomorrow,2025-07-05 09:00,yes\n"
	                          "Mường Khương,31/02/2025 08:00,2025-07-05 09:00,yes\n"
	                          "Mường Khương,2025-07-05 09:00,2025-07-05 08:00,yes\n"
	                          "Mường Khương,2025-06-05 08:00,2025-06-05 09:00,yes\n"
	                          "Mường Khương,2025-07-05 08:00,2025-07-25 09:00,yes\n"
	                          "Mường Khương,2025-07-05 08:00,2025-07-05 09:00,yes\n"
	                          "muong-khuong,2025-07-05 08:00,2025-07-05 09:00,no\n"
	                          ",2025-07-05 08:00,2025-07-05 09:00,no\n");
	static const struct {
		int row;
		const char *column, *words;
	} expected[] = {
	        {2, "unit", "no unit and no site"},
	        {2, "approved", "neither yes nor no"},
	        {4, "from", "is no time"},
	        {5, "from", "is no time"},
	        {6, "until", "not after"},
	        {7, "until", "over already"},
	        {8, "until", "more than 7 days"},
	        {10, "from", "stand in row 9"},
	        {11, "unit", "is empty"},
	};
	assert_int_equal(json_array_size(b.problems), sizeof expected / sizeof expected[0]);
	for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++) {
		assert_int_equal(
		        json_integer_value(json_object_get(json_array_get(b.problems, k), "row")), expected[k].row);
		assert_string_equal(said(&b, k, "column"), expected[k].column);
		assert_non_null(strstr(said(&b, k, "text"), expected[k].words));
	}
	assert_int_equal(json_array_size(b.cuts), 1);
	both_free(b);
}

static void test_a_file_that_is_none(void **state)
{
	(void)state;
	static const char *const files[] = {"", "\n\n", "name,when\nx,y\n", "\377\376u\n"};
	for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
		struct both b = read_text(files[k]);
		assert_int_equal(json_array_size(b.cuts), 0);
		assert_true(json_array_size(b.problems) > 0);
		both_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_list_of_the_power_company),
	        cmocka_unit_test(test_names_without_accents_decomposed_or_of_former_units),
	        cmocka_unit_test(test_every_problem_is_told_with_its_row),
	        cmocka_unit_test(test_a_file_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
