/* From outbox rows to a real SMTP server, with a render of our own at the end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "collector/tell/deliver.h"
#undef DELIVER_PATIENCE_MS
#define DELIVER_PATIENCE_MS 1500 /* a stall is waited out */
#include "collector/tell/deliver.c"
#include "collector/message.h"
#include "tests/unit/collector/tell/province.h"
#include "tests/unit/collector/tell/smtpd.h"

struct post {
	struct smtpd server;
	struct collector_config config;
	uv_loop_t loop;
	char path[128];
	struct outbox *o;
	struct inventory *inv;
	struct deliver *d;
	struct channel *near, *far;
	int sent, drawn, widths[8];
	size_t large; /* the bytes of the next picture; each is 10 KB smaller */
};

static void on_question(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	static const uint8_t png[] = "\x89PNG\r\n\x1a\n a picture";
	struct post *p = arg;
	struct buf b = {0};
	json_t *o = json_loadb((const char *)payload->data + payload->at, cursor_left(payload), 0, NULL);

	assert_int_equal(kind, MESSAGE_GRAPH);
	assert_string_equal(json_string_value(json_object_get(o, "format")), "png");
	p->widths[p->drawn % 8] = (int)json_integer_value(json_object_get(o, "width"));
	json_decref(o);
	p->drawn++;
	buf_put_svarint(&b, 0);
	if (p->large) {
		uint8_t *much = mem_alloc(p->large);

		memcpy(much, png, 8);
		buf_put_blob(&b, much, p->large);
		p->large -= 10 * 1024;
		free(much);
	} else {
		buf_put_blob(&b, png, sizeof(png));
	}
	channel_reply(ch, kind, id, b.data, b.len);
	buf_free(&b);
}

static void on_gone(struct channel *ch, void *arg)
{
	(void)ch;
	(void)arg;
}

static void when_sent(void *arg)
{
	((struct post *)arg)->sent++;
}

static void deliver_start(struct post *p, bool render)
{
	static const struct channel_handlers handlers = {.on_message = on_question, .on_close = on_gone};
	int pair[2];

	uv_loop_init(&p->loop);
	assert_int_equal(outbox_open(&p->o, p->path), 0);
	assert_int_equal(deliver_open(&p->d, &p->loop, &p->config, p->o, when_sent, p), 0);
	deliver_set_inventory(p->d, p->inv);
	deliver_set_key(p->d, (const uint8_t *)"a key of exactly thirty-two by.");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	p->near = channel_open(&p->loop, pair[0], &handlers, p);
	p->far = channel_open(&p->loop, pair[1], &handlers, p);
	deliver_set_render(p->d, render ? p->near : NULL);
}

static void deliver_end(struct post *p)
{
	deliver_close(p->d);
	channel_close(p->near);
	channel_close(p->far);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&p->loop), 0);
	deliver_free(p->d);
	outbox_close(p->o);
}

static int post_open(void **state)
{
	struct post *p = mem_alloc(sizeof(*p));

	smtpd_prepare(&p->server);
	p->config.mail.server = p->server.url;
	p->config.mail.from = (char *)"sansang@laocai.example";
	p->config.mail.tls = MAIL_TLS_OFF;
	snprintf(p->path, sizeof(p->path), "%s.db", p->server.dir);
	p->inv = province_load();
	assert_non_null(p->inv);
	*state = p;
	return 0;
}

static int post_close(void **state)
{
	struct post *p = *state;

	smtpd_clear(&p->server);
	unlink(p->path);
	inventory_free(p->inv);
	free(p);
	return 0;
}

static void owe(struct post *p, const char *kind, const char *contact, int64_t created_at)
{
	json_t *incident = incident_line(clock_wall_ms() - 60000, letter_is_recovery(kind));
	char *body = json_dumps(incident, 0);

	assert_int_equal(outbox_begin(p->o), 0);
	assert_int_equal(outbox_put(p->o, "i1", kind, contact, created_at, body), 1);
	assert_int_equal(outbox_commit(p->o, outbox_cursor(p->o) + 1), 0);
	free(body);
	json_decref(incident);
}

/* Until that many were sent or failed. */
static void run_until(struct post *p, int done)
{
	deliver_kick(p->d);
	while (p->sent + outbox_figures(p->o).failed < done)
		uv_run(&p->loop, UV_RUN_ONCE);
}

static void has(const struct post *p, int n, const char *text, bool wanted)
{
	char *mail = smtpd_mail(&p->server, n);

	assert_non_null(mail);
	if ((strstr(mail, text) != NULL) != wanted)
		fail_msg("mail %d %s \"%s\":\n%.900s", n, wanted ? "has no" : "has", text, mail);
	free(mail);
}

static char *header_of(const struct post *p, int n, const char *name)
{
	char *mail = smtpd_mail(&p->server, n), *at = mail ? strstr(mail, name) : NULL, *value = NULL;

	if (at) {
		at += strlen(name) + 2;
		value = mem_strn(at, strcspn(at, "\r\n"));
	}
	free(mail);
	return value;
}

/* Its References name the other's Message-ID, tag and all. */
static void answers(const struct post *p, int n, int opening)
{
	char *reference = header_of(p, n, "References"), *id = header_of(p, opening, "Message-ID");

	assert_string_equal(reference, id);
	free(reference);
	free(id);
}

static void an_incident_is_a_thread(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, NULL, NULL);
	deliver_start(p, true);
	owe(p, "open", "oncall", clock_wall_ms());
	owe(p, "open", "chief", clock_wall_ms());
	owe(p, "resolve", "oncall", clock_wall_ms());
	run_until(p, 3);
	has(p, 1, "X-RcptTo: oncall@laocai.example", true);
	has(p, 1, "Message-ID: <open.i1.oncall.", true);
	has(p, 1, "In-Reply-To", false);
	has(p, 1, "Content-Type: image/png", true);
	has(p, 1, "Content-Language: vi", true);
	has(p, 2, "X-RcptTo: chief@laocai.example", true);
	has(p, 2, "Content-Language: en", true);
	has(p, 3, "Message-ID: <resolve.i1.oncall.", true);
	answers(p, 3, 1);
	assert_null(smtpd_mail(&p->server, 4));
	assert_int_equal(p->drawn, 3);
	assert_int_equal(outbox_figures(p->o).sent, 3);
	deliver_end(p);
}

static void a_picture_too_large_is_drawn_smaller(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, NULL, NULL);
	deliver_start(p, true);
	p->large = PICTURE_BYTES_MAX + 8 * 1024;
	owe(p, "open", "oncall", clock_wall_ms());
	run_until(p, 1);
	has(p, 1, "Content-Type: image/png", true);
	assert_int_equal(p->drawn, 2);
	assert_true(p->widths[0] > p->widths[1]);
	p->large = 10 * PICTURE_BYTES_MAX;
	owe(p, "open", "chief", clock_wall_ms());
	run_until(p, 2);
	has(p, 2, "image/png", false);
	assert_int_equal(p->drawn, 5);
	deliver_end(p);
}

/* The server takes the mail of one person and thinks about the other's for ever. */
static void a_stall_over_one_holds_up_nobody_else(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, "--stall=600", "--stall-for=oncall@laocai.example");
	deliver_start(p, false);
	owe(p, "open", "oncall", clock_wall_ms());
	owe(p, "open", "chief", clock_wall_ms());
	run_until(p, 1);
	has(p, 1, "X-RcptTo: chief@laocai.example", true);
	assert_int_equal(outbox_figures(p->o).queued, 1);
	assert_int_equal(outbox_figures(p->o).failed, 0);
	deliver_end(p);
}

static void without_key_nothing_is_sent(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, NULL, NULL);
	deliver_start(p, false);
	p->d->keyed = false;
	owe(p, "open", "oncall", clock_wall_ms());
	deliver_kick(p->d);
	assert_false(p->d->busy);
	assert_int_equal(outbox_figures(p->o).queued, 1);
	deliver_end(p);
}

static void without_render_it_goes_all_the_same(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, NULL, NULL);
	deliver_start(p, false);
	owe(p, "open", "oncall", clock_wall_ms());
	run_until(p, 1);
	has(p, 1, "image/png", false);
	deliver_end(p);
}

static void mails_wait_for_the_server_in_order_and_say_late(void **state)
{
	struct post *p = *state;

	deliver_start(p, false);
	owe(p, "open", "oncall", clock_wall_ms() - DELIVER_LATE_MS - 1000);
	owe(p, "resolve", "oncall", clock_wall_ms());
	deliver_kick(p->d);
	while (!p->d->away_until)
		uv_run(&p->loop, UV_RUN_ONCE);
	assert_int_equal(outbox_figures(p->o).queued, 2);
	deliver_end(p);
	/* another process, and by now there is a server */
	smtpd_start(&p->server, NULL, NULL);
	deliver_start(p, false);
	run_until(p, 2);
	has(p, 1, "Message-ID: <open.", true);
	has(p, 2, "Message-ID: <resolve.", true);
	assert_int_equal(outbox_figures(p->o).late, 1);
	deliver_end(p);
}

static void a_refused_person_holds_nobody_up(void **state)
{
	struct post *p = *state;

	smtpd_start(&p->server, "--refuse=550", "--refuse-once");
	deliver_start(p, false);
	owe(p, "open", "oncall", clock_wall_ms());
	owe(p, "open", "chief", clock_wall_ms());
	owe(p, "open", "stranger", clock_wall_ms()); /* taken out of the inventory since */
	run_until(p, 3);
	has(p, 1, "X-RcptTo: chief@laocai.example", true);
	assert_int_equal(outbox_figures(p->o).failed, 2);
	assert_int_equal(outbox_figures(p->o).queued, 0);
	deliver_end(p);
}

/* The one window there is: the server took it, we died before we knew. The copy has the same name. */
static void killed_after_data_the_copy_has_the_same_name(void **state)
{
	struct post *p = *state;
	char *mail = NULL;
	pid_t pid;

	smtpd_start(&p->server, "--stall-data=1", NULL);
	assert_int_equal(outbox_open(&p->o, p->path), 0);
	owe(p, "open", "oncall", clock_wall_ms());
	outbox_close(p->o);
	pid = fork();
	if (!pid) {
		deliver_start(p, false);
		deliver_kick(p->d);
		for (;;)
			uv_run(&p->loop, UV_RUN_ONCE), p->d->row.attempts && p->sent ? _exit(0) : (void)0;
	}
	while (!mail) /* killed as soon as the server has it, or a little after: both must hold */
		mail = smtpd_mail(&p->server, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(mail);
	deliver_start(p, false);
	deliver_kick(p->d);
	while (!outbox_figures(p->o).sent)
		uv_run(&p->loop, UV_RUN_ONCE);
	has(p, 1, "Message-ID: <open.i1.oncall.", true);
	mail = smtpd_mail(&p->server, 2);
	if (mail)
		has(p, 2, "Message-ID: <open.i1.oncall.", true);
	free(mail);
	assert_null(smtpd_mail(&p->server, 3));
	deliver_end(p);
}

#define AT_THE_POST(f) cmocka_unit_test_setup_teardown(f, post_open, post_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        AT_THE_POST(an_incident_is_a_thread),
	        AT_THE_POST(without_render_it_goes_all_the_same),
	        AT_THE_POST(a_picture_too_large_is_drawn_smaller),
	        AT_THE_POST(a_stall_over_one_holds_up_nobody_else),
	        AT_THE_POST(without_key_nothing_is_sent),
	        AT_THE_POST(mails_wait_for_the_server_in_order_and_say_late),
	        AT_THE_POST(a_refused_person_holds_nobody_up),
	        AT_THE_POST(killed_after_data_the_copy_has_the_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
