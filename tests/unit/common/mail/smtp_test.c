#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/mail/smtp.c"
#include "tests/unit/collector/tell/smtpd.h"

static const char letter[] =
        "From: <a@lab.example>\r\nTo: <b@lab.example>\r\nSubject: test\r\n\r\n.a dot at the beginning\r\n";

struct line {
	struct smtpd server;
	const char *user, *password;
	uv_loop_t loop;
	struct smtp *smtp;
	int answers;
	enum smtp_result result;
	char answer[256];
};

static void on_result(enum smtp_result result, const char *answer, void *arg)
{
	struct line *l = arg;

	l->answers++;
	l->result = result;
	snprintf(l->answer, sizeof(l->answer), "%s", answer);
}

static void line_open(struct line *l, int tls, int64_t patience_ms)
{
	struct smtp_options o = {.server = l->server.url,
	        .tls = tls,
	        .patience_ms = patience_ms,
	        .user = l->user,
	        .password = l->password};

	uv_loop_init(&l->loop);
	l->answers = 0;
	assert_int_equal(smtp_open(&l->smtp, &l->loop, &o), 0);
}

static enum smtp_result line_send(struct line *l)
{
	int before = l->answers;

	assert_int_equal(smtp_send(l->smtp, "a@lab.example", "b@lab.example", (const uint8_t *)letter, strlen(letter),
	                         on_result, l),
	        0);
	assert_int_equal(smtp_send(l->smtp, "a@lab.example", "b@lab.example", NULL, 0, on_result, l), -EBUSY);
	while (l->answers == before)
		uv_run(&l->loop, UV_RUN_ONCE);
	assert_int_equal(l->answers, before + 1);
	return l->result;
}

static void line_close(struct line *l)
{
	smtp_close(l->smtp);
	uv_run(&l->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&l->loop), 0);
	smtp_free(l->smtp);
	smtpd_clear(&l->server);
}

static void letters_arrive_as_they_are(void **state)
{
	struct line l = {0};
	char *mail;

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, NULL, NULL);
	line_open(&l, MAIL_TLS_OFF, 20000);
	assert_int_equal(line_send(&l), SMTP_SENT);
	assert_int_equal(line_send(&l), SMTP_SENT);
	mail = smtpd_mail(&l.server, 2);
	assert_non_null(strstr(mail, "X-RcptTo: b@lab.example"));
	assert_non_null(strstr(mail, "\r\n\r\n.a dot at the beginning\r\n"));
	free(mail);
	line_close(&l);
}

static void nobody_there(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	line_open(&l, MAIL_TLS_OFF, 20000);
	assert_int_equal(line_send(&l), SMTP_AWAY);
	assert_true(*l.answer);
	smtpd_start(&l.server, NULL, NULL);
	assert_int_equal(line_send(&l), SMTP_SENT);
	line_close(&l);
}

static void required_tls_fails_closed(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, NULL, NULL);
	line_open(&l, MAIL_TLS_REQUIRED, 20000);
	assert_int_equal(line_send(&l), SMTP_AWAY);
	assert_null(smtpd_mail(&l.server, 1));
	line_close(&l);
}

static void opportunistic_tls_goes_without(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, NULL, NULL);
	line_open(&l, MAIL_TLS_OPPORTUNISTIC, 20000);
	assert_int_equal(line_send(&l), SMTP_SENT);
	line_close(&l);
}

static void logins_go_over_tls_only(void **state)
{
	struct line l = {.user = "sansang", .password = "mật khẩu có dấu"};
	char *mail;

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--tls", "--auth=sansang:mật khẩu có dấu");
	line_open(&l, MAIL_TLS_OPPORTUNISTIC, 20000);
	assert_int_equal(line_send(&l), SMTP_SENT);
	mail = smtpd_mail(&l.server, 1);
	assert_non_null(strstr(mail, "X-Tls: yes\r\nX-User: sansang\r\n"));
	free(mail);
	smtpd_stop(&l.server);
	smtpd_start(&l.server, NULL, NULL); /* somebody took STARTTLS away */
	assert_int_equal(line_send(&l), SMTP_AWAY);
	assert_null(smtpd_mail(&l.server, 2));
	line_close(&l);
}

static void a_wrong_password_stops_all_not_one(void **state)
{
	struct line l = {.user = "sansang", .password = "wrong"};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--tls", "--auth=sansang:right");
	line_open(&l, MAIL_TLS_OPPORTUNISTIC, 20000);
	assert_int_equal(line_send(&l), SMTP_AWAY);
	assert_non_null(strstr(l.answer, "535"));
	line_close(&l);
}

static void a_stranger_in_the_way_gets_nothing(void **state)
{
	struct line l = {.user = "sansang", .password = "right"};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--tls", "--auth=sansang:right");
	line_open(&l, MAIL_TLS_REQUIRED, 20000);
	assert_int_equal(line_send(&l), SMTP_AWAY); /* a certificate that nobody trusts */
	assert_null(smtpd_mail(&l.server, 1));
	line_close(&l);
}

static void refusals_are_told_apart(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--refuse=550", "--refuse-once");
	line_open(&l, MAIL_TLS_OFF, 20000);
	assert_int_equal(line_send(&l), SMTP_REFUSED);
	assert_string_equal(l.answer, "550 not here");
	assert_int_equal(line_send(&l), SMTP_SENT);
	smtpd_stop(&l.server);
	smtpd_start(&l.server, "--refuse=450", NULL);
	assert_int_equal(line_send(&l), SMTP_LATER);
	assert_string_equal(l.answer, "450 not here");
	line_close(&l);
}

static void a_silent_server_is_given_up(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--stall=30", NULL);
	line_open(&l, MAIL_TLS_OFF, 300);
	assert_int_equal(line_send(&l), SMTP_STALLED);
	line_close(&l);
}

static void closing_in_the_middle(void **state)
{
	struct line l = {0};

	(void)state;
	smtpd_prepare(&l.server);
	smtpd_start(&l.server, "--stall=30", NULL);
	line_open(&l, MAIL_TLS_OFF, 20000);
	assert_int_equal(smtp_send(l.smtp, "a@lab.example", "b@lab.example", (const uint8_t *)letter, strlen(letter),
	                         on_result, &l),
	        0);
	for (int i = 0; i < 3; i++)
		uv_run(&l.loop, UV_RUN_ONCE);
	line_close(&l);
	assert_int_equal(l.answers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(letters_arrive_as_they_are),
	        cmocka_unit_test(nobody_there),
	        cmocka_unit_test(required_tls_fails_closed),
	        cmocka_unit_test(opportunistic_tls_goes_without),
	        cmocka_unit_test(logins_go_over_tls_only),
	        cmocka_unit_test(a_wrong_password_stops_all_not_one),
	        cmocka_unit_test(a_stranger_in_the_way_gets_nothing),
	        cmocka_unit_test(refusals_are_told_apart),
	        cmocka_unit_test(a_silent_server_is_given_up),
	        cmocka_unit_test(closing_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
