/* session: real TLS over loopback, agents played by hand, and a core that says what the test wants. */
#include "collector/intake/session.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "common/batch.h"
#include "tests/unit/pki.h"

#define KEPT 64

struct stage;

struct player {
	struct stage *stage;
	struct tls_stream *s;
	bool opened, closed;
	unsigned frames[WIRE_KINDS];
	struct wire_ack ack;
	struct wire_heartbeat beat;
	Sansang__Welcome *welcome;
	Sansang__Refusal *refusal;
	Sansang__Certificate *certificate;
	char config[64];
	uint64_t asked[INTAKE_ASKS_MAX];
	unsigned ask_count;
	char ask[64];
};

struct stage {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_check_t turn;
	uv_timer_t guard;
	bool late;
	int port;
	struct pki pki;
	struct pki_agent agent;
	struct tls_context *client;
	struct intake in;
	struct channel *core; /* the core's end */
	int64_t hello_status, batch_status;
	uint64_t acked_seq;
	bool hold_batches; /* core does not answer */
	unsigned hellos, batches, enrolments, hints;
	uint64_t seqs[KEPT];
	int64_t offset_ms;
	uint8_t offset_known;
	uint64_t dict_count;
	char states[256], version[24], has[24]; /* version: of the last state; has: what core heard in the last hello */
	int replies;
	int64_t reply_status;
	char reply[128];
};

/* ---- core ---- */

static void core_hello(struct stage *t, uint32_t id, struct cursor *c)
{
	struct buf b = {0};
	char text[64];

	cursor_str(c, text, sizeof(text));
	cursor_str(c, text, sizeof(text));
	cursor_u64(c);
	cursor_u8(c);
	cursor_str(c, t->has, sizeof(t->has));
	assert_false(c->failed);

	t->hellos++;
	buf_put_svarint(&b, t->hello_status);
	buf_put_str(&b, t->hello_status ? "no such node" : "");
	buf_put_u64(&b, t->acked_seq);
	buf_put_u8(&b, 0);
	buf_put_str(&b, "0123456789abcdef");
	buf_put_blob(&b, "{\"step_ms\":10000}", 17);
	buf_put_varint(&b, 1);
	buf_put_blob(&b, "ca", 2);
	buf_put_u32(&b, 10000);
	buf_put_u8(&b, 0);
	channel_reply(t->core, MESSAGE_HELLO, id, b.data, b.len);
	buf_free(&b);
}

static void core_batch(struct stage *t, uint32_t id, struct cursor *c)
{
	char node[64];
	struct buf b = {0};

	cursor_str(c, node, sizeof(node));
	assert_string_equal(node, "mk-srv1");
	cursor_u64(c);
	t->seqs[t->batches++ % KEPT] = cursor_u64(c);
	cursor_bytes(c, BOOT_ID_BYTES);
	t->offset_known = cursor_u8(c);
	t->offset_ms = cursor_svarint(c);
	cursor_svarint(c);
	t->dict_count = cursor_varint(c);
	assert_false(c->failed);
	if (t->hold_batches)
		return;
	buf_put_svarint(&b, t->batch_status);
	channel_reply(t->core, MESSAGE_BATCH, id, b.data, b.len);
	buf_free(&b);
}

static void core_enrol(struct stage *t, uint32_t id)
{
	struct buf b = {0};

	t->enrolments++;
	buf_put_svarint(&b, t->hello_status);
	buf_put_str(&b, t->hello_status ? "used before" : "");
	buf_put_blob(&b, "certificate", 11);
	buf_put_varint(&b, 1);
	buf_put_blob(&b, "ca", 2);
	channel_reply(t->core, MESSAGE_ENROL, id, b.data, b.len);
	buf_free(&b);
}

static void core_state(struct stage *t, struct cursor *c)
{
	char node[64];
	size_t len;

	cursor_str(c, node, sizeof(node));
	const uint8_t *json = cursor_blob(c, &len);
	json_t *o = json_loadb((const char *)json, len, 0, NULL);
	size_t at = strlen(t->states);
	snprintf(t->states + at, sizeof(t->states) - at, "%s ", json_string_value(json_object_get(o, "state")));
	const char *version = json_string_value(json_object_get(o, "config_version"));
	snprintf(t->version, sizeof(t->version), "%s", version ? version : "");
	json_decref(o);
}

static void on_core_end(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *c, void *arg)
{
	struct stage *t = arg;

	(void)ch;
	if (kind == MESSAGE_HELLO)
		core_hello(t, id, c);
	else if (kind == MESSAGE_BATCH)
		core_batch(t, id, c);
	else if (kind == MESSAGE_ENROL)
		core_enrol(t, id);
	else if (kind == MESSAGE_AGENT_STATE)
		core_state(t, c);
	else if (kind == MESSAGE_HINT)
		t->hints++;
}

static void on_core_end_close(struct channel *ch, void *arg)
{
	(void)ch;
	((struct stage *)arg)->core = NULL;
}

/* Intake's end: only what these tests need of main.c. */
static void on_intake_end(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *c, void *arg)
{
	struct stage *t = arg;

	(void)ch;
	if (kind == MESSAGE_ASK)
		ask_take(&t->in, id, c);
}

static void on_ask_reply(struct cursor *payload, void *arg)
{
	struct stage *t = arg;
	size_t len = 0;

	t->replies++;
	t->reply_status = payload ? cursor_svarint(payload) : 1;
	const uint8_t *json = payload ? cursor_blob(payload, &len) : NULL;
	snprintf(t->reply, sizeof(t->reply), "%.*s", (int)len, json ? (const char *)json : "");
}

static void core_ask(struct stage *t, const char *node, const char *json, size_t len)
{
	struct buf b = {0};

	buf_put_str(&b, node);
	buf_put_blob(&b, json, len);
	channel_call(t->core, MESSAGE_ASK, b.data, b.len, on_ask_reply, t);
	buf_free(&b);
}

static void on_intake_end_close(struct channel *ch, void *arg)
{
	(void)ch;
	((struct stage *)arg)->in.core = NULL;
}

static void core_begin(struct stage *t)
{
	static const struct channel_handlers far = {on_core_end, on_core_end_close},
	                                     near = {on_intake_end, on_intake_end_close};
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd), 0);
	t->in.core = channel_open(&t->loop, fd[0], &near, t);
	t->core = channel_open(&t->loop, fd[1], &far, t);
}

/* ---- stage ---- */

static void on_connection(uv_stream_t *listener, int status)
{
	struct stage *t = listener->data;
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));

	assert_int_equal(status, 0);
	uv_tcp_init(&t->loop, tcp);
	uv_accept(listener, (uv_stream_t *)tcp);
	session_new(&t->in, tcp);
}

static void on_turn(uv_check_t *check)
{
	lane_turn(&((struct stage *)check->data)->in);
}

static void on_guard(uv_timer_t *timer)
{
	((struct stage *)timer->data)->late = true;
}

static int set_up(void **state)
{
	struct stage *t = mem_alloc(sizeof(*t));
	struct sockaddr_in at;
	int len = sizeof(at);

	uv_loop_init(&t->loop);
	pki_open(&t->pki);
	pki_agent(&t->pki, "mk-srv1", &t->agent);
	t->client = pki_context(&t->pki, TLS_CLIENT, t->agent.crt, t->agent.key);
	t->in.loop = &t->loop;
	t->in.tls = pki_context(&t->pki, TLS_SERVER, t->pki.server_crt, t->pki.server_key);
	uv_tcp_init(&t->loop, &t->listener);
	uv_ip4_addr("127.0.0.1", 0, &at);
	uv_tcp_bind(&t->listener, (struct sockaddr *)&at, 0);
	uv_listen((uv_stream_t *)&t->listener, 8, on_connection);
	uv_tcp_getsockname(&t->listener, (struct sockaddr *)&at, &len);
	t->port = ntohs(at.sin_port);
	uv_check_init(&t->loop, &t->turn);
	uv_timer_init(&t->loop, &t->guard);
	t->listener.data = t->turn.data = t->guard.data = t;
	uv_check_start(&t->turn, on_turn);
	uv_timer_start(&t->guard, on_guard, 20000, 0);
	core_begin(t);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *t = *state;

	for (struct session *s = t->in.sessions; s; s = s->next)
		session_close(s);
	uv_close((uv_handle_t *)&t->listener, NULL);
	uv_close((uv_handle_t *)&t->turn, NULL);
	uv_close((uv_handle_t *)&t->guard, NULL);
	if (t->in.core)
		channel_close(t->in.core);
	if (t->core)
		channel_close(t->core);
	tls_context_free(t->in.tls);
	tls_context_free(t->client);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t->loop), 0);
	assert_int_equal(t->in.session_count, 0);
	assert_int_equal(t->in.connected_count, 0);
	assert_int_equal(t->in.stranger_count, 0);
	assert_int_equal(t->in.waiting_bytes, 0);
	agents_free(&t->in.agents);
	buf_free(&t->in.frame);
	buf_free(&t->in.message);
	pki_agent_free(&t->agent);
	pki_close(&t->pki);
	free(t);
	return 0;
}

/* ---- players ---- */

static void on_player_open(struct tls_stream *s, void *arg)
{
	(void)s;
	((struct player *)arg)->opened = true;
}

static void take_frame(struct player *p, const struct wire_frame *f)
{
	p->frames[f->kind]++;
	if (f->kind == WIRE_ACK)
		wire_read_ack(f, &p->ack);
	else if (f->kind == WIRE_HEARTBEAT)
		wire_read_heartbeat(f, &p->beat);
	else if (f->kind == WIRE_WELCOME && !p->welcome)
		p->welcome = sansang__welcome__unpack(NULL, f->len, f->body);
	else if (f->kind == WIRE_REFUSAL && !p->refusal)
		p->refusal = sansang__refusal__unpack(NULL, f->len, f->body);
	else if (f->kind == WIRE_CERTIFICATE && !p->certificate)
		p->certificate = sansang__certificate__unpack(NULL, f->len, f->body);
	else if (f->kind == WIRE_ASK) {
		Sansang__Ask *a = sansang__ask__unpack(NULL, f->len, f->body);
		p->asked[p->ask_count++ % INTAKE_ASKS_MAX] = a->id;
		snprintf(p->ask, sizeof(p->ask), "%.*s", (int)a->json.len, (char *)a->json.data);
		sansang__ask__free_unpacked(a, NULL);
	} else if (f->kind == WIRE_CONFIG) {
		Sansang__Config *c = sansang__config__unpack(NULL, f->len, f->body);
		snprintf(p->config, sizeof(p->config), "%.*s", (int)c->json.len, (char *)c->json.data);
		sansang__config__free_unpacked(c, NULL);
	}
}

static size_t on_player_data(struct tls_stream *s, const uint8_t *data, size_t len, void *arg)
{
	struct wire_frame f;
	ssize_t n;
	size_t used = 0;

	(void)s;
	while ((n = wire_next(data + used, len - used, WIRE_FRAME_MAX, &f)) > 0) {
		used += (size_t)n;
		take_frame(arg, &f);
	}
	assert_int_equal(n, 0);
	return used;
}

static void on_player_close(struct tls_stream *s, int status, const char *why, void *arg)
{
	struct player *p = arg;

	(void)s, (void)status, (void)why;
	p->closed = true;
	p->s = NULL;
}

static struct player *player_new(struct stage *t, struct tls_context *context)
{
	static const struct tls_handlers handlers = {on_player_open, on_player_data, on_player_close};
	struct player *p = mem_alloc(sizeof(*p));
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));
	struct sockaddr_in at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	uv_ip4_addr("127.0.0.1", t->port, &at);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	uv_tcp_init(&t->loop, tcp);
	uv_tcp_open(tcp, fd);
	p->stage = t;
	p->s = tls_stream_new(context, tcp, &handlers, p);
	return p;
}

#define run_until(t, condition)                                                                                        \
	do {                                                                                                           \
		while (!(condition) && !(t)->late)                                                                     \
			uv_run(&(t)->loop, UV_RUN_ONCE);                                                               \
		assert_true(condition);                                                                                \
	} while (0)

static void player_free(struct player *p)
{
	if (p->s)
		tls_close(p->s);
	run_until(p->stage, p->closed);
	if (p->welcome)
		sansang__welcome__free_unpacked(p->welcome, NULL);
	if (p->refusal)
		sansang__refusal__free_unpacked(p->refusal, NULL);
	if (p->certificate)
		sansang__certificate__free_unpacked(p->certificate, NULL);
	free(p);
}

static void player_send(struct player *p, struct buf *b)
{
	tls_write(p->s, b->data, b->len);
	buf_free(b);
}

static void say_hello_as(struct player *p, uint64_t next_seq, const char *version, bool old)
{
	Sansang__Hello h = SANSANG__HELLO__INIT;
	uint8_t boot[BOOT_ID_BYTES] = {7};
	struct buf b = {0};

	h.protocol = 1;
	h.software = "test";
	h.boot_id = (ProtobufCBinaryData){sizeof(boot), boot};
	h.boot_ms = 5000;
	h.wall_ms = 1; /* it woke in 1970 */
	h.epoch = 42;
	h.next_seq = next_seq;
	h.config_version = (char *)version;
	h.capability = (char *[]){WIRE_CAN_APPLIED, WIRE_CAN_ASK};
	h.n_capability = old ? 0 : 2;
	wire_put(&b, WIRE_HELLO, &h.base);
	player_send(p, &b);
}

static void say_hello(struct player *p, uint64_t next_seq)
{
	say_hello_as(p, next_seq, "", false);
}

static void batch_body(struct buf *body)
{
	struct batch_writer *w = batch_writer_new();
	const int64_t values[] = {1, 2, 3};

	batch_dict(w, 0, "host", 1, "");
	batch_row(w, 0, 5000, values, 3);
	batch_finish(w, body);
	batch_writer_free(w);
}

static void put_batch(struct buf *b, uint64_t seq, uint8_t boot)
{
	struct buf body = {0};

	batch_body(&body);
	struct wire_batch w = {.epoch = 42, .seq = seq, .boot_id = {boot}, .body = body.data, .len = body.len};
	w.wall_ms = 1700000000000;
	wire_put_batch(b, &w);
	buf_free(&body);
}

static void send_batches(struct player *p, uint64_t from, uint64_t to)
{
	struct buf b = {0};

	for (uint64_t seq = from; seq <= to; seq++)
		put_batch(&b, seq, 7);
	player_send(p, &b);
}

static struct player *ready_player(struct stage *t)
{
	struct player *p = player_new(t, t->client);

	run_until(t, p->opened);
	say_hello(p, 1);
	run_until(t, p->frames[WIRE_CONFIG]);
	return p;
}

/* ---- tests ---- */

static void hello_is_welcomed(void **state)
{
	struct stage *t = *state;
	int64_t before = clock_wall_ms();
	struct player *p = ready_player(t);

	assert_int_equal(p->welcome->protocol, 1);
	assert_in_range(p->welcome->offset_ms, before - 5000, clock_wall_ms() - 5000);
	assert_false(p->welcome->renew_epoch);
	assert_int_equal(p->welcome->n_ca, 1);
	assert_int_equal(p->welcome->step_ms, 10000);
	assert_string_equal(p->config, "{\"step_ms\":10000}");
	assert_int_equal(t->in.connected_count, 1);
	run_until(t, *t->states);
	assert_string_equal(t->states, "connected ");
	player_free(p);
	run_until(t, !t->in.session_count && strstr(t->states, "closed"));
	assert_string_equal(t->states, "connected closed ");
}

static void agent_that_forgot_begins_anew(void **state)
{
	struct stage *t = *state;

	t->acked_seq = 1; /* it offers 1 as its next, which core has */
	struct player *p = ready_player(t);
	assert_true(p->welcome->renew_epoch);
	player_free(p);
}

static void batches_are_acknowledged_together(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	send_batches(p, 1, 8);
	run_until(t, p->ack.seq == 8);
	assert_int_equal(p->ack.epoch, 42);
	assert_true(p->frames[WIRE_ACK] < 8);
	assert_int_equal(t->batches, 8);
	assert_int_equal(t->dict_count, 1);
	assert_true(t->offset_known);
	assert_int_equal(t->offset_ms, t->in.agents.size ? agents_find(&t->in.agents, "mk-srv1")->offset.offset_ms : 0);
	assert_int_equal(t->in.counts.batches, 8);
	assert_int_equal(t->in.counts.values, 24);
	player_free(p);
}

static void unverified_boot_is_marked(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	struct buf b = {0};

	put_batch(&b, 1, 9); /* an earlier boot, which nobody told an offset */
	player_send(p, &b);
	run_until(t, p->ack.seq == 1);
	assert_false(t->offset_known);
	assert_int_equal(t->offset_ms, 1700000000000 - 5000);
	player_free(p);
}

static void ninth_batch_unacknowledged_closes(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	t->hold_batches = true;
	send_batches(p, 1, 9);
	run_until(t, p->closed);
	assert_int_equal(t->in.counts.bad_frames, 1);
	assert_int_equal(p->refusal->code, WIRE_REFUSED_PROTOCOL);
	player_free(p);
}

static void closed_by_bytes(struct stage *t, struct player *bystander, const void *data, size_t len)
{
	uint64_t bad = t->in.counts.bad_frames;
	struct player *p = player_new(t, t->client);

	run_until(t, p->opened);
	tls_write(p->s, data, len);
	run_until(t, p->closed);
	assert_int_equal(t->in.counts.bad_frames, bad + 1);
	assert_false(bystander->closed);
	player_free(p);
}

static void bad_frames_close_that_session_only(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	const uint8_t oversize[] = {0, 0, 0x40, 1}, malformed[] = {0, 0, 0, 1, 7},
	              early_batch[] = {0, 0, 0, 2, 0x1a, 0};
	const uint8_t hello_of_nothing[] = {0, 0, 0, 2, 0x0a, 0};

	closed_by_bytes(t, p, oversize, sizeof(oversize));
	closed_by_bytes(t, p, malformed, sizeof(malformed));
	closed_by_bytes(t, p, early_batch, sizeof(early_batch));
	closed_by_bytes(t, p, hello_of_nothing, sizeof(hello_of_nothing));
	send_batches(p, 1, 1);
	run_until(t, p->ack.seq == 1);
	player_free(p);
}

static void broken_batch_closes(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	struct buf b = {0};
	struct wire_batch w = {.epoch = 42, .seq = 1, .body = (const uint8_t *)"\x01\x00\x09", .len = 3};

	wire_put_batch(&b, &w);
	player_send(p, &b);
	run_until(t, p->closed);
	assert_int_equal(t->in.counts.bad_frames, 1);
	assert_int_equal(t->batches, 0);
	player_free(p);
}

static void half_frames_are_put_together(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	struct buf b = {0};

	put_batch(&b, 1, 7);
	put_batch(&b, 2, 7);
	for (size_t i = 0; i < b.len; i++) {
		tls_write(p->s, b.data + i, 1);
		uv_run(&t->loop, UV_RUN_NOWAIT);
	}
	run_until(t, p->ack.seq == 2);
	buf_free(&b);
	player_free(p);
}

static void core_may_refuse(void **state)
{
	struct stage *t = *state;
	struct player *p = player_new(t, t->client);

	t->hello_status = -EACCES;
	run_until(t, p->opened);
	say_hello(p, 1);
	run_until(t, p->refusal);
	assert_int_equal(p->refusal->code, WIRE_REFUSED_NODE);
	assert_string_equal(p->refusal->text, "no such node");
	run_until(t, *t->states);
	assert_string_equal(t->states, "refused ");
	player_free(p);
}

static void newer_session_replaces_older(void **state)
{
	struct stage *t = *state;
	struct player *older = ready_player(t), *newer = ready_player(t);

	run_until(t, older->closed);
	assert_int_equal(older->refusal->code, WIRE_REFUSED_REPLACED);
	assert_int_equal(t->in.connected_count, 1);
	send_batches(newer, 1, 1);
	run_until(t, newer->ack.seq == 1);
	run_until(t, strlen(t->states) > 10);
	assert_string_equal(t->states, "connected connected "); /* the node was never away */
	player_free(older);
	player_free(newer);
}

static void new_core_gets_what_the_old_one_owed(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	t->hold_batches = true;
	send_batches(p, 1, 3);
	run_until(t, t->batches == 3);
	channel_close(t->core); /* killed */
	run_until(t, !t->in.core && !t->core);
	send_batches(p, 4, 5); /* meanwhile */
	for (int i = 0; i < 10; i++)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	t->hold_batches = false;
	t->batches = 0;
	core_begin(t);
	for (struct session *s = t->in.sessions; s; s = s->next) { /* what main.c does on a new link */
		hello_ask(s);
		lane_resend(s);
	}
	run_until(t, p->ack.seq == 5);
	assert_int_equal(t->batches, 5);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(t->seqs[i], i + 1);
	assert_int_equal(t->hellos, 2);
	assert_false(p->closed);
	player_free(p);
}

static void full_journal_acknowledges_nothing(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	t->batch_status = -ENOSPC;
	send_batches(p, 1, 1);
	run_until(t, p->refusal);
	assert_int_equal(p->refusal->code, WIRE_REFUSED_FULL);
	assert_true(p->refusal->retry_after_s > 0);
	t->batch_status = 0;
	t->batches = 0;
	send_batches(p, 2, 3); /* was on its way: it would make a gap */
	send_batches(p, 1, 3); /* again, from the first */
	run_until(t, p->ack.seq == 3);
	assert_int_equal(t->batches, 3);
	assert_int_equal(t->seqs[0], 1);
	player_free(p);
}

static void duplicates_are_acknowledged(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	t->batch_status = -EALREADY;
	send_batches(p, 1, 2);
	run_until(t, p->ack.seq == 2);
	assert_int_equal(t->in.counts.duplicates, 2);
	player_free(p);
}

static void stranger_may_only_enrol(void **state)
{
	struct stage *t = *state;
	uint8_t fingerprint[CA_FINGERPRINT_BYTES];
	const struct tls_options o = {.side = TLS_CLIENT, .ca_fingerprint = fingerprint};
	struct tls_context *pinned;
	Sansang__Enrol e = SANSANG__ENROL__INIT;
	struct buf b = {0};

	ca_fingerprint(t->pki.ca, fingerprint);
	assert_int_equal(tls_context_new(&pinned, &o), 0);
	struct player *p = player_new(t, pinned);
	run_until(t, p->opened);
	say_hello(p, 1);
	run_until(t, p->closed);
	assert_int_equal(t->hellos, 0);
	player_free(p);
	e.node = "mk-srv2";
	e.software = "test";
	wire_put(&b, WIRE_ENROL, &e.base);
	p = player_new(t, pinned);
	run_until(t, p->opened);
	player_send(p, &b);
	run_until(t, p->certificate);
	assert_int_equal(t->enrolments, 1);
	assert_int_equal(t->in.counts.enrolled, 1);
	assert_memory_equal(p->certificate->certificate.data, "certificate", 11);
	player_free(p);
	tls_context_free(pinned);
}

static void certificate_is_renewed_by_core(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	Sansang__Renew r = SANSANG__RENEW__INIT;
	struct buf b = {0};

	r.csr = (ProtobufCBinaryData){3, (uint8_t *)"csr"};
	wire_put(&b, WIRE_RENEW, &r.base);
	player_send(p, &b);
	run_until(t, p->certificate);
	assert_int_equal(t->in.counts.renewed, 1);
	t->hello_status = -EACCES; /* core says no: the old certificate still serves */
	wire_put(&b, WIRE_RENEW, &r.base);
	player_send(p, &b);
	run_until(t, t->enrolments == 2 && t->in.counts.refused == 1);
	send_batches(p, 1, 1);
	run_until(t, p->ack.seq == 1);
	player_free(p);
}

static void heartbeat_is_answered_at_once(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	const struct wire_heartbeat h = {.boot_ms = 5001, .wall_ms = 2, .rtt_us = 77};
	struct buf b = {0};

	wire_put_heartbeat(&b, &h);
	player_send(p, &b);
	run_until(t, p->frames[WIRE_HEARTBEAT]);
	assert_int_equal(p->beat.echo_boot_ms, 5001);
	assert_int_equal(p->beat.offset_ms, agents_find(&t->in.agents, "mk-srv1")->offset.offset_ms);
	player_free(p);
}

static void silence_is_said_once_and_ended(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	struct session *s = t->in.sessions;
	int64_t now = (int64_t)uv_now(&t->loop);

	session_tick(s, now + SILENT_MS - 1000);
	session_tick(s, now + SILENT_MS + 1000);
	session_tick(s, now + SILENT_MS + 2000);
	run_until(t, strstr(t->states, "silent"));
	assert_int_equal(t->in.counts.silent, 1);
	send_batches(p, 1, 1);
	run_until(t, p->ack.seq == 1 && strstr(t->states, "heard"));
	session_tick(s, now + DEAD_MS + 60000);
	run_until(t, p->closed);
	run_until(t, strstr(t->states, "reset"));
	assert_string_equal(t->states, "connected silent heard reset ");
	player_free(p);
}

static void slow_handshake_is_ended(void **state)
{
	struct stage *t = *state;
	struct player *p = player_new(t, t->client);

	run_until(t, p->opened && t->in.sessions && t->in.sessions->state == SESSION_GREETING);
	session_tick(t->in.sessions, (int64_t)uv_now(&t->loop) + STRANGER_MS);
	run_until(t, p->closed);
	player_free(p);
}

static void hints_go_to_core(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);
	Sansang__Hint h = SANSANG__HINT__INIT;
	Sansang__Hint__State st = SANSANG__HINT__STATE__INIT, *list = &st;
	struct buf b = {0};

	st.class_name = "svc";
	st.instance = "land";
	h.state = &list;
	h.n_state = 1;
	wire_put(&b, WIRE_HINT, &h.base);
	player_send(p, &b);
	run_until(t, t->hints == 1);
	st.instance = "../etc"; /* becomes part of a path */
	wire_put(&b, WIRE_HINT, &h.base);
	player_send(p, &b);
	run_until(t, p->closed);
	assert_int_equal(t->hints, 1);
	player_free(p);
}

static void say_applied(struct player *p, const char *version)
{
	Sansang__Applied a = SANSANG__APPLIED__INIT;
	struct buf b = {0};

	a.config_version = (char *)version;
	wire_put(&b, WIRE_APPLIED, &a.base);
	player_send(p, &b);
}

static void applied_configuration_is_journalled(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	assert_true(wire_can(p->welcome->capability, p->welcome->n_capability, WIRE_CAN_APPLIED));
	say_applied(p, "0123456789abcdef");
	run_until(t, strstr(t->states, "configured"));
	assert_string_equal(t->version, "0123456789abcdef");
	/* one that changes its mind all the time is journalled once a second */
	for (int i = 0; i < 20; i++)
		say_applied(p, i % 2 ? "a\n" : "b");
	say_applied(p, "last\x01");
	struct session *s = t->in.sessions;
	run_until(t, !strcmp(s->applied_version, "last?"));
	assert_string_equal(t->states, "connected configured ");
	session_tick(s, (int64_t)uv_now(&t->loop) + 2000);
	run_until(t, !strcmp(t->states, "connected configured configured "));
	assert_string_equal(t->version, "last?");
	player_free(p);
}

static void what_the_agent_has_is_not_sent_again(void **state)
{
	struct stage *t = *state;
	struct player *p = player_new(t, t->client);

	run_until(t, p->opened);
	say_hello_as(p, 1, "0123456789abcdef", false);
	run_until(t, p->welcome && strstr(t->states, "connected"));
	assert_string_equal(t->has, "0123456789abcdef");
	assert_string_equal(t->version, "0123456789abcdef");
	assert_int_equal(p->frames[WIRE_CONFIG], 0);
	player_free(p);
}

static void say_answer(struct player *p, uint64_t id, const char *json)
{
	Sansang__Answer a = SANSANG__ANSWER__INIT;
	struct buf b = {0};

	a.id = id;
	a.json = (ProtobufCBinaryData){strlen(json), (uint8_t *)json};
	wire_put(&b, WIRE_ANSWER, &a.base);
	player_send(p, &b);
}

static void asks_go_there_and_back(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	core_ask(t, "mk-srv1", "{\"do\":1}", 8);
	run_until(t, p->ask_count == 1);
	assert_string_equal(p->ask, "{\"do\":1}");
	say_answer(p, p->asked[0] + 1, "{}"); /* of no ask: passed over */
	say_answer(p, p->asked[0], "{ \"up\" : true }");
	run_until(t, t->replies == 1);
	assert_int_equal(t->reply_status, 0);
	assert_string_equal(t->reply, "{\"up\":true}"); /* of our own writing */
	assert_int_equal(t->in.ask_count, 0);
	player_free(p);
}

static void asks_that_cannot_be_put(void **state)
{
	struct stage *t = *state;
	char *long_one = mem_alloc(WIRE_ASK_MAX + 1);

	core_ask(t, "mk-srv1", "{}", 2);
	run_until(t, t->replies == 1);
	assert_int_equal(t->reply_status, -ENOTCONN);
	struct player *old = player_new(t, t->client);
	run_until(t, old->opened);
	say_hello_as(old, 1, "", true);
	run_until(t, old->frames[WIRE_CONFIG]);
	core_ask(t, "mk-srv1", "{}", 2);
	run_until(t, t->replies == 2);
	assert_int_equal(t->reply_status, -ENOTSUP);
	assert_int_equal(old->ask_count, 0);
	player_free(old);
	run_until(t, !t->in.connected_count);
	struct player *p = ready_player(t);
	core_ask(t, "mk-srv1", long_one, WIRE_ASK_MAX + 1);
	run_until(t, t->replies == 3);
	assert_int_equal(t->reply_status, -EMSGSIZE);
	for (int i = 0; i <= INTAKE_ASKS_MAX; i++)
		core_ask(t, "mk-srv1", "{}", 2);
	run_until(t, t->replies == 4);
	assert_int_equal(t->reply_status, -EBUSY);
	run_until(t, p->ask_count == INTAKE_ASKS_MAX);
	ask_tick(&t->in, (int64_t)uv_now(&t->loop) + 61000);
	run_until(t, t->replies == 4 + INTAKE_ASKS_MAX);
	assert_int_equal(t->reply_status, -ETIMEDOUT);
	say_answer(p, p->asked[0], "{}"); /* too late for anybody, and no harm */
	say_applied(p, "x");
	run_until(t, strstr(t->states, "configured"));
	assert_int_equal(t->replies, 4 + INTAKE_ASKS_MAX);
	free(long_one);
	player_free(p);
}

static void lost_connection_answers_its_asks(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	core_ask(t, "mk-srv1", "{}", 2);
	run_until(t, p->ask_count == 1);
	player_free(p);
	run_until(t, t->replies == 1);
	assert_int_equal(t->reply_status, -ENOTCONN);
}

static void answer_that_is_no_object_closes(void **state)
{
	struct stage *t = *state;
	struct player *p = ready_player(t);

	core_ask(t, "mk-srv1", "{}", 2);
	run_until(t, p->ask_count == 1);
	say_answer(p, p->asked[0], "[1");
	run_until(t, p->closed && t->replies == 1);
	assert_int_equal(t->reply_status, -ENOTCONN);
	assert_int_equal(t->in.counts.bad_frames, 1);
	player_free(p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(hello_is_welcomed),
	        T(agent_that_forgot_begins_anew),
	        T(batches_are_acknowledged_together),
	        T(unverified_boot_is_marked),
	        T(ninth_batch_unacknowledged_closes),
	        T(bad_frames_close_that_session_only),
	        T(broken_batch_closes),
	        T(half_frames_are_put_together),
	        T(core_may_refuse),
	        T(newer_session_replaces_older),
	        T(new_core_gets_what_the_old_one_owed),
	        T(full_journal_acknowledges_nothing),
	        T(duplicates_are_acknowledged),
	        T(stranger_may_only_enrol),
	        T(certificate_is_renewed_by_core),
	        T(heartbeat_is_answered_at_once),
	        T(silence_is_said_once_and_ended),
	        T(slow_handshake_is_ended),
	        T(hints_go_to_core),
	        T(applied_configuration_is_journalled),
	        T(what_the_agent_has_is_not_sent_again),
	        T(asks_go_there_and_back),
	        T(asks_that_cannot_be_put),
	        T(lost_connection_answers_its_asks),
	        T(answer_that_is_no_object_closes),
	};

	signal(SIGPIPE, SIG_IGN); /* as in every process of ours */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
