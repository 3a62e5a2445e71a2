/* fold: Vietnamese in either normal form becomes plain words. */
#include "collector/inventory/fold.c"

#include "tests/unit/collector/inventory/province.h"

static void expect_fold(const char *text, const char *plain)
{
	char out[128];

	assert_string_equal(fold_vietnamese(text, out, sizeof(out)), plain);
}

static void test_precomposed(void **state)
{
	(void)state;
	expect_fold("Xã Tả Ngài Chồ", "xa ta ngai cho");
	expect_fold("ĐƯỜNG Nghĩa Lộ – Yên Bái", "duong nghia lo yen bai");
	expect_fold("ăắằẳẵặ âấầẩẫậ êếềểễệ ôốồổỗộ ơớờởỡợ ưứừửữự ỳýỷỹỵ íìỉĩị đ",
	        "aaaaaa aaaaaa eeeeee oooooo oooooo uuuuuu yyyyy iiiii d");
	expect_fold("ĂẮẰẲẴẶ ÂẤẦẨẪẬ ÊẾỀỂỄỆ ÔỐỒỔỖỘ ƠỚỜỞỠỢ ƯỨỪỬỮỰ ỲÝỶỸỴ ÍÌỈĨỊ Đ ÁÀẢÃẠ ÉÈẺẼẸ ÓÒỎÕỌ ÚÙỦŨỤ",
	        "aaaaaa aaaaaa eeeeee oooooo oooooo uuuuuu yyyyy iiiii d aaaaa eeeee ooooo uuuuu");
}

static void test_decomposed(void **state)
{
	(void)state;
	expect_fold("Xa\xcc\x83 Ta\xcc\x89 Nga\xcc\x80i Cho\xcc\x82\xcc\x80", "xa ta ngai cho");
	expect_fold("u\xcc\x9b\xcc\x81", "u");
}

static void test_blanks_and_signs(void **state)
{
	(void)state;
	expect_fold("  Pha--Long.\t(mới) ", "pha long moi");
	expect_fold("", "");
	expect_fold(" - ", "");
	expect_fold("a 2-B", "a 2 b");
}

static void test_broken_bytes_and_small_room(void **state)
{
	char out[6];

	(void)state;
	expect_fold("a\xff\xfe"
	            "b\xe1\xba",
	        "a b");
	expect_fold("\xf0\x9f\x98\x80x", "x");
	assert_string_equal(fold_vietnamese("Mường Khương", out, sizeof(out)), "muong");
	assert_string_equal(fold_vietnamese("Xã Pha", out, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_precomposed),
	        cmocka_unit_test(test_decomposed),
	        cmocka_unit_test(test_blanks_and_signs),
	        cmocka_unit_test(test_broken_bytes_and_small_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
