#include "collector/tell/deliver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/letter.h"
#include "collector/tell/list_letter.h"
#include "common/mail/mail.h"
#include "common/mail/mime.h"
#include "common/mail/password.h"
#include "collector/tell/picture.h"
#include "collector/tell/route.h"
#include "collector/tell/thread.h"
#include "common/mail/smtp.h"
#include "collector/tell/words.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

struct deliver {
	const struct collector_config *config;
	const struct inventory *inventory;
	struct zone *zone;
	struct outbox *outbox;
	struct picture *picture;
	struct smtp *smtp;
	uv_timer_t timer;
	uint8_t key[ACKMARK_KEY_BYTES];
	bool busy, closing, keyed;
	int64_t away_ms, away_until; /* back-off while the server is away; boot clock */
	void (*on_sent)(void *arg);
	void *arg;
	/* the mail in hand, while busy */
	struct outbox_row row;
	json_t *incident;
	struct buf data;
	bool late;
};

static void on_timer(uv_timer_t *timer)
{
	deliver_kick(timer->data);
}

static void timer_arm(struct deliver *d, int64_t wait_ms)
{
	if (!d->closing)
		uv_timer_start(&d->timer, on_timer, (uint64_t)(wait_ms > 10 ? wait_ms : 10), 0);
}

static void hand_clear(struct deliver *d)
{
	outbox_row_clear(&d->row);
	json_decref(d->incident);
	d->incident = NULL;
	buf_reset(&d->data);
	d->busy = false;
}

static void row_fail(struct deliver *d, const char *why)
{
	log_error("mail %s of %s to %s: %s", d->row.kind, d->row.incident, d->row.contact, why);
	outbox_fail(d->outbox, d->row.id, why);
	hand_clear(d);
	timer_arm(d, 0);
}

/* ---- after the server's word ---- */

static void server_away(struct deliver *d, const char *answer)
{
	d->away_ms = d->away_ms ? d->away_ms * 2 : DELIVER_FIRST_MS;
	if (d->away_ms > DELIVER_MOST_MS)
		d->away_ms = DELIVER_MOST_MS;
	else
		log_warn("mail waits: %s: %s", d->config->mail.server, answer);
	d->away_until = clock_boot_ms() + d->away_ms;
	outbox_retry(d->outbox, d->row.id, 0, answer);
	timer_arm(d, d->away_ms);
}

/* The others go on: only later mails to the same person wait for this one. */
static void row_later(struct deliver *d, const char *answer, int64_t most_ms)
{
	int64_t wait_ms = DELIVER_LATER_MS << (d->row.attempts < 7 ? d->row.attempts - 1 : 6);

	if (wait_ms > most_ms)
		wait_ms = most_ms;

	log_warn("mail %s to %s again in %lld s: %s", d->row.incident, d->row.contact, (long long)wait_ms / 1000,
	        answer);
	outbox_retry(d->outbox, d->row.id, clock_wall_ms() + wait_ms, answer);
	timer_arm(d, 0);
}

static void on_sent(enum smtp_result result, const char *answer, void *arg)
{
	struct deliver *d = arg;

	/* before anything else: see outbox.h */
	if (result == SMTP_SENT && outbox_sent(d->outbox, d->row.id, clock_wall_ms(), d->late) == 0) {
		log_info("mail %s of %s to %s is sent", d->row.kind, d->row.incident, d->row.contact);
		d->away_ms = d->away_until = 0;
		hand_clear(d);
		d->on_sent(d->arg);
		timer_arm(d, 0);
		return;
	}
	if (result == SMTP_REFUSED) {
		d->away_ms = 0;
		row_fail(d, answer);
		return;
	}
	if (result == SMTP_LATER)
		row_later(d, answer, DELIVER_LATER_MOST_MS);
	else if (result == SMTP_STALLED)
		row_later(d, answer, DELIVER_MOST_MS);
	else
		server_away(d, answer);
	hand_clear(d);
}

/* ---- before it ---- */

static int mail_make(struct deliver *d, const struct contact *to, const struct letter *l, const struct thread *thread,
        const uint8_t *png, size_t len)
{
	struct buf text = {0}, html = {0};
	char *sender = mem_printf("%s %s", word_in(WORD_SENDER, l->page.language), d->inventory->name);
	struct mail m;
	int status;

	page_text(&l->page, &text);
	page_html(&l->page, &html);
	m = (struct mail){.from = d->config->mail.from,
	        .from_name = sender,
	        .to = to->mail,
	        .to_name = to->name,
	        .subject = l->subject,
	        .message_id = (const char *)thread->own.data,
	        .in_reply_to = thread->opening.len ? (const char *)thread->opening.data : NULL,
	        .incident = d->row.incident,
	        .language = l->page.language,
	        .date_ms = clock_wall_ms(),
	        .text = (char *)text.data,
	        .html = (char *)html.data,
	        .png = png,
	        .png_len = len};
	status = mail_build(&m, &d->data);
	buf_free(&text);
	buf_free(&html);
	free(sender);
	return status;
}

static struct letter_facts facts_of(const struct deliver *d, const struct contact *to)
{
	return (struct letter_facts){.incident = d->incident,
	        .kind = d->row.kind,
	        .inventory = d->inventory,
	        .language = to->language == LANGUAGE_EN ? "en" : "vi",
	        .web_url = d->config->web.url,
	        .replies = d->config->mail.inbox.server != NULL,
	        .zone = d->zone,
	        .now_ms = d->row.created_at,
	        .late = d->late};
}

static void on_picture(const uint8_t *png, size_t len, void *arg)
{
	struct deliver *d = arg;
	const struct contact *to = route_contact(d->inventory, d->row.contact);
	struct letter_facts facts;
	struct thread thread;
	struct letter l;
	int status;

	if (!to || !to->mail) { /* a reload while render was drawing */
		row_fail(d, "the contact is gone");
		return;
	}
	facts = facts_of(d, to);
	facts.picture = png != NULL;
	thread_make(d->outbox, d->key, &d->row, d->config->mail.from, &thread);
	facts.mark = thread.link;
	if (list_letter_is(facts.kind))
		list_letter_write(&facts, &l);
	else
		letter_write(&facts, &l);
	status = mail_make(d, to, &l, &thread, png, len);
	letter_free(&l);
	thread_free(&thread);
	if (!status)
		status = smtp_send(d->smtp, d->config->mail.from, to->mail, d->data.data, d->data.len, on_sent, d);
	if (status)
		row_fail(d, status == -EINVAL ? "mail.from or the contact's address is none" : strerror(-status));
}

static void row_begin(struct deliver *d)
{
	const struct contact *to = route_contact(d->inventory, d->row.contact);
	int64_t now = clock_wall_ms();
	struct letter_facts facts;
	char *question;

	d->busy = true;
	d->incident = json_loads(d->row.body, 0, NULL);
	d->late = now - d->row.created_at > DELIVER_LATE_MS;
	if (!to || !to->mail || !d->incident) {
		row_fail(d, to ? "its record cannot be read" : "the contact is gone");
		return;
	}
	if (now - d->row.created_at > DELIVER_GIVE_UP_MS) {
		row_fail(d, "given up: the mail server took nothing for days");
		return;
	}
	facts = facts_of(d, to);
	question = list_letter_is(d->row.kind) ? NULL : letter_graph(&facts, now);
	picture_ask(d->picture, question, on_picture, d);
	free(question);
}

void deliver_kick(struct deliver *d)
{
	int64_t due_at, now = clock_boot_ms();

	if (d->busy || d->closing || !d->keyed || !d->inventory || !d->config->mail.server)
		return;
	if (d->away_until > now) {
		timer_arm(d, d->away_until - now);
		return;
	}
	switch (outbox_next(d->outbox, clock_wall_ms(), &d->row, &due_at)) {
	case 1:
		row_begin(d);
		break;
	case 0:
		if (due_at >= 0)
			timer_arm(d, due_at - clock_wall_ms());
		break;
	default:
		timer_arm(d, DELIVER_MOST_MS); /* the disk: logged by the outbox */
	}
}

/* ---- life ---- */

int deliver_open(struct deliver **out, uv_loop_t *loop, const struct collector_config *config, struct outbox *o,
        void (*when_sent)(void *arg), void *arg)
{
	struct deliver *d = mem_alloc(sizeof(*d));
	char password[512] = "";
	struct smtp_options options = {.server = config->mail.server,
	        .user = config->mail.user,
	        .tls = config->mail.tls,
	        .patience_ms = DELIVER_PATIENCE_MS};
	int status = 0;

	*out = NULL;
	if (config->mail.password_file) {
		status = password_read("mail.password_file", config->mail.password_file, password, sizeof(password));
		options.password = password;
	}
	if (!status)
		status = zone_load(config->timezone, &d->zone);
	if (!status)
		status = smtp_open(&d->smtp, loop, &options);
	explicit_bzero(password, sizeof(password));
	if (status) {
		zone_free(d->zone);
		free(d);
		return status;
	}
	d->config = config;
	d->outbox = o;
	d->on_sent = when_sent;
	d->arg = arg;
	d->picture = picture_open(loop);
	uv_timer_init(loop, &d->timer);
	d->timer.data = d;
	*out = d;
	return 0;
}

void deliver_set_inventory(struct deliver *d, const struct inventory *inv)
{
	d->inventory = inv;
}

void deliver_set_key(struct deliver *d, const uint8_t key[ACKMARK_KEY_BYTES])
{
	memcpy(d->key, key, sizeof(d->key));
	d->keyed = true;
}

void deliver_set_render(struct deliver *d, struct channel *render)
{
	picture_set_render(d->picture, render);
}

void deliver_close(struct deliver *d)
{
	d->closing = true;
	smtp_close(d->smtp);
	picture_close(d->picture);
	uv_close((uv_handle_t *)&d->timer, NULL);
}

void deliver_free(struct deliver *d)
{
	if (!d)
		return;
	hand_clear(d);
	buf_free(&d->data);
	smtp_free(d->smtp);
	picture_free(d->picture);
	explicit_bzero(d->key, sizeof(d->key));
	zone_free(d->zone);
	free(d);
}
