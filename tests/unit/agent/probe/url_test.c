/* url: where redirects lead, from https://a.example/x/y?z */
#include "agent/probe/url.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	const char *location;
	const char *expected; /* NULL: refused */
} cases[] = {
        {"/p?q=1#part", "https a.example 443 /p?q=1"}, {"p", "https a.example 443 /x/p"},
        {"?n", "https a.example 443 /x/y?n"}, {"", "https a.example 443 /x/y"}, {"#top", "https a.example 443 /x/y"},
        {" \t/p", "https a.example 443 /p"}, {"a/b:c", "https a.example 443 /x/a/b:c"},
        {"//b.example/p", "https b.example 443 /p"}, {"//b.example:8443", "https b.example 8443 /"},
        {"http://b.example", "http b.example 80 /"}, {"HTTPS://B.example:444/p", "https B.example 444 /p"},
        {"https://[2001:db8::1]:8443/p", "https 2001:db8::1 8443 /p"},
        {"https://[2001:db8::1]", "https 2001:db8::1 443 /"}, {"http://10.0.0.5?login=1", "http 10.0.0.5 80 /?login=1"},
        {"/cổng dịch", "https a.example 443 /c%E1%BB%95ng%20d%E1%BB%8Bch"},
        {"/a\"<b>", "https a.example 443 /a%22%3Cb%3E"}, {"/100%25", "https a.example 443 /100%25"}, {"http://", NULL},
        {"http:///p", NULL}, {"http://user:word@b.example/", NULL}, {"http://b.example:0/", NULL},
        {"http://b.example:99999/", NULL}, {"http://b.example:/", NULL}, {"mailto:a@b.example", NULL},
        {"javascript:alert(1)", NULL}, {"ftp://b.example/", NULL}, {"/a\r\nX-Injected: 1", NULL}, {"/a\x7f", NULL},
        {"http://a b/", "http a%20b 80 /"}, /* no such name; nothing splits */
};

static void test_cases(void **state)
{
	struct url base = {.secure = true, .host = "a.example", .port = 443, .path = "/x/y?z"}, to;
	char got[URL_PATH_MAX + URL_HOST_MAX + 32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&to, 'x', sizeof(to));
		int err = url_resolve(&base, cases[i].location, strlen(cases[i].location), &to);

		if (!err)
			snprintf(got, sizeof(got), "%s %s %u %s", to.secure ? "https" : "http", to.host, to.port,
			        to.path);
		if (err ? cases[i].expected != NULL : !cases[i].expected || strcmp(got, cases[i].expected))
			fail_msg("\"%s\": %s, expected %s", cases[i].location, err ? "refused" : got,
			        cases[i].expected ? cases[i].expected : "refused");
	}
}

static void test_length(void **state)
{
	struct url base = {.host = "a", .port = 80, .path = "/"}, to;
	char text[8000];

	(void)state;
	memset(text, 'p', sizeof(text));
	text[0] = '/';
	assert_int_equal(url_resolve(&base, text, URL_PATH_MAX - 1, &to), 0);
	assert_int_equal(strlen(to.path), URL_PATH_MAX - 1);
	assert_int_equal(url_resolve(&base, text, URL_PATH_MAX, &to), -EINVAL);
	assert_int_equal(url_resolve(&base, text, sizeof(text), &to), -EINVAL);
	memset(text, ' ' + 1, sizeof(text)); /* grows when it is escaped */
	memset(text, 0xff, 1000);
	text[0] = '/';
	assert_int_equal(url_resolve(&base, text, 1000, &to), -EINVAL);
}

/* In place: the base is what is written. */
static void test_in_place(void **state)
{
	struct url at = {.secure = true, .host = "a.example", .port = 443, .path = "/x/y?z"};

	(void)state;
	assert_int_equal(url_resolve(&at, "w", 1, &at), 0);
	assert_string_equal(at.path, "/x/w");
	assert_string_equal(at.host, "a.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_cases),
	        cmocka_unit_test(test_length),
	        cmocka_unit_test(test_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
