/* tls: the state machine stepped by hand against a server in this process that does as each story wants. */
#include "agent/probe/tls.c"

#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/agent/probe/shown.h"

struct server {
	int listener;
	uint16_t port;
	SSL_CTX *context;
	int fd; /* of the one connection; -1: none yet */
	SSL *ssl;
	char *ca_pem;
	const char *seen_name; /* SNI */
	bool tls;
};

struct run {
	union {
		char bytes[PROBE_STATE_MAX];
		void *align;
	} state;
	struct probe_want want;
	struct probe_result result;
};

static void server_open(struct server *s, const struct shown *shown)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	*s = (struct server){.fd = -1, .tls = shown != NULL};
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_false(bind(s->listener, (struct sockaddr *)&a, sizeof(a)) || listen(s->listener, 5));
	getsockname(s->listener, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	if (!shown)
		return;
	s->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(s->context, 0);
	SSL_CTX_use_certificate(s->context, shown->x);
	SSL_CTX_use_PrivateKey(s->context, shown->key);
	s->ca_pem = shown_pem(shown);
}

static void server_hang_up(struct server *s)
{
	SSL_free(s->ssl);
	if (s->fd >= 0)
		close(s->fd);
	s->ssl = NULL;
	s->fd = -1;
}

static void server_close(struct server *s)
{
	server_hang_up(s);
	close(s->listener);
	SSL_CTX_free(s->context);
	free(s->ca_pem);
}

/* Takes the connection and shakes hands as far as it can. */
static void server_turn(struct server *s)
{
	if (s->fd < 0) {
		s->fd = accept(s->listener, NULL, NULL);
		if (s->fd < 0)
			return;
		fcntl(s->fd, F_SETFL, O_NONBLOCK);
		if (s->tls) {
			s->ssl = SSL_new(s->context);
			SSL_set_fd(s->ssl, s->fd);
		}
	}
	if (s->ssl && SSL_accept(s->ssl) == 1)
		s->seen_name = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	ERR_clear_error();
}

static struct probe_job job_to(const struct server *s, const struct probe_options *o)
{
	struct probe_job job = {.host = "127.0.0.1",
	        .interface = "",
	        .options = o,
	        .name_us = PROBE_UNKNOWN,
	        .timeout_ms = 2000,
	        .wall_ms = SHOWN_NOW_S * 1000};

	assert_int_equal(probe_address_parse("127.0.0.1", s->port, &job.address), 0);
	return job;
}

static void drive(struct run *r, const struct probe_job *job, struct server *s)
{
	r->want = probe_tls.start(&r->state, job, 0);
	for (int i = 0; !r->want.done && i < 100; i++) {
		struct pollfd p = {.fd = r->want.fd,
		        .events = (short)((r->want.events & PROBE_READABLE ? POLLIN : 0) |
		                          (r->want.events & PROBE_WRITABLE ? POLLOUT : 0))};

		server_turn(s);
		assert_int_equal(r->want.wake_ms, 2000);
		if (poll(&p, 1, 20) > 0)
			r->want = probe_tls.step(&r->state, r->want.events, 1);
		else
			r->want = probe_tls.step(&r->state, 0, 1999); /* too early: nothing has happened */
	}
	assert_true(r->want.done);
	server_turn(s); /* its side of the handshake ends after ours */
	probe_tls.finish(&r->state, &r->result);
}

static struct shown own(const char *names, int until_days)
{
	return shown_make(&(struct shown_wish){
	        .cn = "x", .names = names, .authority = true, .from_days = -10, .until_days = until_days});
}

static void test_up(void **state)
{
	struct shown shown = own("DNS:a.example,IP:127.0.0.1", 90);
	struct probe_options o = probe_options_none();
	struct trust *trust = trust_new();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, &shown);
	struct probe_job job = job_to(&s, &o);
	o.ca_pem = s.ca_pem;
	job.trust = trust;
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_null(s.seen_name); /* an address is not sent */
	assert_int_equal(r.result.detail[TLS_VERSION], 13);
	assert_int_equal(r.result.detail[TLS_DAYS_LEFT], 9000);
	assert_int_equal(r.result.detail[TLS_TRUSTED], 1);
	assert_int_equal(r.result.detail[TLS_NAME_OK], 1);
	assert_int_equal(r.result.detail[TLS_STAPLED], STAPLED_NONE);
	assert_true(r.result.detail[TLS_HANDSHAKE] > 0 && r.result.connect_us >= 0);
	assert_true(r.result.total_us >= r.result.detail[TLS_HANDSHAKE]);
	server_hang_up(&s);
	o.server_name = (char *)"a.example";
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_string_equal(s.seen_name, "a.example");
	trust_free(trust);
	server_close(&s);
	shown_free(&shown);
}

static void test_faults(void **state)
{
	struct shown shown = own("DNS:a.example", 90);
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, &shown);
	struct probe_job job = job_to(&s, &o);
	drive(&r, &job, &s); /* the system's authorities, a trust of its own */
	assert_int_equal(r.result.reason, REASON_UNTRUSTED);
	assert_int_equal(r.result.detail[TLS_TRUSTED], 0);
	server_hang_up(&s);
	o.ca_pem = s.ca_pem;
	drive(&r, &job, &s);
	assert_int_equal(r.result.reason, REASON_NAME_MISMATCH);
	server_hang_up(&s);
	job.wall_ms += INT64_C(91) * SHOWN_DAY_S * 1000;
	drive(&r, &job, &s);
	assert_int_equal(r.result.reason, REASON_EXPIRED);
	assert_int_equal(r.result.detail[TLS_DAYS_LEFT], -100);
	server_hang_up(&s);
	o.unverified = true;
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_non_null(strstr(r.result.note, "ended"));
	server_hang_up(&s);
	o.ca_pem = (char *)"no certificate at all";
	drive(&r, &job, &s);
	assert_false(r.result.up);
	assert_int_equal(r.result.reason, REASON_LOCAL);
	server_close(&s);
	shown_free(&shown);
}

static void test_old_version(void **state)
{
	struct shown shown = own("IP:127.0.0.1", 90);
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, &shown);
	SSL_CTX_set_min_proto_version(s.context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(s.context, TLS1_VERSION);
	struct probe_job job = job_to(&s, &o);
	o.ca_pem = s.ca_pem;
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_int_equal(r.result.detail[TLS_VERSION], 10);
	assert_non_null(strstr(r.result.note, "speaks only TLSv1"));
	server_close(&s);
	shown_free(&shown);
}

static void test_silence(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, NULL);
	struct probe_job job = job_to(&s, &o);
	r.want = probe_tls.start(&r.state, &job, 0);
	for (int i = 0; i < 3 && !(r.want.events & PROBE_READABLE); i++)
		r.want = probe_tls.step(&r.state, PROBE_WRITABLE, 1);
	assert_false(r.want.done);
	r.want = probe_tls.step(&r.state, 0, 1999);
	assert_false(r.want.done);
	r.want = probe_tls.step(&r.state, 0, 2000);
	assert_true(r.want.done);
	probe_tls.finish(&r.state, &r.result);
	assert_int_equal(r.result.reason, REASON_HUNG);
	assert_true(r.result.connect_us >= 0);
	assert_int_equal(r.result.detail[TLS_HANDSHAKE], METRIC_UNKNOWN);
	server_close(&s);
}

static void test_not_done_is_freed(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, NULL);
	struct probe_job job = job_to(&s, &o);
	probe_tls.start(&r.state, &job, 0);
	probe_tls.finish(&r.state, &r.result); /* in the middle */
	assert_false(r.result.up);
	server_close(&s);
	job = job_to(&s, &o); /* nobody listens now */
	r.want = probe_tls.start(&r.state, &job, 0);
	if (!r.want.done)
		r.want = probe_tls.step(&r.state, PROBE_WRITABLE, 1);
	assert_true(r.want.done);
	probe_tls.finish(&r.state, &r.result);
	assert_int_equal(r.result.reason, REASON_REFUSED);
	probe_address_parse("192.0.2.77", 0, &job.source); /* not an address of ours */
	assert_true(probe_tls.start(&r.state, &job, 0).done);
	probe_tls.finish(&r.state, &r.result);
	assert_int_equal(r.result.reason, REASON_LOCAL);
	assert_non_null(strstr(r.result.note, "cannot leave"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_up),
	        cmocka_unit_test(test_faults),
	        cmocka_unit_test(test_old_version),
	        cmocka_unit_test(test_silence),
	        cmocka_unit_test(test_not_done_is_freed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
