/* tls: real streams over loopback, both ends in one loop: who is let in, who is not, and that all bytes come. */
#include "common/tls.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/ca.c"
#include "collector/certificate.c"
#include "tests/unit/pki.h"

struct end {
	struct tls_stream *s;
	bool opened, closed, greedy; /* greedy: consumes nothing before `wanted` bytes are there */
	int status;
	char why[128], name[65], serial[64];
	size_t wanted;
	struct buf got;
};

struct bench {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_timer_t guard;
	struct pki pki;
	struct pki_agent agent;
	struct tls_context *server_context, *client_context;
	struct end server, client;
	int port;
	bool late;
};

static void on_end_open(struct tls_stream *s, void *arg)
{
	struct end *e = arg;

	e->opened = true;
	snprintf(e->name, sizeof(e->name), "%s", tls_peer_name(s) ? tls_peer_name(s) : "(none)");
	snprintf(e->serial, sizeof(e->serial), "%s", tls_peer_serial(s) ? tls_peer_serial(s) : "(none)");
}

static size_t on_end_data(struct tls_stream *s, const uint8_t *data, size_t len, void *arg)
{
	struct end *e = arg;

	(void)s;
	if (e->greedy && len < e->wanted)
		return 0;
	buf_put(&e->got, data, len);
	return len;
}

static void on_end_close(struct tls_stream *s, int status, const char *why, void *arg)
{
	struct end *e = arg;

	(void)s;
	assert_false(e->closed);
	e->closed = true;
	e->s = NULL;
	e->status = status;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct tls_handlers end_handlers = {on_end_open, on_end_data, on_end_close};

static void on_guard(uv_timer_t *timer)
{
	((struct bench *)timer->data)->late = true;
}

static void on_accept(uv_stream_t *listener, int status)
{
	struct bench *b = listener->data;
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));

	assert_int_equal(status, 0);
	uv_tcp_init(&b->loop, tcp);
	assert_int_equal(uv_accept(listener, (uv_stream_t *)tcp), 0);
	b->server = (struct end){.greedy = b->server.greedy, .wanted = b->server.wanted};
	b->server.s = tls_stream_new(b->server_context, tcp, &end_handlers, &b->server);
}

static int set_up(void **state)
{
	struct bench *b = mem_alloc(sizeof(*b));
	struct sockaddr_in at;
	int len = sizeof(at);

	uv_loop_init(&b->loop);
	pki_open(&b->pki);
	pki_agent(&b->pki, "mk-srv1", &b->agent);
	b->server_context = pki_context(&b->pki, TLS_SERVER, b->pki.server_crt, b->pki.server_key);
	b->client_context = pki_context(&b->pki, TLS_CLIENT, b->agent.crt, b->agent.key);
	uv_tcp_init(&b->loop, &b->listener);
	uv_ip4_addr("127.0.0.1", 0, &at);
	uv_tcp_bind(&b->listener, (struct sockaddr *)&at, 0);
	uv_listen((uv_stream_t *)&b->listener, 8, on_accept);
	uv_tcp_getsockname(&b->listener, (struct sockaddr *)&at, &len);
	b->port = ntohs(at.sin_port);
	uv_timer_init(&b->loop, &b->guard);
	b->listener.data = b->guard.data = b;
	uv_timer_start(&b->guard, on_guard, 20000, 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (b->client.s)
		tls_close(b->client.s);
	if (b->server.s)
		tls_close(b->server.s);
	uv_close((uv_handle_t *)&b->listener, NULL);
	uv_close((uv_handle_t *)&b->guard, NULL);
	tls_context_free(b->server_context);
	tls_context_free(b->client_context);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0); /* nothing was left open */
	buf_free(&b->client.got);
	buf_free(&b->server.got);
	pki_agent_free(&b->agent);
	pki_close(&b->pki);
	free(b);
	return 0;
}

/* Connects (blocking: the kernel answers for the listener). */
static int raw_connect(struct bench *b)
{
	struct sockaddr_in at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	uv_ip4_addr("127.0.0.1", b->port, &at);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void client_begin(struct bench *b)
{
	uv_tcp_t *tcp = mem_alloc(sizeof(*tcp));

	uv_tcp_init(&b->loop, tcp);
	assert_int_equal(uv_tcp_open(tcp, raw_connect(b)), 0);
	b->client = (struct end){0};
	b->client.s = tls_stream_new(b->client_context, tcp, &end_handlers, &b->client);
}

#define run_until(b, condition)                                                                                        \
	do {                                                                                                           \
		while (!(condition) && !(b)->late)                                                                     \
			uv_run(&(b)->loop, UV_RUN_ONCE);                                                               \
		assert_true(condition);                                                                                \
	} while (0)

static void both_know_each_other(void **state)
{
	struct bench *b = *state;

	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	assert_string_equal(b->server.name, "mk-srv1");
	assert_string_equal(b->server.serial, b->agent.serial);
	assert_string_equal(b->client.name, "sansang-collector");
	tls_write(b->client.s, "hel", 3);
	tls_write(b->client.s, "lo", 2);
	tls_write(b->server.s, "welcome", 7);
	run_until(b, b->server.got.len == 5 && b->client.got.len == 7);
	assert_memory_equal(b->server.got.data, "hello", 5);
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	assert_int_equal(b->server.status, 0); /* a goodbye, not a reset */
	assert_int_equal(b->client.status, 0);
}

static void pending_bytes_leave_before_the_end(void **state)
{
	struct bench *b = *state;

	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	tls_write(b->server.s, "last word", 9);
	tls_close(b->server.s);
	run_until(b, b->client.closed);
	assert_int_equal(b->client.got.len, 9);
	assert_int_equal(b->client.status, 0);
}

static void refused(struct bench *b)
{
	client_begin(b);
	run_until(b, b->client.closed && b->server.closed);
	assert_int_not_equal(b->server.status, 0);
	assert_false(b->server.opened);
}

static void foreign_authority_is_refused(void **state)
{
	struct bench *b = *state;
	struct pki other;
	struct pki_agent stranger;

	pki_open(&other);
	pki_agent(&other, "mk-srv1", &stranger);
	/* the client does not know the server's authority */
	tls_context_free(b->client_context);
	b->client_context = pki_context(&other, TLS_CLIENT, stranger.crt, stranger.key);
	refused(b);
	assert_int_equal(b->client.status, -EACCES);
	/* the server does not know the client's */
	struct tls_options o = {.side = TLS_CLIENT, .certificate_file = stranger.crt, .key_file = stranger.key};
	o.ca_count = ca_certificates(b->pki.ca, &o.ca);
	tls_context_free(b->client_context);
	assert_int_equal(tls_context_new(&b->client_context, &o), 0);
	refused(b);
	assert_int_equal(b->server.status, -EACCES);
	pki_agent_free(&stranger);
	pki_close(&other);
}

static void agent_cannot_serve(void **state)
{
	struct bench *b = *state;

	tls_context_free(b->server_context);
	b->server_context = pki_context(&b->pki, TLS_SERVER, b->agent.crt, b->agent.key);
	refused(b);
	assert_int_equal(b->client.status, -EACCES);
	assert_non_null(strstr(b->client.why, "purpose"));
}

static void server_cannot_be_an_agent(void **state)
{
	struct bench *b = *state;

	tls_context_free(b->client_context);
	b->client_context = pki_context(&b->pki, TLS_CLIENT, b->pki.server_crt, b->pki.server_key);
	refused(b);
	assert_int_equal(b->server.status, -EACCES);
	assert_non_null(strstr(b->server.why, "purpose"));
}

static void certificate_without_purpose_is_refused(void **state)
{
	struct bench *b = *state;
	X509 *x = pem_read_certificate(b->agent.crt);

	assert_true(tls_purpose_right(x, TLS_SERVER));
	assert_false(tls_purpose_right(x, TLS_CLIENT));
	X509_free(x);
	assert_false(tls_purpose_right(b->pki.ca->list[0].certificate, TLS_SERVER));
	assert_false(tls_purpose_right(b->pki.ca->list[0].certificate, TLS_CLIENT));
}

static void use_pin(struct bench *b, const uint8_t *fingerprint)
{
	const struct tls_options o = {.side = TLS_CLIENT, .ca_fingerprint = fingerprint, .ignore_dates = true};

	tls_context_free(b->client_context);
	assert_int_equal(tls_context_new(&b->client_context, &o), 0);
}

static void stranger_is_let_in_by_fingerprint(void **state)
{
	struct bench *b = *state;
	uint8_t fingerprint[CA_FINGERPRINT_BYTES];

	ca_fingerprint(b->pki.ca, fingerprint);
	use_pin(b, fingerprint);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	assert_string_equal(b->server.name, "(none)");
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	fingerprint[5] ^= 1;
	use_pin(b, fingerprint);
	refused(b);
	assert_int_equal(b->client.status, -EACCES);
}

/* The server's own certificate is in the chain, too: its fingerprint must not open the door. */
static void only_an_authority_can_be_pinned(void **state)
{
	struct bench *b = *state;
	X509 *x = pem_read_certificate(b->pki.server_crt);
	uint8_t fingerprint[32];
	unsigned len = sizeof(fingerprint);

	X509_digest(x, EVP_sha256(), fingerprint, &len);
	X509_free(x);
	use_pin(b, fingerprint);
	refused(b);
}

static void expired_agent(struct bench *b)
{
	EVP_PKEY *key = pem_read_key(b->agent.key);
	struct certificate_plan plan = {.common_name = "mk-srv1",
	        .key = key,
	        .issuer = b->pki.ca->list[0].certificate,
	        .issuer_key = b->pki.ca->key,
	        .purpose = "clientAuth",
	        .from_ms = clock_wall_ms() - 2 * DAY_MS,
	        .until_ms = clock_wall_ms() - DAY_MS};
	X509 *x = certificate_make(&plan);

	assert_int_equal(pem_write_certificates(b->agent.crt, &x, 1), 0);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void collector_looks_at_dates(void **state)
{
	struct bench *b = *state;

	expired_agent(b);
	tls_context_free(b->client_context);
	b->client_context = pki_context(&b->pki, TLS_CLIENT, b->agent.crt, b->agent.key);
	refused(b);
	assert_int_equal(b->server.status, -EACCES);
	assert_non_null(strstr(b->server.why, "expired"));
}

static void agent_does_not(void **state)
{
	struct bench *b = *state;
	EVP_PKEY *key = pem_read_key(b->pki.server_key);
	struct certificate_plan plan = {.common_name = "sansang-collector",
	        .key = key,
	        .issuer = b->pki.ca->list[0].certificate,
	        .issuer_key = b->pki.ca->key,
	        .purpose = "serverAuth",
	        .from_ms = clock_wall_ms() + DAY_MS, /* an agent in 1970 sees all of them like this */
	        .until_ms = clock_wall_ms() + 2 * DAY_MS};
	X509 *x = certificate_make(&plan);

	assert_int_equal(pem_write_certificates(b->pki.server_crt, &x, 1), 0);
	X509_free(x);
	EVP_PKEY_free(key);
	tls_context_free(b->server_context);
	b->server_context = pki_context(&b->pki, TLS_SERVER, b->pki.server_crt, b->pki.server_key);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
}

/* The agent slept through the roll-over and trusts only the old authority. */
static void rolled_over_server_is_trusted(void **state)
{
	struct bench *b = *state;
	const char *const names[] = {"127.0.0.1", "localhost"};
	uint8_t old[CA_FINGERPRINT_BYTES], new[CA_FINGERPRINT_BYTES];

	ca_fingerprint(b->pki.ca, old);
	assert_int_equal(ca_roll(b->pki.ca), 0);
	assert_int_equal(ca_roll(b->pki.ca), 0);
	ca_fingerprint(b->pki.ca, new);
	assert_int_equal(ca_issue_server(b->pki.ca, names, 2, b->pki.server_crt, b->pki.server_key), 1);
	tls_context_free(b->server_context);
	b->server_context = pki_context(&b->pki, TLS_SERVER, b->pki.server_crt, b->pki.server_key);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	use_pin(b, old);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	use_pin(b, new);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
}

static void second_connection_is_resumed(void **state)
{
	struct bench *b = *state;

	client_begin(b);
	run_until(b, b->client.opened && b->server.opened && b->client_context->session);
	assert_false(SSL_session_reused(b->server.s->ssl));
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	/* the server is a new process with the same key */
	tls_context_free(b->server_context);
	b->server_context = pki_context(&b->pki, TLS_SERVER, b->pki.server_crt, b->pki.server_key);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	assert_true(SSL_session_reused(b->server.s->ssl));
	assert_string_equal(b->server.name, "mk-srv1");
	assert_string_equal(b->server.serial, b->agent.serial);
}

static void much_data_comes_whole(void **state)
{
	struct bench *b = *state;
	size_t len = 3 << 20;
	uint8_t *data = malloc(len);

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + i / 4096);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	tls_pause(b->server.s, true);
	tls_write(b->client.s, data, len);
	tls_write(b->server.s, data, len);
	run_until(b, b->client.got.len == len);
	assert_int_equal(b->server.got.len, 0); /* it does not listen */
	tls_pause(b->server.s, false);
	run_until(b, b->server.got.len == len);
	assert_memory_equal(b->server.got.data, data, len);
	assert_memory_equal(b->client.got.data, data, len);
	free(data);
}

static void what_is_not_consumed_comes_again(void **state)
{
	struct bench *b = *state;

	b->server.greedy = true;
	b->server.wanted = 100000;
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	uint8_t piece[1000];
	for (int i = 0; i < 100; i++) {
		memset(piece, i, sizeof(piece));
		tls_write(b->client.s, piece, sizeof(piece));
		uv_run(&b->loop, UV_RUN_NOWAIT);
	}
	run_until(b, b->server.got.len == 100000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(b->server.got.data[i * 1000 + 999], i);
}

static void rubbish_closes_only_that_stream(void **state)
{
	struct bench *b = *state;
	int fd = raw_connect(b);

	assert_int_equal(write(fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	run_until(b, b->server.closed);
	assert_int_equal(b->server.status, -EPROTO);
	close(fd);
	fd = raw_connect(b);
	b->server.closed = false;
	close(fd);
	run_until(b, b->server.closed);
	assert_int_equal(b->server.status, UV_EOF);
	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
}

static void reset_is_told_from_goodbye(void **state)
{
	struct bench *b = *state;
	struct linger hard = {1, 0};
	int fd;

	client_begin(b);
	run_until(b, b->client.opened && b->server.opened);
	uv_fileno((uv_handle_t *)tls_tcp(b->client.s), &fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	tls_pause(b->client.s, true);
	b->client.s->open = false; /* no goodbye */
	tls_close(b->client.s);
	run_until(b, b->client.closed && b->server.closed);
	assert_int_equal(b->server.status, UV_ECONNRESET);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(both_know_each_other),
	        T(pending_bytes_leave_before_the_end),
	        T(foreign_authority_is_refused),
	        T(agent_cannot_serve),
	        T(server_cannot_be_an_agent),
	        T(certificate_without_purpose_is_refused),
	        T(stranger_is_let_in_by_fingerprint),
	        T(only_an_authority_can_be_pinned),
	        T(collector_looks_at_dates),
	        T(agent_does_not),
	        T(rolled_over_server_is_trusted),
	        T(second_connection_is_resumed),
	        T(much_data_comes_whole),
	        T(what_is_not_consumed_comes_again),
	        T(rubbish_closes_only_that_stream),
	        T(reset_is_told_from_goodbye),
	};

	signal(SIGPIPE, SIG_IGN); /* as in every process of ours */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
