/*
 * New certificates: a stranger's with a token's secret, an agent's own at two thirds of its life.
 * Core decides and signs; intake carries, and keeps the number of askers down.
 */
#include "collector/intake/session.h"

#include <string.h>

#include "collector/message.h"
#include "common/log.h"

#define SECRET_MAX 64
#define CSR_MAX 4096
#define TEXT_MAX 256
#define RATE_PER_S 200 /* enrolments, over all connections of this process */
#define REFUSED_RETRY_S 30
#define BUSY_RETRY_S 5

static bool rate_allows(struct intake *in)
{
	int64_t now = (int64_t)uv_now(in->loop), gained = (now - in->enrol_filled_ms) * RATE_PER_S / 1000;

	if (gained > 0) {
		in->enrol_filled_ms = now;
		in->enrol_tokens = in->enrol_tokens + gained > RATE_PER_S ? RATE_PER_S : in->enrol_tokens + gained;
	}
	if (in->enrol_tokens < 1)
		return false;
	in->enrol_tokens--;
	return true;
}

static void certificate_send(struct session *s, struct cursor *c)
{
	Sansang__Certificate w = SANSANG__CERTIFICATE__INIT;
	ProtobufCBinaryData ca[INTAKE_CA_MAX];

	w.certificate.data = (uint8_t *)cursor_blob(c, &w.certificate.len);
	uint64_t count = cursor_varint(c);
	for (w.ca = ca; w.n_ca < count && w.n_ca < INTAKE_CA_MAX && !c->failed; w.n_ca++)
		ca[w.n_ca].data = (uint8_t *)cursor_blob(c, &ca[w.n_ca].len);
	if (c->failed) {
		log_error("%s: core's answer to a request cannot be read", s->address);
		return;
	}
	wire_put(&s->in->frame, WIRE_CERTIFICATE, &w.base);
	session_send(s);
}

static void refuse(struct session *s, const char *why, bool busy)
{
	s->in->counts.refused++;
	if (s->state == SESSION_READY) /* a renewal: the old certificate still serves */
		log_warn("%s: not renewed: %s", s->agent->id, why);
	else
		session_refuse(
		        s, busy ? WIRE_REFUSED_BUSY : WIRE_REFUSED_TOKEN, why, busy ? BUSY_RETRY_S : REFUSED_RETRY_S);
}

static void on_answer(struct cursor *payload, void *arg)
{
	struct session *s = arg;
	char text[TEXT_MAX] = "";
	int64_t status = payload ? cursor_svarint(payload) : 0;

	s->enrolling = false;
	if (payload)
		cursor_str(payload, text, sizeof(text));
	if (s->state == SESSION_STRANGER || s->state == SESSION_READY) {
		if (!payload || payload->failed)
			refuse(s, "the collector is starting", true);
		else if (status)
			refuse(s, text, false);
		else {
			certificate_send(s, payload);
			*(s->state == SESSION_READY ? &s->in->counts.renewed : &s->in->counts.enrolled) += 1;
		}
	}
	session_drop(s);
}

static void ask(struct session *s, const char *node, const ProtobufCBinaryData *secret, const ProtobufCBinaryData *csr,
        const char *software, const char *renewing)
{
	struct buf *m = &s->in->message;

	if (!s->in->core || !rate_allows(s->in)) {
		refuse(s, s->in->core ? "too many at once" : "the collector is starting", true);
		return;
	}
	s->enrolling = true;
	session_hold(s);
	buf_reset(m);
	buf_put_str(m, node);
	buf_put_blob(m, secret->data, secret->len);
	buf_put_blob(m, csr->data, csr->len);
	buf_put_str(m, s->address);
	buf_put_str(m, software);
	buf_put_str(m, renewing);
	channel_call(s->in->core, MESSAGE_ENROL, m->data, m->len, on_answer, s);
}

void enrol_frame(struct session *s, const struct wire_frame *f)
{
	Sansang__Enrol *e = sansang__enrol__unpack(NULL, f->len, f->body);

	if (!e || s->enrolling || !*e->node || strlen(e->node) >= WIRE_NODE_MAX || e->secret.len > SECRET_MAX ||
	        e->csr.len > CSR_MAX || strlen(e->software) > SECRET_MAX)
		session_bad(s, "enrolment");
	else
		ask(s, e->node, &e->secret, &e->csr, e->software, "");
	if (e)
		sansang__enrol__free_unpacked(e, NULL);
}

void enrol_renew_frame(struct session *s, const struct wire_frame *f)
{
	Sansang__Renew *r = sansang__renew__unpack(NULL, f->len, f->body);
	const ProtobufCBinaryData none = {0, NULL};

	if (!r || s->enrolling || r->csr.len > CSR_MAX)
		session_bad(s, "renewal");
	else
		ask(s, s->agent->id, &none, &r->csr, s->software, tls_peer_serial(s->tls));
	if (r)
		sansang__renew__free_unpacked(r, NULL);
}
