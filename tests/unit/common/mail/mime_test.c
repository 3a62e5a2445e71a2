#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/mail/mime.c"

static const char *text(struct buf *b)
{
	buf_put_u8(b, 0);
	return (const char *)b->data;
}

static void headers_are_plain_or_encoded(void **state)
{
	struct buf b = {0};

	(void)state;
	mime_header(&b, "Subject", "plain words");
	assert_string_equal(text(&b), "Subject: plain words\r\n");
	buf_reset(&b);
	mime_header(&b, "Subject", "Xã Pha Long");
	assert_string_equal(text(&b), "Subject: =?UTF-8?B?WMOjIFBoYSBMb25n?=\r\n");
	buf_reset(&b);
	mime_header(&b, "Subject", "=?UTF-8?B?fake?=");
	assert_null(strstr(text(&b), "B?fake"));
	buf_free(&b);
}

static void long_headers_fold_between_letters(void **state)
{
	struct buf b = {0};
	char value[400] = "";
	size_t line = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(value, i % 2 ? "ế" : "a"); /* three bytes and one: cuts would fall within letters */
	mime_header(&b, "Subject", value);
	for (size_t i = 0; i < b.len; i++) {
		line = b.data[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 76 + 1); /* with its CR */
	}
	/* each word decodes to whole letters */
	for (const char *p = strstr(text(&b), "?B?"); p; p = strstr(p + 3, "?B?")) {
		uint8_t out[64];
		int n = EVP_DecodeBlock(out, (const uint8_t *)p + 3, (int)strcspn(p + 3, "?"));

		assert_true(n > 0);
		assert_true((out[0] & 0xc0) != 0x80);
	}
	buf_free(&b);
}

static void no_text_ends_a_header(void **state)
{
	static const char *const evil[] = {
	        "x\r\nBcc: all@example", "x\nBcc: all@example", "x\r\rBcc: y", "ế\r\n\r\n<html>", "\x01\x02\x7f"};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		buf_reset(&b);
		mime_header(&b, "Subject", evil[i]);
		mime_address(&b, "To", evil[i], "a@b.example");
		text(&b);
		assert_null(strstr((char *)b.data, "Bcc"));
		for (char *p = (char *)b.data; (p = strstr(p, "\r\n")) && p[2]; p += 2)
			assert_true(p[2] == ' ' || !strncmp(p + 2, "To:", 3));
	}
	buf_free(&b);
}

static void addresses(void **state)
{
	static const char *const good[] = {"oncall@laocai.example", "a.b+c@x"};
	static const char *const bad[] = {
	        "", "a", "@x", "a@", "a@b@c", "a b@x", "a@x\r\nBcc: y@z", "<a@x>", "a@x,b@x", "ế@x"};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mime_address_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mime_address_valid(bad[i]));
	mime_address(&b, "To", "A \"B\" \\", "a@b.example");
	assert_string_equal(text(&b), "To: \"A \\\"B\\\" \\\\\"\r\n <a@b.example>\r\n");
	buf_free(&b);
}

static void dates_are_local(void **state)
{
	struct buf b = {0};

	(void)state;
	setenv("TZ", "Asia/Ho_Chi_Minh", 1);
	tzset();
	mime_date(&b, 1751330520000);
	assert_string_equal(text(&b), "Date: Tue, 01 Jul 2025 07:42:00 +0700\r\n");
	buf_free(&b);
}

static void message_ids_are_clean(void **state)
{
	struct buf b = {0};

	(void)state;
	mime_message_id(&b, "open.mk-hq.svc>\r\nX: y", "sansang@laocai.example");
	assert_string_equal(text(&b), "<open.mk-hq.svc---X--y@laocai.example>");
	buf_free(&b);
}

static void base64_in_lines(void **state)
{
	struct buf b = {0};
	char data[58];

	(void)state;
	memset(data, 'x', sizeof(data));
	mime_base64(&b, data, sizeof(data));
	assert_int_equal(strcspn(text(&b), "\r"), 76);
	assert_string_equal((char *)b.data + 78, "eA==\r\n");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(headers_are_plain_or_encoded),
	        cmocka_unit_test(long_headers_fold_between_letters),
	        cmocka_unit_test(no_text_ends_a_header),
	        cmocka_unit_test(addresses),
	        cmocka_unit_test(dates_are_local),
	        cmocka_unit_test(message_ids_are_clean),
	        cmocka_unit_test(base64_in_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
