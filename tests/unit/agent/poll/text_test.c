/* text: what devices say stays as it is in JSON, and cannot harm a terminal. */
#include "agent/poll/text.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct model_text of(const char *bytes, size_t len)
{
	return (struct model_text){.data = bytes, .len = len};
}

#define TEXT(literal) of(literal, sizeof(literal) - 1)

static void test_clean(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool clean;
	} rows[] = {
	        {"", 0, true}, {"Xã Mường Khương", 21, true}, {"two\r\nlines\t", 11, true}, {"a\0b", 3, false},
	        {"\033[31m", 5, false}, {"\x7f", 1, false}, {"\xc2\x9b", 2, false}, /* CSI in one letter */
	        {"\xff\xfe", 2, false},                                             /* no UTF-8 at all */
	        {"\xc0\xaf", 2, false},                                             /* longer than need be */
	        {"\xed\xa0\x80", 3, false},                                         /* half of a surrogate pair */
	        {"\xf4\x90\x80\x80", 4, false},                                     /* beyond Unicode */
	        {"\xf0\x9f\x98\x80", 4, true}, {"\xe2\x82", 2, false},              /* cut */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct model_text t = of(rows[i].bytes, rows[i].len);

		if (text_clean(&t) != rows[i].clean)
			fail_msg("row %zu", i);
	}
	assert_false(text_clean(&(struct model_text){0}));
}

static void assert_printed(struct model_text t, size_t size, const char *expected)
{
	char out[64];

	assert_string_equal(model_text_print(&t, out, size), expected);
}

static void test_print(void **state)
{
	(void)state;
	assert_printed(TEXT("  Port 1 \r\n"), 64, "Port 1");
	assert_printed(TEXT("a\nb  c"), 64, "a b  c");
	assert_printed(TEXT("\033[31mred\033[0m"), 64, "?[31mred?[0m");
	assert_printed(TEXT("\xff\xc3\xa9"), 64, "?é");
	assert_printed(TEXT("name\0\0junk"), 64, "name");
	assert_printed(TEXT("Mường"), 4, "M\xc6\xb0"); /* cut at a letter */
	assert_printed(TEXT("abc"), 3, "ab");
	assert_printed(TEXT("abc"), 1, "");
	assert_printed((struct model_text){0}, 64, "");
}

static void assert_json(struct model_text t, const char *expected)
{
	json_t *j = text_json(&t);
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(j);
}

static void test_json(void **state)
{
	(void)state;
	assert_json((struct model_text){0}, "null");
	assert_json(TEXT(""), "\"\"");
	assert_json(TEXT("Ethernet Connection\0"), "\"Ethernet Connection\""); /* Windows ends its descriptions so */
	assert_json(TEXT("\x24\x71\x21\xa3\x7f\x03"), "{\"hex\":\"247121a37f03\"}");
	assert_json(TEXT("a\0b"), "{\"hex\":\"610062\"}");
	assert_json(TEXT("\0"), "\"\"");
}

static void test_addresses(void **state)
{
	struct text_pool pool = {0};
	struct model_text v4 = TEXT("\1\x0a\x14\1\2"), v6 = TEXT("\2\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	                  odd = TEXT("\1\x0a\x14\1"), none = {0};

	(void)state;
	v4 = text_address(&pool, &v4);
	assert_string_equal(v4.data, "10.20.1.2");
	v6 = text_address(&pool, &v6);
	assert_string_equal(v6.data, "fe80::1");
	odd = text_address(&pool, &odd);
	assert_null(odd.data);
	none = text_address(&pool, &none);
	assert_null(none.data);
	v4 = text_mac(&pool, (const uint8_t *)"\x24\x71\x21\xa3\x7f\x03");
	assert_true(text_is(&v4, "24:71:21:a3:7f:03"));
	assert_false(text_is(&v4, "24:71:21:a3:7f:0"));
	text_pool_empty(&pool);
}

static void test_pool_is_bounded(void **state)
{
	static char big[TEXT_MAX + 100];
	struct text_pool pool = {0};
	struct model_text first = text_keep(&pool, "first", 5), last;
	unsigned kept = 0;

	(void)state;
	memset(big, 'x', sizeof(big));
	do {
		last = text_keep(&pool, big, sizeof(big));
		if (last.data)
			assert_int_equal(last.len, TEXT_MAX);
	} while (last.data && ++kept < 100000);
	assert_null(last.data);
	assert_true(pool.bytes <= POOL_MAX);
	assert_string_equal(first.data, "first"); /* what was kept did not move */
	text_pool_empty(&pool);
	assert_non_null(text_keep(&pool, "again", 5).data);
	text_pool_empty(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_clean),
	        cmocka_unit_test(test_print),
	        cmocka_unit_test(test_json),
	        cmocka_unit_test(test_addresses),
	        cmocka_unit_test(test_pool_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
