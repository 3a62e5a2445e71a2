/* answer: bodies of each kind, limits, and what servers do wrong. Each story is told at once and byte by byte. */
#include "agent/probe/answer.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\n"

static const struct story {
	const char *text;
	enum answer_phase phase; /* after the end */
	enum reason reason;
	int status;
	size_t bytes;
	bool header, body;
} stories[] = {
        {OK "Content-Length: 5\r\n\r\nhello", ANSWER_DONE, REASON_OK, 200, 5, false, false},
        {OK "Content-Length: 6\r\n\r\nneedleXX", ANSWER_DONE, REASON_OK, 200, 6, false, true},
        {OK "content-LENGTH :5\r\n\r\nneedle", ANSWER_DONE, REASON_OK, 200, 6, false,
                true}, /* "name " is another name */
        {OK "\r\nuntil the end, a needle", ANSWER_DONE, REASON_OK, 200, 23, false, true},
        {OK "\r\n", ANSWER_DONE, REASON_OK, 200, 0, false, false},
        {OK "X-State: not ready yet\r\n\r\n", ANSWER_DONE, REASON_OK, 200, 0, true, false},
        {OK "x-state:ready\r\n\r\n", ANSWER_DONE, REASON_OK, 200, 0, true, false},
        {OK "X-State: re ady\r\nX-Other: ready\r\n\r\n", ANSWER_DONE, REASON_OK, 200, 0, false, false},
        {OK "X-A: b\r\n X-State: ready\r\n\r\n", ANSWER_DONE, REASON_OK, 200, 0, false, false}, /* folded */
        {"HTTP/1.0 404\n\n", ANSWER_DONE, REASON_OK, 404, 0, false, false},
        {"\r\nHTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", ANSWER_DONE, REASON_OK, 204, 0, false, false},
        {"HTTP/1.1 304 x\r\n\r\n", ANSWER_DONE, REASON_OK, 304, 0, false, false},
        {"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", ANSWER_DONE,
                REASON_OK, 200, 1, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n4\r\nneed\r\n2;a=b\r\nle\r\n0\r\nTrailer: x\r\n\r\n", ANSWER_DONE,
                REASON_OK, 200, 6, false, true},
        {OK "Transfer-Encoding: gzip, Chunked \r\nContent-Length: 9\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", ANSWER_DONE,
                REASON_OK, 200, 10, false, false},
        {OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", ANSWER_DONE, REASON_OK, 200, 5, false, false},
        /* what is wrong */
        {"", ANSWER_FAILED, REASON_RESET, 0, 0, false, false},
        {"HTTP/1.1 2", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"SSH-2.0-OpenSSH_9.2\r\n", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"220 mail.example ESMTP", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"HTTP/2.0 200 OK\r\n", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"HTTP/1.1 20 OK\r\n", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"HTTP/1.1 2000 OK\r\n", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"HTTP/1.1 099 OK\r\n", ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {"HTTP/1.1 101 Switching\r\n\r\n", ANSWER_FAILED, REASON_PROTOCOL, 101, 0, false, false},
        {"\r\n\r\n" OK, ANSWER_FAILED, REASON_PROTOCOL, 0, 0, false, false},
        {OK "Content-Length: 5\r\n\r\nhell", ANSWER_FAILED, REASON_PROTOCOL, 200, 4, false, false},
        {OK "Content-Length: -1\r\n\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
        {OK "Content-Length: 99999999999999999999\r\n\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
        {OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello", ANSWER_FAILED, REASON_PROTOCOL, 200, 5, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 5, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
        {OK "Transfer-Encoding: chunked\r\n\r\n123456789\r\n", ANSWER_FAILED, REASON_PROTOCOL, 200, 0, false, false},
};

static struct answer expecting(void)
{
	return (struct answer){
	        .header_name = "X-State", .header_text = "ready", .body_text = "needle", .body_most = 1000};
}

static void check_story(const struct story *s, size_t piece)
{
	struct answer a = expecting();
	size_t len = strlen(s->text);

	for (size_t at = 0; at < len; at += piece) {
		char *exact = mem_strn(s->text + at, len - at < piece ? len - at : piece);

		answer_feed(&a, exact, len - at < piece ? len - at : piece);
		free(exact);
	}
	answer_end(&a);
	if (a.phase != s->phase || a.reason != s->reason || a.status != s->status || a.body_bytes != s->bytes ||
	        a.header_found != s->header || a.body_found != s->body)
		fail_msg("\"%s\" by %zu: phase %d reason %s status %d bytes %zu header %d body %d", s->text, piece,
		        a.phase, reason_name(a.reason), a.status, a.body_bytes, a.header_found, a.body_found);
	answer_clear(&a);
}

static void test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		check_story(&stories[i], 10000);
		check_story(&stories[i], 1);
		check_story(&stories[i], 3);
	}
}

/* Feeds a line again and again. */
static void flood(struct answer *a, const char *line, unsigned times)
{
	for (unsigned i = 0; i < times && a->phase < ANSWER_DONE; i++)
		answer_feed(a, line, strlen(line));
}

static void test_limits(void **state)
{
	struct answer a = expecting();
	char line[1001];

	(void)state;
	memset(line, 'x', 1000);
	line[1000] = '\0';
	answer_feed(&a, OK, strlen(OK));
	flood(&a, line, 10000); /* one line without end */
	assert_int_equal(a.phase, ANSWER_FAILED);
	assert_int_equal(a.reason, REASON_TOO_LARGE);
	assert_true(a.line.len <= ANSWER_HEAD_MAX);
	answer_clear(&a);

	a = expecting();
	answer_feed(&a, OK, strlen(OK));
	flood(&a, "A: b\r\n", 199);
	assert_int_equal(a.phase, ANSWER_HEADERS);
	flood(&a, "A: b\r\n", 1);
	assert_int_equal(a.reason, REASON_TOO_LARGE);
	answer_clear(&a);

	a = expecting(); /* trailers count too */
	flood(&a, OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", 1);
	flood(&a, "A: b\r\n", 10000);
	assert_int_equal(a.reason, REASON_TOO_LARGE);
	answer_clear(&a);

	a = expecting(); /* and interim answers without end */
	flood(&a, "HTTP/1.1 100 Go on\r\n\r\n", 10000);
	assert_int_equal(a.reason, REASON_TOO_LARGE);
	answer_clear(&a);

	a = expecting(); /* a chunk's line without end */
	flood(&a, OK "Transfer-Encoding: chunked\r\n\r\n1;", 1);
	flood(&a, line, 10);
	assert_int_equal(a.reason, REASON_PROTOCOL);
	answer_clear(&a);
}

static void test_body_is_cut(void **state)
{
	struct answer a = expecting();
	char body[2001];

	(void)state;
	memset(body, '-', 2000);
	memcpy(body + 994, "needle", 6);
	body[2000] = '\0';
	answer_feed(&a, OK "\r\n", strlen(OK "\r\n"));
	answer_feed(&a, body, 997);
	assert_int_equal(a.phase, ANSWER_BODY);
	answer_feed(&a, body + 997, 1003);
	assert_int_equal(a.phase, ANSWER_DONE);
	assert_int_equal(a.body_bytes, 1000);
	assert_true(a.body_found); /* over the seam, up to the last byte that is read */
	answer_clear(&a);

	a = expecting();
	a.body_most = 999;
	flood(&a, OK "\r\n", 1);
	answer_feed(&a, body, 2000);
	assert_int_equal(a.phase, ANSWER_DONE);
	assert_false(a.body_found);
	answer_clear(&a);
}

static void test_location(void **state)
{
	struct answer a = expecting();
	char *line;

	(void)state;
	flood(&a, "HTTP/1.1 302 F\r\nLOCATION:   /x y \r\nLocation: /second\r\nContent-Length: 0\r\n\r\n", 1);
	assert_string_equal(a.location, "/x y");
	answer_clear(&a);
	assert_null(a.location);
	a = expecting();
	line = mem_alloc(ANSWER_LOCATION_MAX + 2);
	memset(line, 'l', ANSWER_LOCATION_MAX + 1);
	flood(&a, "HTTP/1.1 302 F\r\nLocation: ", 1);
	flood(&a, line, 1);
	flood(&a, "\r\n\r\n", 1);
	assert_null(a.location);
	free(line);
	answer_clear(&a);
}

static void test_status_in(void **state)
{
	(void)state;
	assert_true(answer_status_in(NULL, 200) && answer_status_in("", 399));
	assert_false(answer_status_in(NULL, 400) || answer_status_in(NULL, 199));
	assert_true(answer_status_in("200,204, 301 - 308", 305));
	assert_false(answer_status_in("200,204,301-308", 206));
	assert_false(answer_status_in("abc,-,2-,-300,20x", 200));
	assert_true(answer_status_in("401", 401));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_stories),
	        cmocka_unit_test(test_limits),
	        cmocka_unit_test(test_body_is_cut),
	        cmocka_unit_test(test_location),
	        cmocka_unit_test(test_status_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
