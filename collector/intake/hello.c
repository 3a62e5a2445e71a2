#include "collector/intake/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

#define SOFTWARE_MAX 64
#define APPLIED_EVERY_MS 1000
#define TEXT_MAX 256
#define REFUSED_RETRY_S 30
#define REFUSED_SAID_MS 300000 /* a refused agent that knocks on is journalled this often */

struct answer {
	int64_t status;
	char text[TEXT_MAX];
	uint64_t acked_seq;
	bool renew;
	char config_version[24];
	const uint8_t *config; /* borrowed from the cursor */
	size_t config_len;
	ProtobufCBinaryData ca[INTAKE_CA_MAX]; /* borrowed from the cursor */
	size_t ca_count;
	uint32_t step_ms;
};

static int answer_read(struct cursor *c, struct answer *a)
{
	*a = (struct answer){.status = cursor_svarint(c)};
	cursor_str(c, a->text, sizeof(a->text));
	if (c->failed || a->status)
		return c->failed ? -EBADMSG : 0;
	a->acked_seq = cursor_u64(c);
	a->renew = cursor_u8(c);
	cursor_str(c, a->config_version, sizeof(a->config_version));
	a->config = cursor_blob(c, &a->config_len);
	uint64_t count = cursor_varint(c);
	for (uint64_t i = 0; i < count && !c->failed; i++) {
		ProtobufCBinaryData d;
		d.data = (uint8_t *)cursor_blob(c, &d.len);
		if (a->ca_count < INTAKE_CA_MAX)
			a->ca[a->ca_count++] = d;
	}
	a->step_ms = cursor_u32(c);
	return c->failed ? -EBADMSG : 0;
}

void hello_push_config(struct session *s, const char *version, const uint8_t *json, size_t len)
{
	Sansang__Config c = SANSANG__CONFIG__INIT;

	if (!strcmp(s->config_version, version) || !len)
		return;
	if (len > WIRE_FRAME_MAX - 64) {
		log_error("%s: its configuration of %zu bytes is too long to be sent", s->agent->id, len);
		return;
	}
	snprintf(s->config_version, sizeof(s->config_version), "%s", version);
	c.version = (char *)version;
	c.json = (ProtobufCBinaryData){len, (uint8_t *)json};
	wire_put(&s->in->frame, WIRE_CONFIG, &c.base);
	size_t sent = s->in->frame.len;
	session_send(s);
	explicit_bzero(s->in->frame.data, sent); /* it holds the gear's secrets */
}

/* What stands in a journal and on a screen: printable. */
static void text_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void hello_applied_tick(struct session *s, int64_t now_ms)
{
	if (!s->applied_due || now_ms - s->applied_said_ms < APPLIED_EVERY_MS)
		return;
	s->applied_due = false;
	s->applied_said_ms = now_ms;
	session_say(s, "configured", "");
}

void hello_applied_frame(struct session *s, const struct wire_frame *f)
{
	Sansang__Applied *a = sansang__applied__unpack(NULL, f->len, f->body);

	if (!a) {
		session_bad(s, "applied");
		return;
	}
	snprintf(s->applied_version, sizeof(s->applied_version), "%s", a->config_version);
	text_clean(s->applied_version);
	s->applied_due = true;
	hello_applied_tick(s, (int64_t)uv_now(s->in->loop));
	sansang__applied__free_unpacked(a, NULL);
}

static void welcome_send(struct session *s, const struct answer *a)
{
	Sansang__Welcome w = SANSANG__WELCOME__INIT;

	w.protocol = WIRE_PROTOCOL;
	w.wall_ms = clock_wall_ms();
	w.offset_ms = s->agent->offset.offset_ms;
	w.acked_seq = a->acked_seq;
	/* an agent that is about to give a number again has lost its memory: its batches would pass for old ones */
	w.renew_epoch = s->state == SESSION_ASKING && (a->renew || s->next_seq <= a->acked_seq);
	w.ca = (ProtobufCBinaryData *)a->ca;
	w.n_ca = a->ca_count;
	w.step_ms = a->step_ms;
	w.capability = (char *[]){WIRE_CAN_APPLIED, WIRE_CAN_ASK};
	w.n_capability = 2;
	wire_put(&s->in->frame, WIRE_WELCOME, &w.base);
	session_send(s);
}

/* The newer connection is the one that the agent uses. */
static void replace_older(struct session *s)
{
	struct session *older = s->agent->live;

	if (older == s)
		return;
	if (older)
		session_replaced(older);
	s->agent->live = s;
	s->in->connected_count++;
	session_say(s, "connected", "");
}

static void refused(struct session *s, const struct answer *a)
{
	int64_t now = clock_boot_ms();

	s->in->counts.refused++;
	if (!s->agent->refused_at_ms || now - s->agent->refused_at_ms > REFUSED_SAID_MS) {
		s->agent->refused_at_ms = now;
		session_say(s, "refused", a->text);
	}
	session_refuse(s, WIRE_REFUSED_NODE, a->text, REFUSED_RETRY_S);
}

static void on_answer(struct cursor *payload, void *arg)
{
	struct session *s = arg;
	struct answer a;

	s->asked = false;
	if (!payload || (s->state != SESSION_ASKING && s->state != SESSION_READY)) {
		session_drop(s); /* core went away: hello_ask comes again with the next one */
		return;
	}
	if (answer_read(payload, &a)) {
		log_error("%s: core's answer to a hello cannot be read", s->agent->id);
		session_refuse(s, WIRE_REFUSED_BUSY, "internal error", REFUSED_RETRY_S);
	} else if (a.status) {
		refused(s, &a);
	} else {
		welcome_send(s, &a);
		s->state = SESSION_READY;
		replace_older(s);
		hello_push_config(s, a.config_version, a.config, a.config_len);
		explicit_bzero((void *)a.config, a.config_len);
	}
	session_drop(s);
}

void hello_ask(struct session *s)
{
	struct buf *m = &s->in->message;

	if (!s->in->core || s->asked || !s->tls)
		return;
	s->asked = true;
	session_hold(s);
	buf_reset(m);
	buf_put_str(m, s->agent->id);
	buf_put_str(m, tls_peer_serial(s->tls));
	buf_put_u64(m, s->epoch);
	buf_put_u8(m, s->state == SESSION_READY);
	buf_put_str(m, s->config_version);
	channel_call(s->in->core, MESSAGE_HELLO, m->data, m->len, on_answer, s);
}

static bool hello_right(const Sansang__Hello *h)
{
	return h && h->protocol == WIRE_PROTOCOL && h->boot_id.len == BOOT_ID_BYTES && h->epoch && h->next_seq;
}

static char *software_text(const char *text)
{
	char *out = mem_strn(text, strnlen(text, SOFTWARE_MAX));

	text_clean(out);
	return out;
}

void hello_frame(struct session *s, const struct wire_frame *f)
{
	Sansang__Hello *h = sansang__hello__unpack(NULL, f->len, f->body);
	int64_t wall_ms = clock_wall_ms();

	if (!hello_right(h)) {
		session_bad(s, h && h->protocol != WIRE_PROTOCOL ? "protocol version" : "hello");
	} else {
		s->agent = agents_get(&s->in->agents, tls_peer_name(s->tls));
		s->software = software_text(h->software);
		s->epoch = h->epoch;
		s->next_seq = h->next_seq;
		s->backlog = h->backlog;
		s->skew_ms = h->wall_ms - wall_ms;
		snprintf(s->config_version, sizeof(s->config_version), "%s", h->config_version);
		text_clean(s->config_version);
		memcpy(s->applied_version, s->config_version, sizeof(s->applied_version));
		s->can_ask = wire_can(h->capability, h->n_capability, WIRE_CAN_ASK);
		offset_hello(&s->agent->offset, h->boot_id.data, wall_ms - h->boot_ms, h->offset_known, h->offset_ms);
		s->state = SESSION_ASKING;
		s->beat_ms = (int64_t)uv_now(s->in->loop) + WIRE_HEARTBEAT_MS;
		hello_ask(s);
	}
	if (h)
		sansang__hello__free_unpacked(h, NULL);
}
