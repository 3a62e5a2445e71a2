#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "collector/web/request.c"

static void cookies(void **state)
{
	char out[16];

	(void)state;
	assert_true(cookie_find("sansang=abc", "sansang", out, sizeof(out)));
	assert_string_equal(out, "abc");
	assert_true(cookie_find("a=1; sansang=x=y ; b=2", "sansang", out, sizeof(out)));
	assert_string_equal(out, "x=y ");
	assert_false(cookie_find("notsansang=abc; sansangx=1", "sansang", out, sizeof(out)));
	assert_false(cookie_find("", "sansang", out, sizeof(out)));
	assert_false(cookie_find(";;; ;", "sansang", out, sizeof(out)));
	assert_false(cookie_find("sansang=0123456789abcdef", "sansang", out, sizeof(out)));
	assert_string_equal(out, "");
}

static void arguments(void **state)
{
	struct request *r = request_new(NULL);

	(void)state;
	assert_true(request_add_arg(r, "q=xã pha=long", strlen("q=xã pha=long")));
	assert_true(request_add_arg(r, "all", 3));
	assert_true(request_add_arg(r, "", 0));
	assert_false(request_add_arg(r, "a=\r\nX: y", 8));
	assert_false(request_add_arg(r, "a=\0b", 4));
	assert_string_equal(request_arg(r, "q"), "xã pha=long");
	assert_string_equal(request_arg(r, "all"), "");
	assert_null(request_arg(r, "a"));
	for (int i = 2; i < REQUEST_ARGS_MAX; i++)
		assert_true(request_add_arg(r, "x=1", 3));
	assert_false(request_add_arg(r, "x=1", 3));
	request_release(r);
}

static void numbers(void **state)
{
	static const char *const bad[] = {
	        "n=", "n= 5", "n=5x", "n=+5", "n=5.0", "n=99999999999999999999", "n=-11", "n=101", "n=0x5", "n=--5"};
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct request *r = request_new(NULL);

		assert_true(request_add_arg(r, bad[i], strlen(bad[i])));
		if (request_int(r, "n", 1, -10, 100, &n))
			fail_msg("%s was taken", bad[i]);
		request_release(r);
	}
	struct request *r = request_new(NULL);

	assert_true(request_int(r, "n", 7, 0, 100, &n));
	assert_int_equal(n, 7);
	assert_true(request_add_arg(r, "n=-10", 5));
	assert_true(request_int(r, "n", 7, -10, 100, &n));
	assert_int_equal(n, -10);
	request_release(r);
}

static void answers_come_once(void **state)
{
	struct request *r = request_new(NULL);

	(void)state;
	request_error(r, 404, "first");
	request_error(r, 500, "second");
	assert_int_equal(r->status, 404);
	assert_memory_equal(r->answer->data, "{\"error\":\"first\",\"status\":404}", r->answer->len);
	request_release(r);
}

static void an_error_object_carries_its_status(void **state)
{
	static const struct {
		const char *json;
		unsigned status;
	} cases[] = {{"{}", 200}, {"{\"error\":\"x\"}", 400}, {"{\"error\":\"x\",\"status\":409}", 409},
	        {"{\"error\":\"x\",\"status\":200}", 400}, {"{\"status\":500}", 200},
	        {"{\"error\":\"x\",\"status\":\"9\"}", 400}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request *r = request_new(NULL);

		request_answer_json(r, 0, json_loads(cases[i].json, 0, NULL));
		assert_int_equal(r->status, cases[i].status);
		request_release(r);
	}
	struct request *r = request_new(NULL);

	request_answer_json(r, 0, NULL);
	assert_int_equal(r->status, 500);
	request_release(r);
}

static void headers_hold_no_line_breaks(void **state)
{
	struct request *r = request_new(NULL);

	(void)state;
	request_header(r, "etag", "\"x\"");
	request_header(r, "location", "x\r\nset-cookie: y");
	request_header(r, "a\nb", "x");
	assert_int_equal(r->headers.len, sizeof("etag") + sizeof("\"x\""));
	request_release(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(cookies),
	        cmocka_unit_test(arguments),
	        cmocka_unit_test(numbers),
	        cmocka_unit_test(answers_come_once),
	        cmocka_unit_test(an_error_object_carries_its_status),
	        cmocka_unit_test(headers_hold_no_line_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
