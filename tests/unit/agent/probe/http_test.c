/* http: the state machine stepped by hand against a server in this process that says what each story wants. */
#include "agent/probe/http.c"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWERS_MAX 8

/* Each connection gets the next answer once it has asked, and is then closed. */
struct server {
	int listener, fd;
	uint16_t port;
	bool v6;
	const char *answers[ANSWERS_MAX];
	unsigned answered;
	char question[4096]; /* the last */
};

struct run {
	union {
		char bytes[PROBE_STATE_MAX];
		void *align;
	} state;
	struct probe_want want;
	struct probe_result result;
};

static bool server_open(struct server *s, bool v6)
{
	union probe_address a;
	socklen_t len = sizeof(a);

	*s = (struct server){.fd = -1, .v6 = v6};
	probe_address_parse(v6 ? "::1" : "127.0.0.1", 0, &a);
	s->listener = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (s->listener < 0 || bind(s->listener, &a.any, probe_address_len(&a)) || listen(s->listener, 5))
		return false;
	getsockname(s->listener, &a.any, &len);
	s->port = ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port);
	return true;
}

static void server_hang_up(struct server *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void server_close(struct server *s)
{
	server_hang_up(s);
	close(s->listener);
}

static void server_turn(struct server *s)
{
	ssize_t n;

	if (s->fd < 0) {
		s->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
		s->question[0] = '\0';
	}
	if (s->fd < 0)
		return;
	size_t at = strlen(s->question);
	n = read(s->fd, s->question + at, sizeof(s->question) - at - 1);
	if (n > 0)
		s->question[at + (size_t)n] = '\0';
	if (!strstr(s->question, "\r\n\r\n") || s->answered == ANSWERS_MAX || !s->answers[s->answered])
		return;
	const char *text = s->answers[s->answered++];
	if (write(s->fd, text, strlen(text)) < 0)
		return;
	server_hang_up(s);
}

static struct probe_job job_to(const struct server *s, const struct probe_options *o)
{
	struct probe_job job = {.host = s->v6 ? "::1" : "127.0.0.1",
	        .interface = "",
	        .options = o,
	        .name_us = PROBE_UNKNOWN,
	        .timeout_ms = 2000};

	assert_int_equal(probe_address_parse(job.host, s->port, &job.address), 0);
	return job;
}

/* Turns until it is done or waits for nobody; a new connection never has the descriptor of the one before. */
static void turns(struct run *r, struct server *s)
{
	for (int i = 0; !r->want.done && i < 200; i++) {
		struct pollfd p = {.fd = r->want.fd,
		        .events = (short)((r->want.events & PROBE_READABLE ? POLLIN : 0) |
		                          (r->want.events & PROBE_WRITABLE ? POLLOUT : 0))};
		const struct http *h = *(struct http **)&r->state;
		unsigned followed = h->redirects;
		int fd = r->want.fd;

		server_turn(s);
		assert_int_equal(r->want.wake_ms, 2000);
		if (poll(&p, 1, s->answers[0] ? 10 : 1) > 0)
			r->want = probe_http.step(&r->state, r->want.events, 1);
		if (h->redirects != followed)
			assert_int_not_equal(r->want.fd, fd); /* else the driver would not see that it is another */
	}
}

static void drive(struct run *r, const struct probe_job *job, struct server *s)
{
	r->want = probe_http.start(&r->state, job, 0);
	turns(r, s);
	assert_true(r->want.done);
	probe_http.finish(&r->state, &r->result);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void test_question(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;
	char expected[512];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		if (!server_open(&s, v6)) {
			print_message("skipped: IPv6 is not there\n");
			continue;
		}
		struct probe_job job = job_to(&s, &o);
		s.answers[0] = OK "Content-Length: 2\r\n\r\nhi";
		o.path = (char *)"/a?b=c#part";
		job.node = "mk-srv1";
		job.name_us = 5000;
		drive(&r, &job, &s);
		snprintf(expected, sizeof(expected),
		        "GET /a?b=c HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: sansang-agent/%s (readiness monitor; node "
		        "mk-srv1)\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		        v6 ? "[::1]" : "127.0.0.1", s.port, SANSANG_VERSION);
		assert_string_equal(s.question, expected);
		assert_true(r.result.up);
		assert_int_equal(r.result.detail[HTTP_STATUS], 200);
		assert_int_equal(r.result.detail[HTTP_BYTES], 2);
		assert_int_equal(r.result.detail[HTTP_NAME], 5000);
		assert_int_equal(r.result.detail[HTTP_TLS], METRIC_UNKNOWN);
		assert_true(r.result.detail[HTTP_FIRST_BYTE] >= 0);
		assert_true(r.result.total_us >= 5000 && r.result.detail[HTTP_TOTAL] == r.result.total_us);
		assert_true(r.result.connect_us >= 0 && r.result.detail[HTTP_CONNECT] == r.result.connect_us);
		server_close(&s);
	}
}

static void test_redirects(void **state)
{
	static const struct {
		const char *location;
		int redirects;
		bool up;
		enum reason reason;
		int followed;
		const char *note;
	} cases[] = {
	        {"/next", -1, true, REASON_OK, 1, ""},
	        {"next?x", 1, true, REASON_OK, 1, ""},
	        {"/next", 0, true, REASON_OK, 0, ""},
	        {"http://far.example/", -1, true, REASON_OK, 0, "HTTP 302; redirects to far.example"},
	        {"HTTPS://far.example:444/", -1, true, REASON_OK, 0, "redirects to far.example"},
	        {"mailto:x@y", -1, false, REASON_REDIRECTS, 0, "no web address"},
	        {"http://a@b/", -1, false, REASON_REDIRECTS, 0, "no web address"},
	        {"http://127.0.0.1:1/", -1, false, REASON_REFUSED, 1, ""},
	};
	struct probe_options o = probe_options_none();
	char first[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s;
		struct run r;

		server_open(&s, false);
		snprintf(first, sizeof(first), "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
		        cases[i].location);
		s.answers[0] = first;
		s.answers[1] = OK "\r\nthe end";
		o.redirects = cases[i].redirects;
		struct probe_job job = job_to(&s, &o);
		drive(&r, &job, &s);
		if (r.result.up != cases[i].up || r.result.reason != cases[i].reason ||
		        r.result.detail[HTTP_REDIRECTS] != cases[i].followed || !strstr(r.result.note, cases[i].note))
			fail_msg("%s: %s %d \"%s\"", cases[i].location, reason_name(r.result.reason),
			        (int)r.result.detail[HTTP_REDIRECTS], r.result.note);
		server_close(&s);
	}
}

static void test_too_many_redirects(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, false);
	for (int i = 0; i < ANSWERS_MAX; i++)
		s.answers[i] = "HTTP/1.1 301 x\r\nLocation: /again\r\n\r\n";
	struct probe_job job = job_to(&s, &o);
	drive(&r, &job, &s);
	assert_int_equal(r.result.reason, REASON_REDIRECTS);
	assert_int_equal(s.answered, 6);
	assert_string_equal(r.result.note, "HTTP 301; more than 5 redirects");
	server_close(&s);
}

/* A host that is asked for by another name keeps its address when it redirects to that name. */
static void test_name(void **state)
{
	struct probe_options o = probe_options_none();
	char first[256], host[64];
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, false);
	snprintf(first, sizeof(first), "HTTP/1.1 302 x\r\nLocation: http://Land.example:%u/in\r\n\r\n", s.port);
	snprintf(host, sizeof(host), "GET /in HTTP/1.1\r\nHost: Land.example:%u\r\n", s.port);
	s.answers[0] = first;
	s.answers[1] = OK "\r\n";
	o.server_name = (char *)"land.example";
	struct probe_job job = job_to(&s, &o);
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_int_equal(r.result.detail[HTTP_REDIRECTS], 1);
	assert_memory_equal(s.question, host, strlen(host));
	server_close(&s);
}

static void test_content(void **state)
{
	static const struct {
		const char *status, *header, *body;
		enum reason reason;
		const char *note;
	} cases[] = {
	        {NULL, NULL, NULL, REASON_STATUS, "HTTP 503"},
	        {"503", NULL, NULL, REASON_OK, ""},
	        {"500-599", "server: ngi", "back soon", REASON_OK, ""},
	        {"503", "Server: apache", NULL, REASON_CONTENT, "no header \"Server: apache\""},
	        {"503", "Server", NULL, REASON_OK, ""},
	        {"503", "X-None", NULL, REASON_CONTENT, "no header \"X-None\""},
	        {"503", NULL, "welcome", REASON_CONTENT, "\"welcome\" is not in the first 12 bytes"},
	};
	struct probe_options o = probe_options_none();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s;
		struct run r;

		server_open(&s, false);
		s.answers[0] = "HTTP/1.1 503 Gone away\r\nServer: nginx\r\n\r\nback soon...";
		o.status = (char *)cases[i].status;
		o.header = (char *)cases[i].header;
		o.body = (char *)cases[i].body;
		struct probe_job job = job_to(&s, &o);
		drive(&r, &job, &s);
		assert_int_equal(r.result.reason, cases[i].reason);
		assert_string_equal(r.result.note, cases[i].note);
		assert_int_equal(r.result.detail[HTTP_STATUS], 503);
		server_close(&s);
	}
}

static void wait_out(struct server *s, const struct probe_options *o, const char *answer, struct probe_result *out)
{
	struct probe_job job = job_to(s, o);
	struct run r;

	r.want = probe_http.start(&r.state, &job, 0);
	turns(&r, s);
	if (answer) {
		assert_true(write(s->fd, answer, strlen(answer)) > 0);
		turns(&r, s);
	}
	assert_false(r.want.done);
	r.want = probe_http.step(&r.state, 0, 1999);
	assert_false(r.want.done);
	r.want = probe_http.step(&r.state, 0, 2000);
	assert_true(r.want.done);
	probe_http.finish(&r.state, out);
	server_hang_up(s);
}

static void test_silence(void **state)
{
	struct probe_options o = probe_options_none();
	struct probe_result r;
	struct server s;

	(void)state;
	server_open(&s, false);
	wait_out(&s, &o, NULL, &r);
	assert_int_equal(r.reason, REASON_HUNG);
	assert_true(r.connect_us >= 0);
	assert_int_equal(r.detail[HTTP_STATUS], METRIC_UNKNOWN);
	wait_out(&s, &o, OK "Content-Length: 9\r\n\r\nabc", &r);
	assert_int_equal(r.reason, REASON_TIMEOUT);
	assert_non_null(strstr(r.note, "stopped after"));
	assert_int_equal(r.detail[HTTP_STATUS], 200);
	server_close(&s);
}

static void test_not_done_is_freed(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;

	(void)state;
	server_open(&s, false);
	o.header = (char *)"A: b";
	o.body = (char *)"c";
	struct probe_job job = job_to(&s, &o);
	probe_http.start(&r.state, &job, 0);
	probe_http.finish(&r.state, &r.result);
	assert_false(r.result.up);
	o.secure = true;
	probe_http.start(&r.state, &job, 0);
	probe_http.finish(&r.state, &r.result);
	assert_false(r.result.up);
	server_close(&s);
}

/* More than anybody needs is neither read to its end nor kept. */
static void test_large_body(void **state)
{
	struct probe_options o = probe_options_none();
	struct server s;
	struct run r;
	char *text = mem_alloc(200001);

	(void)state;
	server_open(&s, false);
	memset(text, 'x', 200000);
	memcpy(text, OK "\r\n", strlen(OK "\r\n"));
	s.answers[0] = text;
	struct probe_job job = job_to(&s, &o);
	drive(&r, &job, &s);
	assert_true(r.result.up);
	assert_int_equal(r.result.detail[HTTP_BYTES], BODY_GLANCED_MAX);
	server_close(&s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_question),
	        cmocka_unit_test(test_redirects),
	        cmocka_unit_test(test_too_many_redirects),
	        cmocka_unit_test(test_name),
	        cmocka_unit_test(test_content),
	        cmocka_unit_test(test_silence),
	        cmocka_unit_test(test_not_done_is_freed),
	        cmocka_unit_test(test_large_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
