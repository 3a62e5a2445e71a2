/*
 * witness: an agent's process that tells by mail, with mail settings of its own, when the collector falls silent, and when it is back.
 *
 * A binary of its own, started by the agent's supervisor only where `witness:` is set, so that no other agent carries a mail library.
 * The agent tells it what it hears (TALK_HEARD, agent/talk.h); watchman.h decides; what was told is kept in
 * <state_dir>/witness/told.json, written after each mail that the server took, before anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/talk.h"
#include "agent/witness/notice.h"
#include "agent/witness/rules.h"
#include "agent/witness/watchman.h"
#include "common/channel.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mail/mail.h"
#include "common/mail/mime.h"
#include "common/mail/password.h"
#include "common/mail/smtp.h"
#include "common/memory.h"
#include "common/process.h"

#define RETRY_FIRST_MS 15000
#define RETRY_MOST_MS 120000

struct witness {
	const struct agent_config *config;
	struct process *self;
	uv_loop_t loop;
	uv_timer_t timer;
	struct channel *agent;
	struct smtp *smtp;
	struct watchman watchman;
	char *memory; /* path of told.json */
	char site[METRIC_INSTANCE_MAX], why[200];
	struct buf letter; /* on its way */
	bool sending;
	unsigned to;
	enum watchman_mail mail;
	int64_t retry_ms, hold_until_ms; /* the mail server was away; the loop's time */
};

/* ---- memory ---- */

static void memory_write(struct witness *w)
{
	json_t *o = watchman_json(&w->watchman, w->config->witness.to.items);
	char *text = json_dumps(o, JSON_INDENT(1)), *fresh = mem_printf("%s.new", w->memory);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !fsync(fd);

	if (fd >= 0)
		close(fd);
	if (!good || rename(fresh, w->memory))
		log_error("%s: %s", w->memory, strerror(errno));
	free(fresh);
	free(text);
	json_decref(o);
}

static void memory_read(struct witness *w)
{
	json_error_t error;
	json_t *o = json_load_file(w->memory, 0, &error);

	if (!o && !access(w->memory, F_OK))
		log_warn("%s: %s; begun anew", w->memory, error.text);
	watchman_from_json(&w->watchman, o, w->config->witness.to.items, clock_wall_ms());
	json_decref(o);
}

/* ---- letters ---- */

static void look(struct witness *w);

static void on_timer(uv_timer_t *t)
{
	look(t->data);
}

static void look_in(struct witness *w, int64_t ms)
{
	uv_timer_start(&w->timer, on_timer, ms > 0 ? (uint64_t)ms : 1, 0);
}

static void on_done(enum smtp_result result, const char *answer, void *arg)
{
	struct witness *w = arg;
	const char *to = w->config->witness.to.items[w->to];

	w->sending = false;
	if (result == SMTP_SENT || result == SMTP_REFUSED) {
		watchman_sent(&w->watchman, w->to, w->mail);
		memory_write(w);
		w->retry_ms = 0;
		if (result == SMTP_SENT)
			log_info("%s told of the collector's %s", to, w->mail == WATCHMAN_BACK ? "return" : "silence");
		else
			log_error("%s cannot be told, the mail server refuses: %s", to, answer);
	} else {
		w->retry_ms = w->retry_ms ? w->retry_ms * 2 : RETRY_FIRST_MS;
		if (w->retry_ms > RETRY_MOST_MS)
			w->retry_ms = RETRY_MOST_MS;
		w->hold_until_ms = (int64_t)uv_now(&w->loop) + w->retry_ms;
		log_warn("mail to %s: %s; again in %lld s", to, answer, (long long)w->retry_ms / 1000);
	}
	look_in(w, 0);
}

/* The silence began then: the same Message-ID however often it is tried. */
static void message_id(const struct witness *w, enum watchman_mail mail, struct buf *out)
{
	char *text = mem_printf("witness.%s.%s.%lld.%u", w->config->node, mail == WATCHMAN_BACK ? "back" : "silent",
	        (long long)w->watchman.lost_at, w->to);

	mime_message_id(out, text, w->config->witness.from);
	buf_put_u8(out, 0);
	free(text);
}

static void letter_build(struct witness *w)
{
	const struct agent_config *c = w->config;
	struct notice_facts f = {.mail = w->mail,
	        .language = c->witness.language,
	        .node = c->node,
	        .site = w->site,
	        .collector = c->collectors.items[0],
	        .why = w->why,
	        .lost_at = w->watchman.lost_at,
	        .back_at = w->watchman.heard_at,
	        .now = clock_wall_ms(),
	        .unsure = w->watchman.unsure};
	struct buf subject = {0}, text = {0}, html = {0}, id = {0}, first = {0};

	notice_subject(&f, &subject);
	notice_text(&f, &text);
	notice_html((char *)subject.data, (char *)text.data, f.language, &html);
	message_id(w, w->mail, &id);
	message_id(w, WATCHMAN_SILENT, &first);
	struct mail m = {.from = c->witness.from,
	        .from_name = "Sẵn Sàng",
	        .to = c->witness.to.items[w->to],
	        .subject = (char *)subject.data,
	        .message_id = (char *)id.data,
	        .in_reply_to = w->mail == WATCHMAN_BACK ? (char *)first.data : NULL,
	        .incident = "collector.witness",
	        .language = f.language,
	        .date_ms = f.now,
	        .text = (char *)text.data,
	        .html = (char *)html.data};
	buf_reset(&w->letter);
	if (mail_build(&m, &w->letter))
		log_error("witness: %s or %s is no mail address", m.from, m.to);
	buf_free(&subject);
	buf_free(&text);
	buf_free(&html);
	buf_free(&id);
	buf_free(&first);
}

static void look(struct witness *w)
{
	int64_t now = clock_wall_ms(), hold = w->hold_until_ms - (int64_t)uv_now(&w->loop);
	bool owed = !w->sending && watchman_owed(&w->watchman, now, &w->to, &w->mail);
	int64_t wake = watchman_wake_at(&w->watchman, now);

	if (w->sending)
		return;
	if (owed && hold > 0) {
		look_in(w, hold);
	} else if (owed) {
		letter_build(w);
		w->sending = !smtp_send(w->smtp, w->config->witness.from, w->config->witness.to.items[w->to],
		        w->letter.data, w->letter.len, on_done, w);
		if (!w->sending)
			look_in(w, RETRY_FIRST_MS);
	} else if (wake >= 0) {
		look_in(w, wake - now + 50);
	} else {
		memory_write(w); /* all that there was to do is done */
	}
}

/* ---- what the agent hears ---- */

static void on_heard(struct witness *w, struct cursor *payload)
{
	bool alive = cursor_u8(payload), was_known = w->watchman.known, was_silent = w->watchman.lost_at != 0;
	uint8_t way = cursor_u8(payload);
	char site[sizeof(w->site)], why[sizeof(w->why)];
	int64_t now = clock_wall_ms();

	cursor_str(payload, site, sizeof(site));
	cursor_str(payload, why, sizeof(why));
	if (payload->failed || way > WAY_DOWN)
		return;
	memcpy(w->site, site, sizeof(site));
	memcpy(w->why, why, sizeof(why));
	watchman_way(&w->watchman, (enum watchman_way)way, now);
	if (alive)
		watchman_connected(&w->watchman, now);
	else if (w->watchman.known)
		watchman_lost(&w->watchman, now);
	/* so that a restart in the midst of it knows */
	if (was_known != w->watchman.known || was_silent != (w->watchman.lost_at != 0))
		memory_write(w);
	look(w);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	(void)ch, (void)id;
	if (kind == TALK_HEARD)
		on_heard(arg, payload);
}

static void on_close(struct channel *ch, void *arg)
{
	struct witness *w = arg;

	if (w->agent == ch)
		w->agent = NULL;
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_close};
	struct witness *w = arg;

	(void)peer, (void)index;
	w->agent = channel_open(&w->loop, fd, &handlers, w);
}

/* ---- starting and stopping ---- */

static void on_stop(void *arg)
{
	struct witness *w = arg;

	if (uv_is_closing((uv_handle_t *)&w->timer))
		return;
	uv_close((uv_handle_t *)&w->timer, NULL);
	smtp_close(w->smtp);
	if (w->agent)
		channel_close(w->agent);
	process_close(w->self);
}

static int witness_open(struct witness *w)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	const struct agent_config *c = w->config;
	char password[512] = "";
	struct smtp_options options = {.server = c->witness.server, .user = c->witness.user, .tls = c->witness.tls};
	int status = 0;

	if (c->witness.password_file) {
		status = password_read(
		        "witness.mail.password_file", c->witness.password_file, password, sizeof(password));
		options.password = password;
	}
	tzset();
	uv_loop_init(&w->loop);
	status = status ? status : smtp_open(&w->smtp, &w->loop, &options);
	explicit_bzero(password, sizeof(password));
	status = status ? status : rules_enter_witness(c);
	if (status)
		return status;
	w->memory = mem_printf("%s/witness/told.json", c->state_dir);
	w->watchman.after_ms = c->witness.after_ms;
	w->watchman.to_count = (unsigned)c->witness.to.count;
	memory_read(w);
	uv_timer_init(&w->loop, &w->timer);
	w->timer.data = w;
	process_listen(w->self, &w->loop, &events, w);
	process_ready(w->self);
	look(w);
	return 0;
}

static int witness_run(struct process *self, void *arg)
{
	struct witness w = {.config = arg, .self = self};

	if (witness_open(&w))
		return 1;
	uv_run(&w.loop, UV_RUN_DEFAULT);
	uv_loop_close(&w.loop);
	smtp_free(w.smtp);
	buf_free(&w.letter);
	free(w.memory);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct process_role roles[] = {{"witness", witness_run, 1, NULL}, {NULL, NULL, 0, NULL}};
	static const struct process_link links[] = {{NULL, NULL}};
	struct agent_config config = {0};
	struct conf_errors errors = {0};
	struct process_table table = {.roles = roles, .links = links, .argv = argv, .arg = &config};
	const char *file = NULL, *role = NULL;
	int status;

	log_open("witness", LOG_LEVEL_INFO);
	for (int i = 1; i + 1 < argc; i++) {
		file = !strcmp(argv[i], "--config") ? argv[i + 1] : file;
		role = !strcmp(argv[i], "--role") ? argv[i + 1] : role;
	}
	if (!file || !role) {
		fputs("sansang-witness is started by sansang-agent where agent.yaml has `witness:`\n", stderr);
		return 2;
	}
	if (agent_config_load(file, &config, &errors)) {
		conf_errors_print(&errors);
		conf_errors_free(&errors);
		return 1;
	}
	status = config.witness.server ? process_main(&table, role) : 1;
	agent_config_free(&config);
	return status;
}
