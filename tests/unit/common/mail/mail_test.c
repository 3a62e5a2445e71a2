#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "common/mail/mail.c"

static struct mail mail_of(const uint8_t *png, size_t len)
{
	return (struct mail){.from = "sansang@laocai.example",
	        .from_name = "Sẵn Sàng",
	        .to = "oncall@laocai.example",
	        .to_name = "On call",
	        .subject = "[MẤT KÊNH] x",
	        .message_id = "<open.i1.oncall@laocai.example>",
	        .incident = "i1",
	        .language = "vi",
	        .date_ms = 1751330520000,
	        .text = "Chào\n",
	        .html = "<p>Chào</p>\n",
	        .png = png,
	        .png_len = len};
}

static char *built(const struct mail *m)
{
	struct buf b = {0};

	assert_int_equal(mail_build(m, &b), 0);
	buf_put_u8(&b, 0);
	return (char *)b.data;
}

#define HEAD                                                                                                           \
	"Date: Tue, 01 Jul 2025 07:42:00 +0700\r\n"                                                                    \
	"From: =?UTF-8?B?U+G6tW4gU8Ogbmc=?=\r\n <sansang@laocai.example>\r\n"                                          \
	"To: \"On call\"\r\n <oncall@laocai.example>\r\n"                                                              \
	"Subject: =?UTF-8?B?W03huqRUIEvDik5IXSB4?=\r\n"                                                                \
	"Message-ID: <open.i1.oncall@laocai.example>\r\n"
#define HEAD_END                                                                                                       \
	"X-Sansang-Incident: i1\r\nAuto-Submitted: auto-generated\r\nContent-Language: vi\r\nMIME-Version: 1.0\r\n"
#define TEXT "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\nQ2jDoG8K\r\n"
#define HTML                                                                                                           \
	"Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+Q2jDoG88L3A+Cg==\r\n"

/* The golden text with its boundary, whatever that is, put in for '@A' and '@R'. */
static char *golden(const struct mail *m, const char *text)
{
	char alt[64], rel[64];
	struct buf b = {0};

	boundary_make(m, "alt", alt, sizeof(alt));
	boundary_make(m, "rel", rel, sizeof(rel));
	for (const char *p = text; *p; p++) {
		if (*p == '@' && (p[1] == 'A' || p[1] == 'R'))
			buf_printf(&b, "%s", *++p == 'A' ? alt : rel);
		else
			buf_put_u8(&b, (uint8_t)*p);
	}
	buf_put_u8(&b, 0);
	return (char *)b.data;
}

static void compare(const struct mail *m, const char *text)
{
	char *is = built(m), *shall = golden(m, text);

	assert_string_equal(is, shall);
	free(is);
	free(shall);
}

static void without_a_picture(void **state)
{
	struct mail m = mail_of(NULL, 0);

	(void)state;
	compare(&m, HEAD HEAD_END "Content-Type: multipart/alternative;\r\n boundary=\"@A\"\r\n\r\n"
	                          "--@A\r\n" TEXT "--@A\r\n" HTML "--@A--\r\n");
}

static void with_one_and_in_a_thread(void **state)
{
	struct mail m = mail_of((const uint8_t *)"\x89PNG", 4);

	(void)state;
	m.in_reply_to = "<open.i0@x>";
	compare(&m, HEAD
	        "In-Reply-To: <open.i0@x>\r\nReferences: <open.i0@x>\r\n" HEAD_END
	        "Content-Type: multipart/alternative;\r\n boundary=\"@A\"\r\n\r\n--@A\r\n" TEXT
	        "--@A\r\nContent-Type: multipart/related; type=\"text/html\";\r\n boundary=\"@R\"\r\n\r\n--@R\r\n" HTML
	        "--@R\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: "
	        "<graph@sansang>\r\n"
	        "Content-Disposition: inline; filename=\"graph.png\"\r\n\r\niVBORw==\r\n--@R--\r\n--@A--\r\n");
}

static void no_address_no_mail(void **state)
{
	struct mail m = mail_of(NULL, 0);
	struct buf b = {0};

	(void)state;
	m.to = "a@b>\r\nBcc: c@d";
	assert_int_equal(mail_build(&m, &b), -EINVAL);
	assert_int_equal(b.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_a_picture),
	        cmocka_unit_test(with_one_and_in_a_thread),
	        cmocka_unit_test(no_address_no_mail),
	};

	setenv("TZ", "Asia/Ho_Chi_Minh", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
