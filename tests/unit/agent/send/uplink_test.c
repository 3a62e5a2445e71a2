/* uplink: the real one with a real spool, and a collector played by hand, over TLS on loopback in one loop. */
#include "agent/send/uplink.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/batch.h"
#include "collector/ca.c"
#include "collector/certificate.c"
#include "tests/unit/pki.h"

#define KEPT 64

struct stage {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_timer_t guard;
	bool late;
	struct pki pki;
	struct tls_context *server_context;
	/* the collector's side of the connection */
	struct tls_stream *s;
	unsigned accepted, frames[WIRE_KINDS];
	char peer[65], proxy_asked[128];
	bool proxied;
	bool ack_all, refuse_token, say_nothing;
	uint64_t acked_seq, epoch;
	bool renew_epoch;
	int64_t offset_ms;
	struct wire_batch batches[KEPT];
	unsigned batch_count;
	Sansang__Hello *hello;
	bool old;         /* a collector that knows no capability */
	char applied[40]; /* what the agent said last */
	uint64_t answered;
	char answer[128];
	size_t answer_len;
	/* the agent's side */
	struct agent_config config;
	char *collectors[2];
	char address[32];
	struct spool *spool;
	struct uplink *u;
	bool connected;
	char config_json[64], lost[160], asked[64];
	uint64_t asked_id;
	int64_t told_offset_ms, told_step_ms;
};

static void send_buf(struct stage *t, struct buf *b)
{
	tls_write(t->s, b->data, b->len);
	buf_free(b);
}

static void send_welcome(struct stage *t)
{
	Sansang__Welcome w = SANSANG__WELCOME__INIT;
	const struct buf *ca;
	ProtobufCBinaryData set[4], *list = set;
	struct buf b = {0};

	w.protocol = 1;
	w.wall_ms = clock_wall_ms();
	w.offset_ms = t->offset_ms;
	w.acked_seq = t->acked_seq;
	w.renew_epoch = t->renew_epoch;
	w.n_ca = ca_certificates(t->pki.ca, &ca);
	for (size_t i = 0; i < w.n_ca; i++)
		set[i] = (ProtobufCBinaryData){ca[i].len, ca[i].data};
	w.ca = list;
	w.step_ms = 10000;
	w.capability = (char *[]){WIRE_CAN_APPLIED, WIRE_CAN_ASK};
	w.n_capability = t->old ? 0 : 2;
	wire_put(&b, WIRE_WELCOME, &w.base);
	send_buf(t, &b);
}

static void send_certificate(struct stage *t, const uint8_t *csr, size_t len)
{
	Sansang__Certificate c = SANSANG__CERTIFICATE__INIT;
	struct buf b = {0}, der = {0};
	const struct buf *ca;
	char serial[CA_SERIAL_SIZE];
	ProtobufCBinaryData set[4];

	assert_int_equal(ca_sign_agent(t->pki.ca, csr, len, "mk-srv1", &der, serial), 0);
	c.certificate = (ProtobufCBinaryData){der.len, der.data};
	c.n_ca = ca_certificates(t->pki.ca, &ca);
	for (size_t i = 0; i < c.n_ca; i++)
		set[i] = (ProtobufCBinaryData){ca[i].len, ca[i].data};
	c.ca = set;
	wire_put(&b, WIRE_CERTIFICATE, &c.base);
	send_buf(t, &b);
	buf_free(&der);
}

static void on_enrol(struct stage *t, const struct wire_frame *f)
{
	Sansang__Enrol *e = sansang__enrol__unpack(NULL, f->len, f->body);
	struct buf b = {0};

	assert_string_equal(e->node, "mk-srv1");
	assert_int_equal(e->secret.data[0], 77);
	if (t->refuse_token) {
		wire_put_refusal(&b, WIRE_REFUSED_TOKEN, "used before", 30);
		send_buf(t, &b);
	} else
		send_certificate(t, e->csr.data, e->csr.len);
	sansang__enrol__free_unpacked(e, NULL);
}

static void on_batch(struct stage *t, const struct wire_frame *f)
{
	struct wire_batch *w = &t->batches[t->batch_count++ % KEPT];
	struct buf b = {0};

	assert_int_equal(wire_read_batch(f, w), 0);
	w->body = NULL;
	if (t->ack_all) {
		wire_put_ack(&b, &(struct wire_ack){w->epoch, w->seq});
		send_buf(t, &b);
	}
}

static void on_said(struct stage *t, const struct wire_frame *f)
{
	if (f->kind == WIRE_APPLIED) {
		Sansang__Applied *a = sansang__applied__unpack(NULL, f->len, f->body);
		snprintf(t->applied, sizeof(t->applied), "%s", a->config_version);
		sansang__applied__free_unpacked(a, NULL);
	} else {
		Sansang__Answer *a = sansang__answer__unpack(NULL, f->len, f->body);
		t->answered = a->id;
		t->answer_len = a->json.len;
		snprintf(t->answer, sizeof(t->answer), "%.*s", (int)(a->json.len < 127 ? a->json.len : 127),
		        (const char *)a->json.data);
		sansang__answer__free_unpacked(a, NULL);
	}
}

static void take_frame(struct stage *t, const struct wire_frame *f)
{
	t->frames[f->kind]++;
	if (t->say_nothing)
		return;
	if (f->kind == WIRE_ENROL) {
		on_enrol(t, f);
	} else if (f->kind == WIRE_HELLO) {
		if (t->hello)
			sansang__hello__free_unpacked(t->hello, NULL);
		t->hello = sansang__hello__unpack(NULL, f->len, f->body);
		send_welcome(t);
	} else if (f->kind == WIRE_BATCH) {
		on_batch(t, f);
	} else if (f->kind == WIRE_RENEW) {
		Sansang__Renew *r = sansang__renew__unpack(NULL, f->len, f->body);
		send_certificate(t, r->csr.data, r->csr.len);
		sansang__renew__free_unpacked(r, NULL);
	} else if (f->kind == WIRE_APPLIED || f->kind == WIRE_ANSWER) {
		on_said(t, f);
	}
}

static void on_server_open(struct tls_stream *s, void *arg)
{
	struct stage *t = arg;

	snprintf(t->peer, sizeof(t->peer), "%s", tls_peer_name(s) ? tls_peer_name(s) : "(none)");
}

static size_t on_server_data(struct tls_stream *s, const uint8_t *data, size_t len, void *arg)
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

static void on_server_close(struct tls_stream *s, int status, const char *why, void *arg)
{
	struct stage *t = arg;

	(void)status, (void)why;
	if (t->s == s)
		t->s = NULL;
}

static void serve(struct stage *t, uv_tcp_t *tcp)
{
	static const struct tls_handlers handlers = {on_server_open, on_server_data, on_server_close};

	t->s = tls_stream_new(t->server_context, tcp, &handlers, t);
}

/* As a proxy: the first bytes are HTTP, read as they come (they fit one segment on loopback). */
static void on_proxy_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
	struct stage *t = ((uv_stream_t *)h)->data;

	(void)wanted;
	*out = uv_buf_init(t->proxy_asked, sizeof(t->proxy_asked) - 1);
}

static void on_proxy_ask(uv_stream_t *tcp, ssize_t n, const uv_buf_t *room)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\n\r\n";
	uv_buf_t b = uv_buf_init((char *)yes, sizeof(yes) - 1);
	struct stage *t = tcp->data;

	assert_true(n > 0);
	room->base[n] = 0;
	uv_read_stop(tcp);
	assert_int_equal(uv_try_write(tcp, &b, 1), sizeof(yes) - 1);
	serve(t, (uv_tcp_t *)tcp);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct stage *t = listener->data;
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));

	assert_int_equal(status, 0);
	uv_tcp_init(&t->loop, tcp);
	uv_accept(listener, (uv_stream_t *)tcp);
	t->accepted++;
	tcp->data = t;
	if (t->proxied)
		uv_read_start((uv_stream_t *)tcp, on_proxy_alloc, on_proxy_ask);
	else
		serve(t, tcp);
}

static void on_guard(uv_timer_t *timer)
{
	((struct stage *)timer->data)->late = true;
}

/* ---- the agent's side ---- */

static void on_told_config(const char *version, const char *json, size_t len, void *arg)
{
	(void)version;
	snprintf(((struct stage *)arg)->config_json, 64, "%.*s", (int)len, json);
}

static void on_told_connected(bool connected, const char *address, void *arg)
{
	struct stage *t = arg;

	t->connected = connected;
	assert_string_equal(address, connected ? "127.0.0.1" : "");
}

static void on_told_ask(uint64_t id, const char *json, size_t len, void *arg)
{
	struct stage *t = arg;

	t->asked_id = id;
	snprintf(t->asked, sizeof(t->asked), "%.*s", (int)len, json);
}

static void on_told_lost(const char *why, void *arg)
{
	struct stage *t = arg;

	snprintf(t->lost, sizeof(t->lost), "%s", why);
}

static void on_told_offset(int64_t offset_ms, int64_t step_ms, void *arg)
{
	struct stage *t = arg;

	t->told_offset_ms = offset_ms;
	t->told_step_ms = step_ms;
}

static void write_token(struct stage *t, const uint8_t *fingerprint)
{
	struct token token = {.secret = {77}};
	char word[TOKEN_WORD_SIZE];

	memcpy(token.ca_fingerprint, fingerprint, sizeof(token.ca_fingerprint));
	token_encode(&token, word);
	FILE *f = fopen(t->config.token_file, "w");
	fprintf(f, "%s\n", word);
	fclose(f);
}

static void put_batches(struct stage *t, unsigned count)
{
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0};
	const int64_t value = 5;

	for (unsigned i = 0; i < count; i++) {
		buf_reset(&body);
		batch_row(w, 0, clock_boot_ms(), &value, 1);
		batch_finish(w, &body);
		assert_int_equal(spool_put(t->spool, clock_boot_ms(), body.data, body.len), 0);
	}
	batch_writer_free(w);
	buf_free(&body);
}

static void uplink_begin(struct stage *t)
{
	static const struct uplink_handlers handlers = {.on_config = on_told_config,
	        .on_connected = on_told_connected,
	        .on_offset = on_told_offset,
	        .on_ask = on_told_ask,
	        .on_lost = on_told_lost};

	t->u = uplink_new(&t->loop, &t->config, t->spool, &handlers, t);
}

static int set_up(void **state)
{
	struct stage *t = mem_alloc(sizeof(*t));
	struct sockaddr_in at;
	int len = sizeof(at);
	uint8_t fingerprint[CA_FINGERPRINT_BYTES];

	uv_loop_init(&t->loop);
	pki_open(&t->pki);
	t->server_context = pki_context(&t->pki, TLS_SERVER, t->pki.server_crt, t->pki.server_key);
	uv_tcp_init(&t->loop, &t->listener);
	uv_ip4_addr("127.0.0.1", 0, &at);
	uv_tcp_bind(&t->listener, (struct sockaddr *)&at, 0);
	uv_listen((uv_stream_t *)&t->listener, 8, on_connection);
	uv_tcp_getsockname(&t->listener, (struct sockaddr *)&at, &len);
	uv_timer_init(&t->loop, &t->guard);
	t->listener.data = t->guard.data = t;
	uv_timer_start(&t->guard, on_guard, 30000, 0);
	snprintf(t->address, sizeof(t->address), "127.0.0.1:%d", ntohs(at.sin_port));
	t->collectors[0] = t->address;
	t->config.collectors = (struct conf_strings){.items = t->collectors, .count = 1};
	t->config.node = "mk-srv1";
	t->config.state_dir = t->pki.dir;
	t->config.token_file = pki_path(&t->pki, "token");
	t->offset_ms = 1000000;
	ca_fingerprint(t->pki.ca, fingerprint);
	write_token(t, fingerprint);
	assert_int_equal(spool_open(&t->spool, t->pki.dir, 1 << 20), 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *t = *state;

	if (t->u)
		uplink_close(t->u);
	if (t->s)
		tls_close(t->s);
	uv_close((uv_handle_t *)&t->listener, NULL);
	uv_close((uv_handle_t *)&t->guard, NULL);
	tls_context_free(t->server_context);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t->loop), 0);
	if (t->hello)
		sansang__hello__free_unpacked(t->hello, NULL);
	spool_close(t->spool);
	free(t->config.token_file);
	pki_close(&t->pki);
	free(t);
	return 0;
}

#define run_until(t, condition)                                                                                        \
	do {                                                                                                           \
		while (!(condition) && !(t)->late)                                                                     \
			uv_run(&(t)->loop, UV_RUN_ONCE);                                                               \
		assert_true(condition);                                                                                \
	} while (0)

/* The pause before another try, taken as over. */
static void hurry(struct stage *t)
{
	if (uv_is_active((uv_handle_t *)&t->u->retry))
		retry_in(t->u, 0);
}

static void connected(struct stage *t)
{
	uplink_begin(t);
	run_until(t, t->connected);
}

/* ---- tests ---- */

static void token_becomes_a_certificate(void **state)
{
	struct stage *t = *state;
	struct stat st;
	char *key = pki_path(&t->pki, "agent.key");

	connected(t);
	assert_int_equal(t->frames[WIRE_ENROL], 1);
	assert_int_equal(t->accepted, 2); /* a stranger, then itself */
	assert_string_equal(t->peer, "mk-srv1");
	assert_int_equal(access(t->config.token_file, F_OK), -1);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(key);
}

static void wrong_fingerprint_is_not_trusted(void **state)
{
	struct stage *t = *state;
	uint8_t other[CA_FINGERPRINT_BYTES] = {1};

	write_token(t, other);
	uplink_begin(t);
	run_until(t, t->accepted && uv_is_active((uv_handle_t *)&t->u->retry));
	assert_int_equal(t->frames[WIRE_ENROL], 0); /* the secret stayed with us */
	assert_int_equal(access(t->config.token_file, F_OK), 0);
}

static void refused_token_is_not_offered_again(void **state)
{
	struct stage *t = *state;

	t->refuse_token = true;
	uplink_begin(t);
	run_until(t, t->frames[WIRE_ENROL] && uv_is_active((uv_handle_t *)&t->u->retry));
	for (int i = 0; i < 20; i++) {
		hurry(t);
		uv_run(&t->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(t->frames[WIRE_ENROL], 1);
	t->refuse_token = false;
	uint8_t fingerprint[CA_FINGERPRINT_BYTES];
	ca_fingerprint(t->pki.ca, fingerprint);
	unlink(t->config.token_file);
	write_token(t, fingerprint); /* the technician brings another */
	hurry(t);
	run_until(t, t->connected);
}

static void batches_go_in_sequence_eight_at_most(void **state)
{
	struct stage *t = *state;

	put_batches(t, 20);
	connected(t);
	run_until(t, t->batch_count == 8);
	for (int i = 0; i < 10; i++)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	assert_int_equal(t->batch_count, 8);
	struct buf b = {0};
	t->ack_all = true;
	wire_put_ack(&b, &(struct wire_ack){spool_epoch(t->spool), 8});
	send_buf(t, &b);
	run_until(t, !spool_backlog(t->spool));
	assert_int_equal(t->batch_count, 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(t->batches[i].seq, i + 1);
	assert_true(t->batches[19].offset_known);
	assert_int_equal(t->batches[19].offset_ms, t->offset_ms);
	put_batches(t, 1);
	uplink_wake(t->u);
	run_until(t, t->batch_count == 21);
}

/* Sent again and again it would keep all that follows from the collector. */
static void damaged_batch_is_dropped(void **state)
{
	struct stage *t = *state;

	put_batches(t, 2);
	assert_int_equal(spool_put(t->spool, 1, (const uint8_t *)"\xff\xff", 2), 0);
	put_batches(t, 2);
	t->ack_all = true;
	connected(t);
	run_until(t, !spool_backlog(t->spool));
	assert_int_equal(t->batch_count, 4);
	assert_int_equal(t->batches[1].seq, 2);
	assert_int_equal(t->batches[2].seq, 4);
}

static void dropped_connection_is_taken_up(void **state)
{
	struct stage *t = *state;

	put_batches(t, 5);
	connected(t);
	run_until(t, t->batch_count == 5);
	t->batch_count = 0;
	t->acked_seq = 3; /* the collector had stored these when it died */
	tls_close(t->s);
	run_until(t, !t->connected);
	hurry(t);
	run_until(t, t->batch_count == 2);
	assert_int_equal(t->batches[0].seq, 4);
	assert_int_equal(t->hello->oldest_seq, 1);
	assert_int_equal(t->hello->next_seq, 6);
	assert_true(t->hello->offset_known);
	assert_int_equal(t->hello->offset_ms, t->offset_ms);
}

static void new_epoch_sends_all_again(void **state)
{
	struct stage *t = *state;
	uint64_t epoch = spool_epoch(t->spool);

	put_batches(t, 3);
	t->renew_epoch = t->ack_all = true;
	t->acked_seq = 900;
	connected(t);
	run_until(t, t->batch_count && !spool_backlog(t->spool));
	assert_true(t->batches[0].epoch != epoch);
	assert_int_equal(t->batches[0].seq, 1);
	assert_true(t->batch_count >= 3);
}

static void full_collector_is_waited_for(void **state)
{
	struct stage *t = *state;
	struct buf b = {0};

	put_batches(t, 3);
	connected(t);
	run_until(t, t->batch_count == 3);
	wire_put_refusal(&b, WIRE_REFUSED_FULL, "full", 10);
	send_buf(t, &b);
	run_until(t, t->u->link.hold_until_ms);
	uplink_wake(t->u);
	for (int i = 0; i < 10; i++)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	assert_int_equal(t->batch_count, 3);
	t->ack_all = true;
	t->u->link.hold_until_ms = 0; /* the time is over */
	uplink_wake(t->u);
	run_until(t, !spool_backlog(t->spool));
	assert_int_equal(t->batches[3].seq, 1);
}

static void configuration_and_offset_are_handed_on(void **state)
{
	struct stage *t = *state;
	Sansang__Config c = SANSANG__CONFIG__INIT;
	struct buf b = {0};
	int64_t offset_ms;

	connected(t);
	assert_int_equal(t->told_offset_ms, 1000000);
	assert_int_equal(t->told_step_ms, 10000);
	c.version = "abc";
	c.json = (ProtobufCBinaryData){2, (uint8_t *)"{}"};
	wire_put(&b, WIRE_CONFIG, &c.base);
	wire_put_heartbeat(&b, &(struct wire_heartbeat){.boot_ms = 1, .offset_ms = 2000000});
	send_buf(t, &b);
	run_until(t, *t->config_json && t->told_offset_ms == 2000000);
	assert_string_equal(t->config_json, "{}");
	assert_true(spool_offset(t->spool, &offset_ms));
	assert_int_equal(offset_ms, 2000000);
}

static void applied_configuration_is_said_once(void **state)
{
	struct stage *t = *state;

	connected(t);
	uplink_config_version(t->u, "abc");
	run_until(t, t->frames[WIRE_APPLIED] == 1);
	assert_string_equal(t->applied, "abc");
	uplink_config_version(t->u, "abc");
	uplink_config_version(t->u, "def");
	run_until(t, t->frames[WIRE_APPLIED] == 2);
	assert_string_equal(t->applied, "def");
	tls_close(t->s);
	run_until(t, !t->connected);
	uplink_config_version(t->u, "ghi"); /* while away: the hello says it */
	hurry(t);
	run_until(t, t->connected);
	assert_string_equal(t->hello->config_version, "ghi");
	assert_true(wire_can(t->hello->capability, t->hello->n_capability, WIRE_CAN_ASK));
	assert_int_equal(t->frames[WIRE_APPLIED], 2);
}

static void older_collector_hears_nothing_new(void **state)
{
	struct stage *t = *state;

	t->old = true;
	connected(t);
	uplink_config_version(t->u, "abc");
	uplink_answer(t->u, 1, "{}", 2); /* nobody asked */
	put_batches(t, 1);
	uplink_wake(t->u);
	run_until(t, t->batch_count == 1);
	assert_int_equal(t->frames[WIRE_APPLIED] + t->frames[WIRE_ANSWER], 0);
}

static void send_ask(struct stage *t, uint64_t id, const char *json, size_t len)
{
	Sansang__Ask a = SANSANG__ASK__INIT;
	struct buf b = {0};

	a.id = id;
	a.json = (ProtobufCBinaryData){len, (uint8_t *)json};
	wire_put(&b, WIRE_ASK, &a.base);
	send_buf(t, &b);
}

static void asks_are_answered_with_their_number(void **state)
{
	struct stage *t = *state;

	connected(t);
	send_ask(t, 7, "{\"do\":\"check\"}", 14);
	run_until(t, t->asked_id == 7);
	assert_string_equal(t->asked, "{\"do\":\"check\"}");
	uplink_answer(t->u, 8, "{}", 2); /* not asked */
	uplink_answer(t->u, 7, "{\"up\":true}", 11);
	uplink_answer(t->u, 7, "{\"up\":false}", 12); /* answered already */
	run_until(t, t->frames[WIRE_ANSWER]);
	for (int i = 0; i < 10; i++)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	assert_int_equal(t->frames[WIRE_ANSWER], 1);
	assert_int_equal(t->answered, 7);
	assert_string_equal(t->answer, "{\"up\":true}");
}

static void too_many_and_too_long_asks_are_refused(void **state)
{
	struct stage *t = *state;
	char *long_one = mem_alloc(WIRE_ANSWER_MAX + 1);

	memset(long_one, ' ', WIRE_ANSWER_MAX + 1);
	connected(t);
	send_ask(t, 99, long_one, WIRE_ASK_MAX + 1);
	run_until(t, t->frames[WIRE_ANSWER] == 1);
	assert_int_equal(t->answered, 99);
	assert_int_equal(t->asked_id, 0);
	for (unsigned i = 1; i <= LINK_ASKS_MAX + 1; i++)
		send_ask(t, i, "{}", 2);
	run_until(t, t->frames[WIRE_ANSWER] == 2);
	assert_int_equal(t->answered, LINK_ASKS_MAX + 1);
	assert_non_null(strstr(t->answer, "too many"));
	uplink_answer(t->u, 3, long_one, WIRE_ANSWER_MAX + 1);
	run_until(t, t->answered == 3);
	assert_non_null(strstr(t->answer, "too long"));
	uplink_answer(t->u, 4, long_one, WIRE_ANSWER_MAX);
	run_until(t, t->answered == 4);
	assert_int_equal(t->answer_len, WIRE_ANSWER_MAX);
	free(long_one);
}

static void an_ask_dies_with_its_connection(void **state)
{
	struct stage *t = *state;

	connected(t);
	send_ask(t, 7, "{}", 2);
	run_until(t, t->asked_id == 7);
	tls_close(t->s);
	run_until(t, !t->connected);
	uplink_answer(t->u, 7, "{}", 2);
	hurry(t);
	run_until(t, t->connected);
	uplink_answer(t->u, 7, "{}", 2);
	for (int i = 0; i < 10; i++)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	assert_int_equal(t->frames[WIRE_ANSWER], 0);
}

static void silent_collector_is_dropped(void **state)
{
	struct stage *t = *state;

	connected(t);
	t->u->link.heard_ms -= 60000;
	run_until(t, !t->connected);
	assert_non_null(strstr(t->u->last_why, "silent"));
	assert_non_null(strstr(t->lost, "silent"));
}

static void certificate_is_renewed_when_due(void **state)
{
	struct stage *t = *state;

	connected(t);
	assert_true(t->u->link.renew_at_ms > clock_wall_ms() + 50 * DAY_MS);
	assert_true(t->u->link.renew_at_ms < clock_wall_ms() + 65 * DAY_MS);
	t->u->link.renew_at_ms = 1;
	run_until(t, t->frames[WIRE_RENEW] == 1 && t->u->link.renew_at_ms > 1);
	assert_null(t->u->context); /* the next connection shows the new one */
}

static void rolled_over_set_is_kept(void **state)
{
	struct stage *t = *state;
	struct buf *set;
	size_t count;
	char *path = pki_path(&t->pki, "ca.pem");

	connected(t);
	assert_int_equal(tls_authorities_read(path, &set, &count), 0);
	assert_int_equal(count, 1);
	tls_authorities_free(set, count);
	assert_int_equal(ca_roll(t->pki.ca), 0);
	send_welcome(t);
	run_until(t, !t->u->context);
	assert_int_equal(tls_authorities_read(path, &set, &count), 0);
	assert_int_equal(count, 2);
	tls_authorities_free(set, count);
	assert_true(t->connected);
	free(path);
}

static void second_collector_is_tried(void **state)
{
	struct stage *t = *state;

	t->collectors[0] = "127.0.0.1:1"; /* nobody listens */
	t->collectors[1] = t->address;
	t->config.collectors.count = 2;
	connected(t);
	assert_int_equal(t->u->at, 1);
}

static void proxy_is_gone_through(void **state)
{
	struct stage *t = *state;
	char proxy[64];

	snprintf(proxy, sizeof(proxy), "http://%s", t->address);
	t->collectors[0] = "collector.example:8440"; /* the proxy's to look up */
	t->config.proxy = proxy;
	t->proxied = true;
	connected(t);
	assert_non_null(strstr(t->proxy_asked, "CONNECT collector.example:8440 HTTP/1.1\r\n"));
}

static void bad_frames_of_a_collector_end_the_link(void **state)
{
	struct stage *t = *state;
	const uint8_t oversize[] = {0x10, 0, 0, 0};

	connected(t);
	tls_write(t->s, oversize, sizeof(oversize));
	run_until(t, !t->connected);
	assert_non_null(strstr(t->u->last_why, "too long"));
}

static void closing_midway_leaves_nothing_open(void **state)
{
	struct stage *t = *state;

	uplink_begin(t); /* tear_down closes it while it dials */
}

static void hints_leave_at_once_or_never(void **state)
{
	struct stage *t = *state;

	uplink_begin(t);
	uplink_hint(t->u, 1, "svc", "land", false, 2, 1); /* not connected: forgotten */
	run_until(t, t->connected);
	uplink_hint(t->u, 2, "svc", "land", true, 0, 2);
	run_until(t, t->frames[WIRE_HINT] == 1);
}

static void pauses_grow_to_half_a_minute(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_in_range(round_delay_ms(0), 0, 4999);
		assert_in_range(round_delay_ms(1), 5000, 9999);
		assert_in_range(round_delay_ms(9), 15000, 29999);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(token_becomes_a_certificate),
	        T(wrong_fingerprint_is_not_trusted),
	        T(refused_token_is_not_offered_again),
	        T(batches_go_in_sequence_eight_at_most),
	        T(damaged_batch_is_dropped),
	        T(dropped_connection_is_taken_up),
	        T(new_epoch_sends_all_again),
	        T(full_collector_is_waited_for),
	        T(configuration_and_offset_are_handed_on),
	        T(applied_configuration_is_said_once),
	        T(older_collector_hears_nothing_new),
	        T(asks_are_answered_with_their_number),
	        T(too_many_and_too_long_asks_are_refused),
	        T(an_ask_dies_with_its_connection),
	        T(silent_collector_is_dropped),
	        T(certificate_is_renewed_when_due),
	        T(rolled_over_set_is_kept),
	        T(second_collector_is_tried),
	        T(proxy_is_gone_through),
	        T(bad_frames_of_a_collector_end_the_link),
	        T(closing_midway_leaves_nothing_open),
	        T(hints_leave_at_once_or_never),
	        cmocka_unit_test(pauses_grow_to_half_a_minute),
	};

	signal(SIGPIPE, SIG_IGN); /* as in every process of ours */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
