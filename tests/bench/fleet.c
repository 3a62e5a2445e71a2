#include "tests/bench/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/tls.h"
#include "common/wire.h"
#include "tests/bench/ask.h"
#include "tests/bench/fleet_keys.h"

#define RETRY_LEAST_MS 200
#define RETRY_SPREAD_MS 800

enum member_phase { MEMBER_WAITING, MEMBER_CONNECTING, MEMBER_ENROLLING, MEMBER_GREETING, MEMBER_LIVE };

struct sent {
	uint64_t seq;
	struct buf body;
};

struct member {
	struct fleet *fleet;
	char *node;
	void *data;
	enum member_phase phase;
	bool ready_told, closing;
	uint64_t epoch, next_seq, sent_seq;
	int64_t boot_lead_ms, retry_at_ms, offset_ms;
	uint8_t boot_id[BOOT_ID_BYTES];
	struct sent unacked[WIRE_UNACKED_MAX]; /* ring by seq */
	unsigned unacked_count;
	struct tls_context *tls;
	struct tls_stream *stream;
	uv_tcp_t *tcp;
	uv_connect_t connect;
	struct buf out;
	char config_version[24];
};

struct fleet {
	uv_loop_t *loop;
	struct fleet_options o;
	const struct fleet_handlers *h;
	void *arg;
	struct fleet_keys *keys;
	struct member **members;
	size_t count, connecting, live, next;
	uint64_t reconnects;
	bool stopped;
	uv_timer_t tick, heartbeat;
};

static void member_connect(struct member *m);

static void set_phase(struct member *m, enum member_phase phase)
{
	struct fleet *f = m->fleet;
	bool was = m->phase == MEMBER_CONNECTING || m->phase == MEMBER_ENROLLING || m->phase == MEMBER_GREETING;
	bool is = phase == MEMBER_CONNECTING || phase == MEMBER_ENROLLING || phase == MEMBER_GREETING;

	f->connecting += (size_t)is - (size_t)was;
	f->live += (size_t)(phase == MEMBER_LIVE) - (size_t)(m->phase == MEMBER_LIVE);
	m->phase = phase;
}

static void retry_later(struct member *m)
{
	set_phase(m, MEMBER_WAITING);
	m->retry_at_ms = clock_boot_ms() + RETRY_LEAST_MS + (int64_t)chance_below(RETRY_SPREAD_MS);
}

static void flush(struct member *m)
{
	tls_write(m->stream, m->out.data, m->out.len);
	buf_reset(&m->out);
}

static void send_hello(struct member *m)
{
	Sansang__Hello hello = SANSANG__HELLO__INIT;
	int64_t now = clock_boot_ms() + m->boot_lead_ms;

	hello.protocol = WIRE_PROTOCOL;
	hello.software = (char *)"sansang-fleet " SANSANG_VERSION;
	hello.boot_id = (ProtobufCBinaryData){BOOT_ID_BYTES, m->boot_id};
	hello.boot_ms = now;
	hello.wall_ms = clock_wall_ms();
	hello.epoch = m->epoch;
	hello.next_seq = m->next_seq;
	hello.oldest_seq = m->unacked_count ? m->next_seq - m->unacked_count : 0;
	hello.offset_known = m->offset_ms != 0;
	hello.offset_ms = m->offset_ms;
	hello.config_version = m->config_version;
	wire_put(&m->out, WIRE_HELLO, &hello.base);
	flush(m);
	set_phase(m, MEMBER_GREETING);
}

static void on_open(struct tls_stream *s, void *arg)
{
	struct member *m = arg;

	(void)s;
	if (fleet_keys_has(m->fleet->keys, m->node)) {
		send_hello(m);
		return;
	}
	fleet_keys_put_enrol(m->fleet->keys, m->node, &m->out);
	flush(m);
	set_phase(m, MEMBER_ENROLLING);
}

static void put_unacked(struct member *m, const struct sent *s)
{
	struct wire_batch b = {.epoch = m->epoch,
	        .seq = s->seq,
	        .offset_known = true,
	        .offset_ms = m->offset_ms,
	        .wall_ms = clock_wall_ms(),
	        .body = s->body.data,
	        .len = s->body.len};

	memcpy(b.boot_id, m->boot_id, BOOT_ID_BYTES);
	wire_put_batch(&m->out, &b);
}

static void take_ack(struct member *m, uint64_t seq)
{
	while (m->unacked_count) {
		uint64_t oldest = m->next_seq - m->unacked_count;
		if (oldest > seq)
			break;
		m->unacked_count--;
		if (m->fleet->h->on_acked)
			m->fleet->h->on_acked(m, oldest, m->fleet->arg);
	}
	while (m->phase == MEMBER_LIVE && m->unacked_count < WIRE_UNACKED_MAX) {
		unsigned before = m->unacked_count;
		m->fleet->h->on_room(m, m->fleet->arg);
		if (m->unacked_count == before)
			break;
	}
}

static void take_welcome(struct member *m, const struct wire_frame *f)
{
	Sansang__Welcome *w = sansang__welcome__unpack(NULL, f->len, f->body);
	bool first = m->phase != MEMBER_LIVE;

	if (!w)
		log_die("%s: a welcome that cannot be read", m->node);
	if (w->renew_epoch && w->acked_seq >= m->next_seq)
		log_die("%s: the collector knows more than this fleet sent: use a fresh state folder", m->node);
	m->offset_ms = w->offset_ms;
	uint64_t acked = w->acked_seq;
	sansang__welcome__free_unpacked(w, NULL);
	if (!first) /* the collector's core came anew: what is under way stays so */
		return;
	take_ack(m, acked);
	/* what is not acknowledged goes first, in its order; only then is there room for more */
	for (uint64_t seq = m->next_seq - m->unacked_count; seq < m->next_seq; seq++)
		put_unacked(m, &m->unacked[seq % WIRE_UNACKED_MAX]);
	if (m->out.len)
		flush(m);
	set_phase(m, MEMBER_LIVE);
	take_ack(m, acked);
}

static void say_applied(struct member *m, const char *version)
{
	Sansang__Applied a = SANSANG__APPLIED__INIT;

	snprintf(m->config_version, sizeof(m->config_version), "%s", version);
	a.config_version = m->config_version;
	wire_put(&m->out, WIRE_APPLIED, &a.base);
	flush(m);
}

static void take_config(struct member *m, const struct wire_frame *f)
{
	Sansang__Config *c = sansang__config__unpack(NULL, f->len, f->body);

	if (c)
		say_applied(m, c->version);

	if (c && !m->ready_told) {
		m->ready_told = true;
		m->fleet->h->on_ready(m, (char *)c->json.data, c->json.len, m->fleet->arg);
		take_ack(m, 0);
	}
	if (c)
		sansang__config__free_unpacked(c, NULL);
}

static void take_refusal(struct member *m, const struct wire_frame *f)
{
	Sansang__Refusal *r = sansang__refusal__unpack(NULL, f->len, f->body);

	if (r && r->code != WIRE_REFUSED_BUSY && r->code != WIRE_REFUSED_FULL && r->code != WIRE_REFUSED_REPLACED)
		log_die("%s: the collector refuses: %s", m->node, r->text);
	/* after the next welcome all that is not acknowledged goes again */
	if (r && r->code == WIRE_REFUSED_FULL)
		tls_close(m->stream);
	if (r)
		sansang__refusal__free_unpacked(r, NULL);
}

static void take_frame(struct member *m, const struct wire_frame *f)
{
	struct wire_ack ack;

	switch (f->kind) {
	case WIRE_WELCOME:
		take_welcome(m, f);
		break;
	case WIRE_CONFIG:
		take_config(m, f);
		break;
	case WIRE_ACK:
		if (!wire_read_ack(f, &ack) && ack.epoch == m->epoch)
			take_ack(m, ack.seq);
		break;
	case WIRE_CERTIFICATE:
		fleet_keys_take(m->fleet->keys, m->node, f->body, f->len);
		tls_close(m->stream);
		break;
	case WIRE_REFUSAL:
		take_refusal(m, f);
		break;
	default:
		break;
	}
}

static size_t on_data(struct tls_stream *s, const uint8_t *data, size_t len, void *arg)
{
	struct member *m = arg;
	size_t at = 0;

	(void)s;
	while (at < len) {
		struct wire_frame f;
		ssize_t n = wire_next(data + at, len - at, WIRE_FRAME_MAX, &f);
		if (n < 0)
			log_die("%s: a broken frame from the collector", m->node);
		if (!n)
			break;
		at += (size_t)n;
		take_frame(m, &f);
	}
	return at;
}

static void on_close(struct tls_stream *s, int status, const char *why, void *arg)
{
	struct member *m = arg;

	(void)s;
	if (m->phase == MEMBER_LIVE)
		m->fleet->reconnects++;
	if (status && !m->fleet->o.resend_quietly)
		log_debug("%s: %s", m->node, why);
	m->stream = NULL;
	/* a context with a certificate is kept, as agents do: it holds the ticket to resume with */
	if (m->phase == MEMBER_ENROLLING) {
		tls_context_free(m->tls);
		m->tls = NULL;
	}
	retry_later(m);
}

static const struct tls_handlers handlers = {.on_open = on_open, .on_data = on_data, .on_close = on_close};

static void on_tcp_closed(uv_handle_t *h)
{
	free(h);
}

static void on_connect(uv_connect_t *req, int status)
{
	struct member *m = req->data;

	if (status) {
		uv_close((uv_handle_t *)m->tcp, on_tcp_closed);
		retry_later(m);
		return;
	}
	if (!m->tls)
		m->tls = fleet_keys_context(m->fleet->keys, m->node);
	m->stream = tls_stream_new(m->tls, m->tcp, &handlers, m);
}

static void member_connect(struct member *m)
{
	struct sockaddr_in to;

	set_phase(m, MEMBER_CONNECTING);
	m->tcp = malloc(sizeof(*m->tcp));
	uv_tcp_init(m->fleet->loop, m->tcp);
	uv_tcp_nodelay(m->tcp, 1);
	uv_ip4_addr(m->fleet->o.host, m->fleet->o.port, &to);
	m->connect.data = m;
	int err = uv_tcp_connect(&m->connect, m->tcp, (struct sockaddr *)&to, on_connect);
	if (err)
		log_die("%s:%d: %s", m->fleet->o.host, m->fleet->o.port, uv_strerror(err));
}

/* Starts as many waiting members as may connect at once. */
static void on_tick(uv_timer_t *t)
{
	struct fleet *f = t->data;
	int64_t now = clock_boot_ms();

	for (size_t i = 0; i < f->count && f->connecting < f->o.connect_most && !f->stopped; i++) {
		struct member *m = f->members[f->next++ % f->count];
		if (m->phase == MEMBER_WAITING && now >= m->retry_at_ms)
			member_connect(m);
	}
}

static void on_heartbeat(uv_timer_t *t)
{
	struct fleet *f = t->data;

	for (size_t i = 0; i < f->count; i++) {
		struct member *m = f->members[i];
		struct wire_heartbeat h = {.boot_ms = clock_boot_ms() + m->boot_lead_ms,
		        .wall_ms = clock_wall_ms(),
		        .backlog = m->unacked_count};
		if (m->phase != MEMBER_LIVE)
			continue;
		wire_put_heartbeat(&m->out, &h);
		flush(m);
	}
}

struct fleet *fleet_new(uv_loop_t *loop, const struct fleet_options *o, const struct fleet_handlers *h, void *arg)
{
	struct fleet *f = mem_alloc(sizeof(*f));

	f->loop = loop;
	f->o = *o;
	if (!f->o.connect_most)
		f->o.connect_most = 64;
	f->h = h;
	f->arg = arg;
	f->keys = fleet_keys_open(o->dir, o->socket);
	uv_timer_init(loop, &f->tick);
	uv_timer_init(loop, &f->heartbeat);
	f->tick.data = f->heartbeat.data = f;
	return f;
}

struct member *fleet_add(struct fleet *f, const char *node, int64_t boot_lead_ms, void *data)
{
	struct member *m = mem_alloc(sizeof(*m));

	m->fleet = f;
	m->node = mem_str(node);
	m->data = data;
	m->epoch = chance_u64();
	m->next_seq = 1;
	m->boot_lead_ms = boot_lead_ms;
	chance_bytes(m->boot_id, sizeof(m->boot_id));
	f->members = mem_grow(f->members, f->count + 1, sizeof(*f->members));
	f->members[f->count++] = m;
	return m;
}

void fleet_start(struct fleet *f)
{
	uv_timer_start(&f->tick, on_tick, 0, 5);
	uv_timer_start(&f->heartbeat, on_heartbeat, WIRE_HEARTBEAT_MS, WIRE_HEARTBEAT_MS);
}

void fleet_drop(struct fleet *f, bool again)
{
	f->stopped = !again;
	for (size_t i = 0; i < f->count; i++)
		if (f->members[i]->stream)
			tls_close(f->members[i]->stream);
	if (!again) {
		uv_timer_stop(&f->tick);
		uv_timer_stop(&f->heartbeat);
	}
}

void fleet_close(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++) {
		for (unsigned k = 0; k < WIRE_UNACKED_MAX; k++)
			buf_free(&f->members[i]->unacked[k].body);
		buf_free(&f->members[i]->out);
		tls_context_free(f->members[i]->tls);
		free(f->members[i]->node);
		free(f->members[i]);
	}
	free(f->members);
	fleet_keys_close(f->keys);
	free(f);
}

const char *member_node(const struct member *m)
{
	return m->node;
}

void *member_data(const struct member *m)
{
	return m->data;
}

int64_t member_boot_ms(const struct member *m, int64_t wall_ms)
{
	return wall_ms - clock_wall_ms() + clock_boot_ms() + m->boot_lead_ms;
}

bool member_has_room(const struct member *m)
{
	return m->phase == MEMBER_LIVE && m->ready_told && m->unacked_count < WIRE_UNACKED_MAX;
}

uint64_t fleet_send(struct member *m, const uint8_t *body, size_t len)
{
	struct sent *s = &m->unacked[m->next_seq % WIRE_UNACKED_MAX];

	s->seq = m->next_seq++;
	buf_reset(&s->body);
	buf_put(&s->body, body, len);
	m->unacked_count++;
	put_unacked(m, s);
	flush(m);
	return s->seq;
}

unsigned fleet_connected(const struct fleet *f)
{
	return (unsigned)f->live;
}

uint64_t fleet_unacked(const struct fleet *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->members[i]->unacked_count;
	return n;
}

uint64_t fleet_reconnects(const struct fleet *f)
{
	return f->reconnects;
}
