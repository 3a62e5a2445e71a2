#include "agent/send/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

#define STALLED_MS 15000
#define BEAT_SLACK_MS 500
#define OUT_MAX (512 * 1024) /* bytes put together in one turn */
#define RENEW_AGAIN_MS 3600000
#define CA_MAX 16
#define SOFTWARE "sansang-agent " SANSANG_VERSION

static void link_over(struct link *l, const char *why, int64_t retry_after_ms)
{
	if (l->state == LINK_OVER)
		return;
	l->state = LINK_OVER;
	l->retry_after_ms = retry_after_ms;
	snprintf(l->why, sizeof(l->why), "%s", why);
}

void link_begin(struct link *l, struct spool *spool, struct enrol *enrol, const struct link_handlers *h, void *arg,
        int64_t now_ms)
{
	struct buf out = l->out;

	*l = (struct link){.handlers = h, .arg = arg, .spool = spool, .enrol = enrol, .out = out, .heard_ms = now_ms};
	buf_reset(&l->out);
	l->beat_ms = now_ms + WIRE_HEARTBEAT_MS;
	l->next_seq = 1;
}

void link_end(struct link *l)
{
	buf_free(&l->out);
}

void link_hello(struct link *l, const char *config_version)
{
	Sansang__Hello h = SANSANG__HELLO__INIT;

	l->state = LINK_GREETED;
	h.protocol = WIRE_PROTOCOL;
	h.software = SOFTWARE;
	h.boot_id = (ProtobufCBinaryData){BOOT_ID_BYTES, (uint8_t *)spool_boot_id(l->spool)};
	h.boot_ms = clock_boot_ms();
	h.wall_ms = clock_wall_ms();
	h.epoch = spool_epoch(l->spool);
	h.next_seq = spool_next_seq(l->spool);
	h.oldest_seq = spool_oldest_seq(l->spool);
	h.offset_known = spool_offset(l->spool, &h.offset_ms);
	h.config_version = (char *)config_version;
	h.backlog = spool_backlog(l->spool);
	h.capability = (char *[]){WIRE_CAN_APPLIED, WIRE_CAN_ASK};
	h.n_capability = 2;
	snprintf(l->applied, sizeof(l->applied), "%s", config_version);
	memcpy(l->applied_said, l->applied, sizeof(l->applied));
	wire_put(&l->out, WIRE_HELLO, &h.base);
}

int link_enrol(struct link *l, const struct token *t)
{
	Sansang__Enrol e = SANSANG__ENROL__INIT;
	struct buf csr = {0};
	int status = enrol_request(l->enrol, &csr);

	if (!status) {
		l->state = LINK_ENROLLING;
		e.node = l->enrol->config->node;
		e.secret = (ProtobufCBinaryData){sizeof(t->secret), (uint8_t *)t->secret};
		e.csr = (ProtobufCBinaryData){csr.len, csr.data};
		e.software = SOFTWARE;
		wire_put(&l->out, WIRE_ENROL, &e.base);
	}
	buf_free(&csr);
	return status;
}

/* ---- batches ---- */

/*
 * The disk may have spoiled one. The collector would close on it for ever, so it goes, once all before it are
 * acknowledged; the collector records the gap. False: wait for those.
 */
static bool spoiled_drop(struct link *l, const struct spool_batch *b)
{
	if (l->unacked_count)
		return false;
	log_error("spool: batch %llu is damaged and dropped", (unsigned long long)b->seq);
	l->next_seq = b->seq + 1;
	spool_ack(l->spool, spool_epoch(l->spool), b->seq);
	return true;
}

void link_pump(struct link *l, int64_t now_ms)
{
	static const struct batch_handlers none;
	struct spool_batch b;

	if (l->state != LINK_READY || now_ms < l->hold_until_ms)
		return;
	while (l->unacked_count < WIRE_UNACKED_MAX && l->out.len < OUT_MAX && !spool_peek(l->spool, l->next_seq, &b)) {
		if (batch_decode(b.body, b.len, &none, NULL, NULL)) {
			if (!spoiled_drop(l, &b))
				return;
			continue;
		}
		struct wire_batch w = {.epoch = spool_epoch(l->spool),
		        .seq = b.seq,
		        .offset_known = b.offset_known,
		        .offset_ms = b.offset_ms,
		        .wall_ms = b.wall_ms,
		        .body = b.body,
		        .len = b.len};
		memcpy(w.boot_id, b.boot_id, BOOT_ID_BYTES);
		wire_put_batch(&l->out, &w);
		l->unacked[l->unacked_count++] = b.seq;
		l->next_seq = b.seq + 1;
	}
}

static void on_ack(struct link *l, const struct wire_frame *f, int64_t now_ms)
{
	struct wire_ack a;
	unsigned done = 0;

	if (wire_read_ack(f, &a)) {
		link_over(l, "malformed acknowledgement", 0);
		return;
	}
	spool_ack(l->spool, a.epoch, a.seq);
	if (a.epoch != spool_epoch(l->spool))
		return;
	while (done < l->unacked_count && l->unacked[done] <= a.seq)
		done++;
	l->unacked_count -= done;
	memmove(l->unacked, l->unacked + done, l->unacked_count * sizeof(*l->unacked));
	link_pump(l, now_ms);
}

/* ---- what is applied, what is asked ---- */

static void applied_say(struct link *l)
{
	Sansang__Applied a = SANSANG__APPLIED__INIT;

	if (l->state != LINK_READY || !l->applied_wanted || !strcmp(l->applied, l->applied_said))
		return;
	memcpy(l->applied_said, l->applied, sizeof(l->applied));
	a.config_version = l->applied;
	wire_put(&l->out, WIRE_APPLIED, &a.base);
}

void link_applied(struct link *l, const char *version)
{
	snprintf(l->applied, sizeof(l->applied), "%s", version);
	applied_say(l);
}

static void answer_put(struct link *l, uint64_t id, const char *json, size_t len)
{
	Sansang__Answer a = SANSANG__ANSWER__INIT;

	a.id = id;
	a.json = (ProtobufCBinaryData){len, (uint8_t *)json};
	wire_put(&l->out, WIRE_ANSWER, &a.base);
}

static void error_put(struct link *l, uint64_t id, const char *text)
{
	char json[128];
	int len = snprintf(json, sizeof(json), "{\"error\":\"%s\"}", text);

	answer_put(l, id, json, (size_t)len);
}

void link_answer(struct link *l, uint64_t id, const char *json, size_t len)
{
	unsigned i = 0;

	while (i < l->ask_count && l->asks[i] != id)
		i++;
	if (i == l->ask_count)
		return;
	l->asks[i] = l->asks[--l->ask_count];
	if (len > WIRE_ANSWER_MAX)
		error_put(l, id, "the answer is too long");
	else
		answer_put(l, id, json, len);
}

static void on_ask(struct link *l, const struct wire_frame *f)
{
	Sansang__Ask *a = sansang__ask__unpack(NULL, f->len, f->body);

	if (!a) {
		link_over(l, "malformed ask", 0);
		return;
	}
	if (a->json.len > WIRE_ASK_MAX) {
		error_put(l, a->id, "the ask is too long");
	} else if (l->ask_count == LINK_ASKS_MAX) {
		error_put(l, a->id, "too many asks at once");
	} else {
		l->asks[l->ask_count++] = a->id;
		l->handlers->on_ask(a->id, (const char *)a->json.data, a->json.len, l->arg);
	}
	sansang__ask__free_unpacked(a, NULL);
}

/* ---- what the collector says ---- */

static void take_offset(struct link *l, int64_t offset_ms)
{
	int64_t had;

	if (spool_offset(l->spool, &had) && had == offset_ms)
		return;
	spool_set_offset(l->spool, offset_ms);
	if (l->state == LINK_READY)
		l->handlers->on_offset(offset_ms, l->step_ms, l->arg);
}

static size_t take_authorities(const ProtobufCBinaryData *from, size_t count, struct buf out[CA_MAX])
{
	if (count > CA_MAX)
		count = CA_MAX;
	for (size_t i = 0; i < count; i++)
		out[i] = (struct buf){.data = from[i].data, .len = from[i].len};
	return count;
}

static void welcomed(struct link *l, const Sansang__Welcome *w, int64_t now_ms)
{
	bool first = l->state == LINK_GREETED;

	if (w->step_ms)
		l->step_ms = w->step_ms;
	take_offset(l, w->offset_ms);
	if (!first)
		return;
	if (w->renew_epoch) {
		log_info("the collector knows more of our spool than we do: it begins anew");
		if (spool_renew(l->spool)) {
			link_over(l, "the spool cannot begin anew", 0);
			return;
		}
	} else {
		spool_ack(l->spool, spool_epoch(l->spool), w->acked_seq);
	}
	l->state = LINK_READY;
	l->next_seq = 1;
	l->applied_wanted = wire_can(w->capability, w->n_capability, WIRE_CAN_APPLIED);
	l->renew_at_ms = enrol_renew_at_ms(l->enrol);
	applied_say(l);
	l->handlers->on_ready(l->arg);
	l->handlers->on_offset(w->offset_ms, l->step_ms, l->arg);
	link_pump(l, now_ms);
}

static void on_welcome(struct link *l, const struct wire_frame *f, int64_t now_ms)
{
	Sansang__Welcome *w = sansang__welcome__unpack(NULL, f->len, f->body);
	struct buf ca[CA_MAX];

	if (!w || w->protocol != WIRE_PROTOCOL) {
		link_over(l, "malformed welcome, or another protocol", 0);
	} else {
		size_t count = take_authorities(w->ca, w->n_ca, ca);
		if (enrol_store_authorities(l->enrol, ca, count) > 0)
			l->handlers->on_identity(l->arg);
		welcomed(l, w, now_ms);
	}
	if (w)
		sansang__welcome__free_unpacked(w, NULL);
}

static void on_heartbeat(struct link *l, const struct wire_frame *f, uint64_t now_ns)
{
	struct wire_heartbeat h;

	if (wire_read_heartbeat(f, &h)) {
		link_over(l, "malformed heartbeat", 0);
		return;
	}
	l->peer_boot_ms = h.boot_ms;
	if (l->beat_ns && h.echo_boot_ms == l->beat_boot_ms) {
		l->rtt_us = (uint32_t)((now_ns - l->beat_ns) / 1000);
		l->beat_ns = 0; /* only the first echo tells the way */
	}
	if (l->state == LINK_READY)
		take_offset(l, h.offset_ms);
}

static void on_config(struct link *l, const struct wire_frame *f)
{
	Sansang__Config *c = sansang__config__unpack(NULL, f->len, f->body);

	if (!c) {
		link_over(l, "malformed configuration", 0);
		return;
	}
	l->handlers->on_config(c->version, (const char *)c->json.data, c->json.len, l->arg);
	sansang__config__free_unpacked(c, NULL);
}

static void on_certificate(struct link *l, const struct wire_frame *f)
{
	Sansang__Certificate *c = sansang__certificate__unpack(NULL, f->len, f->body);
	struct buf ca[CA_MAX];
	bool enrolling = l->state == LINK_ENROLLING;
	int status = -EBADMSG;

	if (c) {
		size_t count = take_authorities(c->ca, c->n_ca, ca);
		status = enrol_store(l->enrol, c->certificate.data, c->certificate.len, ca, count);
		sansang__certificate__free_unpacked(c, NULL);
	}
	if (status) {
		link_over(l, "the certificate cannot be kept", 0);
		return;
	}
	l->renew_at_ms = enrol_renew_at_ms(l->enrol);
	l->handlers->on_identity(l->arg);
	log_info("%s", enrolling ? "enrolled" : "certificate renewed");
	if (enrolling) {
		enrol_token_remove(l->enrol);
		l->state = LINK_ENROLLED;
	}
}

static void on_refusal(struct link *l, const struct wire_frame *f, int64_t now_ms)
{
	Sansang__Refusal *r = sansang__refusal__unpack(NULL, f->len, f->body);
	int64_t after_ms = r ? INT64_C(1000) * (r->retry_after_s < 3600 ? r->retry_after_s : 3600) : 0;

	if (r && r->code == WIRE_REFUSED_FULL && l->state == LINK_READY) {
		/* from the oldest again, when there may be room */
		l->hold_until_ms = now_ms + after_ms;
		l->unacked_count = 0;
		l->next_seq = 1;
	} else {
		if (r && r->code == WIRE_REFUSED_TOKEN)
			enrol_token_refused(l->enrol);
		l->refused = true;
		link_over(l, r ? r->text : "malformed refusal", after_ms);
	}
	if (r)
		sansang__refusal__free_unpacked(r, NULL);
}

/* ---- frames ---- */

static void on_frame(struct link *l, const struct wire_frame *f, int64_t now_ms, uint64_t now_ns)
{
	bool ready = l->state == LINK_READY;

	l->heard_ms = now_ms;
	if (f->kind == WIRE_REFUSAL)
		on_refusal(l, f, now_ms);
	else if (f->kind == WIRE_WELCOME && (ready || l->state == LINK_GREETED))
		on_welcome(l, f, now_ms);
	else if (f->kind == WIRE_CERTIFICATE && (ready || l->state == LINK_ENROLLING))
		on_certificate(l, f);
	else if (f->kind == WIRE_HEARTBEAT)
		on_heartbeat(l, f, now_ns);
	else if (f->kind == WIRE_ACK && ready)
		on_ack(l, f, now_ms);
	else if (f->kind == WIRE_CONFIG && ready)
		on_config(l, f);
	else if (f->kind == WIRE_ASK && ready)
		on_ask(l, f);
	else if (f->kind != WIRE_NONE)
		link_over(l, "the collector sends what is not expected", 0);
}

size_t link_data(struct link *l, const uint8_t *data, size_t len, int64_t now_ms, uint64_t now_ns)
{
	size_t used = 0;

	while (l->state != LINK_OVER && l->state != LINK_ENROLLED) {
		struct wire_frame f;
		ssize_t n = wire_next(data + used, len - used, WIRE_FRAME_MAX, &f);
		if (!n)
			return used;
		if (n < 0) {
			link_over(l, n == -EMSGSIZE ? "frame too long" : "malformed frame", 0);
			break;
		}
		used += (size_t)n;
		on_frame(l, &f, now_ms, now_ns);
	}
	return len; /* what follows the end is of no use */
}

/* ---- time ---- */

static void heartbeat_put(struct link *l, uint64_t now_ns)
{
	const struct wire_heartbeat h = {.boot_ms = clock_boot_ms(),
	        .wall_ms = clock_wall_ms(),
	        .backlog = spool_backlog(l->spool),
	        .echo_boot_ms = l->peer_boot_ms,
	        .rtt_us = l->rtt_us,
	        .segments_out = l->segments_out,
	        .segments_in = l->segments_in};

	l->beat_ns = now_ns;
	l->beat_boot_ms = h.boot_ms;
	wire_put_heartbeat(&l->out, &h);
}

/* By the collector's clock: ours may stand in 1970. */
static void renew_when_due(struct link *l, int64_t now_ms)
{
	int64_t offset_ms;
	struct buf csr = {0};
	Sansang__Renew r = SANSANG__RENEW__INIT;

	if (!l->renew_at_ms || !spool_offset(l->spool, &offset_ms) || clock_boot_ms() + offset_ms < l->renew_at_ms)
		return;
	if (l->renew_asked_ms && now_ms - l->renew_asked_ms < RENEW_AGAIN_MS)
		return;
	l->renew_asked_ms = now_ms;
	if (!enrol_request(l->enrol, &csr)) {
		r.csr = (ProtobufCBinaryData){csr.len, csr.data};
		wire_put(&l->out, WIRE_RENEW, &r.base);
	}
	buf_free(&csr);
}

void link_tick(struct link *l, int64_t now_ms, uint64_t now_ns)
{
	if (now_ms - l->heard_ms > STALLED_MS) {
		link_over(l, "the collector has been silent for 15 s", 0);
		return;
	}
	if (l->state != LINK_READY)
		return;
	/* a tick that comes a moment early must not cost a whole one */
	if (now_ms + BEAT_SLACK_MS >= l->beat_ms || l->hasty) {
		heartbeat_put(l, now_ns);
		l->beat_ms = now_ms + WIRE_HEARTBEAT_MS;
	}
	renew_when_due(l, now_ms);
	link_pump(l, now_ms);
}

void link_hint(struct link *l, int64_t boot_ms, Sansang__Hint__State *state)
{
	Sansang__Hint h = SANSANG__HINT__INIT;

	if (l->state != LINK_READY)
		return;
	h.boot_ms = boot_ms;
	h.state = &state;
	h.n_state = 1;
	wire_put(&l->out, WIRE_HINT, &h.base);
}
