/* answer, url, note and certificate: answers in pieces of any size, redirects, names and stapled answers of anybody. */
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>

#include "agent/probe/answer.h"
#include "agent/probe/certificate.h"
#include "agent/probe/note.h"
#include "agent/probe/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a random mutation seldom finds by itself: each input is fed after one of these too. */
static const char *const beginnings[] = {
        "",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\n",
        "HTTP/1.1 302 Found\r\nLocation: //h/p?q\r\nContent-Length: 40\r\n\r\n",
        "HTTP/1.0 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-State: ready\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
};
#define BEGINNINGS (sizeof(beginnings) / sizeof(beginnings[0]))

static void check(const struct answer *a)
{
	if (a->body_bytes > a->body_most || (a->phase == ANSWER_FAILED) != (a->reason != REASON_OK && a->why))
		abort();
	if (a->line.len > ANSWER_HEAD_MAX || a->tail.len > a->body_most || (a->status && a->status < 100))
		abort();
}

/* The same verdict whether it comes at once or in pieces. */
static void feed(const char *beginning, const uint8_t *data, size_t size, size_t piece, struct answer *a)
{
	a->header_name = "X-State";
	a->header_text = "ready";
	a->body_text = "needle";
	a->body_most = 1000;
	answer_feed(a, beginning, strlen(beginning));
	for (size_t at = 0; at < size; at += piece)
		answer_feed(a, data + at, size - at < piece ? size - at : piece);
	check(a);
	answer_end(a);
	check(a);
}

static void redirect(const uint8_t *data, size_t size)
{
	struct url base = {.secure = true, .host = "a.example", .port = 443, .path = "/x/y?z"}, to;

	if (url_resolve(&base, data, size, &to))
		return;
	if (to.path[0] != '/' || !to.host[0] || !to.port || strpbrk(to.path, " \r\n\t") || strpbrk(to.host, " \r\n@"))
		abort();
}

static void words(const uint8_t *data, size_t size)
{
	char note[PROBE_NOTE_MAX], again[PROBE_NOTE_MAX];

	note_clean(data, size, note, sizeof(note));
	note_clean(note, strlen(note), again, sizeof(again));
	if (strcmp(note, again))
		abort();
}

static void certificate(const uint8_t *data, size_t size)
{
	const uint8_t *at = data;
	struct certificate_case c = {.leaf = d2i_X509(NULL, &at, (long)size),
	        .store = X509_STORE_new(),
	        .name = "a.example",
	        .wall_ms = 1795000000000,
	        .stapled = data,
	        .stapled_len = size};
	struct certificate_verdict v;

	if (c.leaf)
		certificate_judge(&c, &v);
	X509_free(c.leaf);
	X509_STORE_free(c.store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < BEGINNINGS; i++) {
		struct answer whole = {0}, pieces = {0};

		feed(beginnings[i], data, size, size + 1, &whole);
		feed(beginnings[i], data, size, 1 + size % 7, &pieces);
		/* a line that can be no status line is refused before it ends, for another reason than its length */
		if (whole.phase != pieces.phase || whole.status != pieces.status ||
		        whole.body_found != pieces.body_found || whole.header_found != pieces.header_found ||
		        whole.body_bytes != pieces.body_bytes)
			abort();
		answer_clear(&whole);
		answer_clear(&pieces);
	}
	redirect(data, size);
	words(data, size);
	certificate(data, size);
	return 0;
}
