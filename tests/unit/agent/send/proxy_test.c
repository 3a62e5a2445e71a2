/* proxy: what is asked, and every answer that a proxy may give. */
#include "agent/send/proxy.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int answer(const char *text, unsigned *code)
{
	return proxy_answer((const uint8_t *)text, strlen(text), code);
}

static void addresses_are_read(void **state)
{
	(void)state;
	assert_string_equal(proxy_address("http://10.0.0.9:3128"), "10.0.0.9:3128");
	assert_string_equal(proxy_address("proxy.example:80"), "proxy.example:80");
	assert_null(proxy_address("https://10.0.0.9:3128"));
	assert_null(proxy_address("http://user@10.0.0.9:3128"));
	assert_null(proxy_address("proxy.example"));
}

static void question_is_http(void **state)
{
	struct buf b = {0};

	(void)state;
	proxy_ask(&b, "[::1]:8440");
	buf_put_u8(&b, 0);
	assert_string_equal((char *)b.data, "CONNECT [::1]:8440 HTTP/1.1\r\nHost: [::1]:8440\r\n\r\n");
	buf_free(&b);
}

static void answers_are_told_apart(void **state)
{
	static const char yes[] = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
	unsigned code;

	(void)state;
	assert_int_equal(answer(yes, &code), 1);
	assert_int_equal(answer("HTTP/1.0 200\r\n\r\n", &code), 1);
	for (size_t i = 0; i + 1 < sizeof(yes); i++)
		assert_int_equal(proxy_answer((const uint8_t *)yes, i, &code), 0);
	assert_int_equal(answer("HTTP/1.1 407 Authenticate\r\n\r\n", &code), -ECONNREFUSED);
	assert_int_equal(code, 407);
	assert_int_equal(answer("HTTP/1.1 2x0 no\r\n\r\n", &code), -EBADMSG);
	assert_int_equal(answer("SSH-2.0-OpenSSH_9.2\r\n", &code), -EBADMSG);
	assert_int_equal(answer("HTTP/1.1 200 OK\r\n\r\nmore", &code), -EBADMSG);
	assert_int_equal(answer("\r\n\r\n", &code), -EBADMSG);
}

static void endless_answer_is_ended(void **state)
{
	struct buf b = {0};
	unsigned code;

	(void)state;
	buf_printf(&b, "HTTP/1.1 200 OK\r\n");
	while (b.len < PROXY_ANSWER_MAX)
		buf_printf(&b, "X: y\r\n");
	assert_int_equal(proxy_answer(b.data, b.len, &code), -EBADMSG);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_are_read),
	        cmocka_unit_test(question_is_http),
	        cmocka_unit_test(answers_are_told_apart),
	        cmocka_unit_test(endless_answer_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
