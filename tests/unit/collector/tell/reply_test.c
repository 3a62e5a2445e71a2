#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "collector/tell/reply.c"

#define HEAD                                                                                                           \
	"Return-Path: <oncall@laocai.example>\r\nFrom: =?UTF-8?B?VHLhu7Fj?= <oncall@laocai.example>\r\n"               \
	"In-Reply-To: <open.i.oncall.tag@laocai.example>\r\n"

static struct reply read_text(const char *text)
{
	struct reply r;

	assert_int_equal(reply_read((const uint8_t *)text, strlen(text), &r), 0);
	return r;
}

/* The body as plain UTF-8. */
static bool says(const char *body)
{
	char text[4096];

	snprintf(text, sizeof(text), HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\n%s", body);
	return read_text(text).word;
}

static void the_word_in_all_its_forms(void **state)
{
	static const char *const good[] = {"NHẬN", "nhận", "Nhận.", "NHAN", "nhan\r\n", "ACK", "ack", "Ack!",
	        "NHẬN: tôi đang tới", "  NHẬN", "\r\n\r\nACK\r\n", "*NHẬN*", "\"ACK\"", "NHA\xcc\xa3\xcc\x82N",
	        "NHA\xcc\x82\xcc\xa3N", "NH\xc3\x82\xcc\xa3N", "NH\xe1\xba\xa0\xcc\x82N", "\xef\xbb\xbfNHẬN",
	        "\xc2\xa0NHẬN", "nhẬn rồi nhé", "> cũ\n> nữa\n\nNHẬN",
	        "Vào lúc 07:42, Sẵn Sàng đã viết:\n> [MẤT KÊNH]\n> x\n\nNHẬN\n",
	        "On Tue, 1 Jul 2025 at 07:42,\nSẵn Sàng <s@x> wrote:\n\n> a\nACK",
	        "ACK\nOn Tue, 1 Jul 2025 Sẵn Sàng <s@x> wrote:\n> a", "ACK\n\nVào T3 đã viết:\n> a"};
	static const char *const bad[] = {"", "Đã nhận", "nhân", "Nhân ơi xem giúp", "nhẫn", "nhấn", "ACKNOWLEDGED",
	        "ack2", "nhận1", "không", "> NHẬN", "  > ACK", "Tôi chưa NHẬN", "ok\nNHẬN",
	        "Nhan Tran <n@x> wrote:\n> a", "Nhan Tran đã viết:\n> NHẬN\n", "NHAÀN", "NH ẬN", "N.H.A.N", "nhậnn",
	        "\xff\xfe", "NHA^.N", "nha.^n"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!says(good[i]))
			fail_msg("\"%s\" is the word", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (says(bad[i]))
			fail_msg("\"%s\" is not the word", bad[i]);
}

static void what_stands_behind_it(void **state)
{
	char text[2048] = HEAD "\r\nNHẬN, ";
	struct reply r = read_text(HEAD "\r\nNHẬN - tôi\tđang tới Pha Long\r\nngay\r\n");

	(void)state;
	assert_string_equal(r.text, "tôi đang tới Pha Long");
	for (int i = 0; i < 300; i++)
		strcat(text, "ậ");
	r = read_text(text);
	assert_true(r.word);
	assert_int_equal(strlen(r.text), 255); /* 85 letters of three bytes, none cut */
	assert_string_equal(read_text(HEAD "\r\nxin chào\r\n").text, "");
}

static void encodings(void **state)
{
	static const struct {
		const char *head, *body;
	} cases[] = {
	        {"Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n",
	                "NH=E1=BA=ACN=\r\n t=C3=B4i"},
	        {"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n",
	                "TkjhuqxODQo=\r\n"},
	        {"Content-Type: text/plain; charset=windows-1258\r\nContent-Transfer-Encoding: 8bit\r\n",
	                "NH\xc2\xf2N"},
	        {"Content-Type: text/plain; charset=windows-1258\r\nContent-Transfer-Encoding: quoted-printable\r\n",
	                "nh=E2=F2n"},
	        {"Content-Type: text/plain;\r\n charset=iso-8859-1\r\n", "ACK \xe9"},
	        {"Content-Type: TEXT/PLAIN; format=flowed; charset=us-ascii\r\n", "ack"},
	        {"", "nhan"},
	        {"Content-Type: multipart/alternative; boundary=\"b=1\"\r\n",
	                "preamble ACK?\r\n--b=1\r\nContent-Type: text/plain; "
	                "charset=utf-8\r\n\r\nNHẬN\r\n--b=1\r\nContent-Type: "
	                "text/html\r\n\r\n<p>no</p>\r\n--b=1--\r\n"},
	        {"Content-Type: multipart/mixed; boundary=outer\r\n",
	                "--outer\r\nContent-Type: multipart/alternative; "
	                "boundary=inner\r\n\r\n--inner\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n"
	                "--inner\r\nContent-Type: text/plain\r\n\r\nACK\r\n--inner--\r\n--outer\r\nContent-Type: "
	                "image/png\r\n\r\nNHAN\r\n--outer--\r\n"},
	        {"Content-Type: multipart/mixed; boundary=cut\r\n",
	                "--cut\r\nContent-Type: text/plain\r\n\r\nACK and the rest was cut off"},
	        {"Content-Type: text/html; charset=utf-8\r\n",
	                "<html><head><title>x</title><style>p{color:red}</style></head><body><div>Nh&#7853;n&nbsp;nhé</"
	                "div><br><blockquote>ACK</blockquote>"},
	        {"Content-Type: text/html; charset=utf-8\r\n",
	                "<div>On Tue Sẵn Sàng wrote:<blockquote>a</blockquote></div><div>ACK</div>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = NULL;

		assert_true(asprintf(&text, "%s%s\r\n%s", HEAD, cases[i].head, cases[i].body) > 0);
		if (!read_text(text).word)
			fail_msg("case %zu is the word", i);
		free(text);
	}
	assert_false(read_text(HEAD "Content-Type: text/html\r\n\r\n<blockquote>ACK</blockquote>").word);
	assert_false(read_text(HEAD "Content-Type: application/pdf\r\n\r\nACK").word);
	assert_false(read_text(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Disposition: "
	                            "attachment\r\n\r\nACK\r\n--a--\r\n")
	                     .word);
}

static void who_and_what(void **state)
{
	static const struct {
		const char *value, *address;
	} cases[] = {{"a@b.example", "a@b.example"}, {" <a@b.example>", "a@b.example"},
	        {"\"chief@laocai.example\" <evil@x>", "evil@x"}, {"chief@laocai.example <evil@x>", "evil@x"},
	        {"\"a, b\" <a@b>", "a@b"}, {"a@b, c@d", ""}, {"<a@b> <c@d>", ""}, {"a@b (c@d)", "a@b"},
	        {"\"x\\\" <c@d>\" <a@b>", "a@b"}, {"(<c@d>) a@b", "a@b"}, {"nobody", ""}, {"", ""}, {"<a@b", ""},
	        {"\"a@b", ""}, {"a@b@c", ""}, {"group: a@b;", ""}, {"<\xc3\xa2@b>", ""},
	        {"A@B.Example", "A@B.Example"}};
	struct reply r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];

		snprintf(text, sizeof(text), "From:%s%s\r\n\r\nACK", *cases[i].value == ' ' ? "" : " ", cases[i].value);
		r = read_text(text);
		if (strcmp(r.from, cases[i].address))
			fail_msg("From %s: \"%s\"", cases[i].value, r.from);
	}
	assert_string_equal(read_text("From: a@b\r\nFrom: c@d\r\n\r\nACK").from, "");
	r = read_text("References: <one@x>\r\n <two@x>\r\nFrom: a@b\r\nIn-Reply-To:\r\n <three@x> (yes)\r\n\r\nACK");
	assert_int_equal(r.id_count, 3);
	assert_string_equal(r.ids[0], "three@x");
	assert_string_equal(r.ids[2], "two@x");
}

static void machines_do_not_acknowledge(void **state)
{
	static const char *const automatic[] = {"Auto-Submitted: auto-replied\r\n",
	        "Auto-Submitted: auto-generated (vacation)\r\n", "Precedence: bulk\r\n", "precedence: AUTO_REPLY\r\n",
	        "X-Autoreply: yes\r\n", "X-Autorespond: OOO\r\n", "Return-Path: <>\r\n", "List-Id: <l.x>\r\n",
	        "Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n"};
	static const char *const people[] = {"Auto-Submitted: no\r\n", "Precedence: normal\r\n",
	        "X-Mailer: Precedence: bulk\r\n", "Return-Path: <a@b>\r\n", "Subject: Auto-Submitted: yes\r\n"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(automatic) / sizeof(*automatic); i++) {
		snprintf(text, sizeof(text), "%sFrom: a@b\r\n\r\nACK", automatic[i]);
		if (!read_text(text).automatic)
			fail_msg("%s", automatic[i]);
	}
	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++) {
		snprintf(text, sizeof(text), "%sFrom: a@b\r\n\r\nACK", people[i]);
		if (read_text(text).automatic)
			fail_msg("%s", people[i]);
	}
}

static void damage(void **state)
{
	struct reply r;
	char *deep = NULL;
	size_t n;
	FILE *f = open_memstream(&deep, &n);

	(void)state;
	assert_int_equal(reply_read((const uint8_t *)"", 0, &r), -EBADMSG);
	assert_int_equal(reply_read((const uint8_t *)"\r\n\r\nACK", 7, &r), -EBADMSG);
	assert_false(r.word && *r.from);
	for (int i = 0; i < 2000; i++)
		fprintf(f, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	fprintf(f, "Content-Type: text/plain\n\nACK");
	fclose(f);
	assert_int_equal(reply_read((const uint8_t *)deep, n, &r), 0);
	assert_false(r.word);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_word_in_all_its_forms),
	        cmocka_unit_test(what_stands_behind_it),
	        cmocka_unit_test(encodings),
	        cmocka_unit_test(who_and_what),
	        cmocka_unit_test(machines_do_not_acknowledge),
	        cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
