#include "agent/probe/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"

#define CHUNK_LINE_MAX 4096
#define CHUNK_DIGITS_MAX 8

struct text {
	const uint8_t *data;
	size_t len;
};

static void fail(struct answer *a, enum reason reason, const char *why)
{
	a->phase = ANSWER_FAILED;
	a->reason = reason;
	a->why = why;
}

/* ---- texts ---- */

static bool text_is(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp((const char *)t.data, word, t.len);
}

static bool is_blank(uint8_t letter)
{
	return letter == ' ' || letter == '\t';
}

static struct text trimmed(struct text t)
{
	while (t.len && is_blank(t.data[0]))
		t = (struct text){t.data + 1, t.len - 1};
	while (t.len && is_blank(t.data[t.len - 1]))
		t.len--;
	return t;
}

/* Up to `stop`, which is passed over, or to the end. */
static struct text text_until(struct cursor *c, uint8_t stop)
{
	struct text t = {.data = c->data + c->at};
	size_t left = cursor_left(c);
	const uint8_t *at = left ? memchr(t.data, stop, left) : NULL;

	t.len = at ? (size_t)(at - t.data) : left;
	cursor_bytes(c, t.len + (at != NULL));
	return t;
}

/* Decimal digits only; -1 otherwise or beyond 2^53. */
static int64_t text_number(struct text t)
{
	int64_t v = 0;

	if (!t.len || t.len > 15)
		return -1;
	for (size_t i = 0; i < t.len; i++) {
		if (t.data[i] < '0' || t.data[i] > '9')
			return -1;
		v = v * 10 + (t.data[i] - '0');
	}
	return v;
}

/* ---- the head ---- */

static void read_status_line(struct answer *a, struct cursor *c)
{
	struct text version = text_until(c, ' '), code = text_until(c, ' ');
	int64_t status = code.len == 3 ? text_number(code) : -1;

	/* an empty line before is forgiven */
	if (!version.len && !code.len && a->lines == 1)
		return;
	if (version.len != 8 || memcmp(version.data, "HTTP/1.", 7) || status < 100) {
		fail(a, REASON_PROTOCOL, "does not answer in HTTP");
		return;
	}
	a->status = (int)status;
	a->length = -1;
	a->chunked = false;
	a->phase = ANSWER_HEADERS;
}

static void read_length(struct answer *a, struct text value)
{
	int64_t length = text_number(value);

	if (length < 0 || (a->length >= 0 && a->length != length))
		fail(a, REASON_PROTOCOL, "Content-Length is no length");
	a->length = length;
}

/* Only the last coding tells where the body ends; others we did not ask for and do not undo. */
static void read_coding(struct answer *a, struct text value)
{
	struct cursor c = cursor_of(value.data, value.len);

	while (cursor_left(&c))
		a->chunked = text_is(trimmed(text_until(&c, ',')), "chunked");
}

static bool holds(struct text t, const char *part)
{
	return !*part || (t.len && memmem(t.data, t.len, part, strlen(part)));
}

static void read_header(struct answer *a, struct cursor *c)
{
	struct text name = text_until(c, ':'), value;

	/* a folded line goes on with the one before; one without a colon says nothing */
	if (!name.len || is_blank(name.data[0]) || c->data[c->at - 1] != ':')
		return;
	value = trimmed((struct text){c->data + c->at, cursor_left(c)});
	if (text_is(name, "content-length"))
		read_length(a, value);
	else if (text_is(name, "transfer-encoding"))
		read_coding(a, value);
	else if (text_is(name, "location") && !a->location && value.len <= ANSWER_LOCATION_MAX)
		a->location = mem_strn((const char *)value.data, value.len);
	if (a->header_name && text_is(name, a->header_name) && holds(value, a->header_text))
		a->header_found = true;
}

static void begin_body(struct answer *a)
{
	if (a->status >= 100 && a->status < 200) {
		if (a->status == 101)
			fail(a, REASON_PROTOCOL, "answers in another protocol");
		else
			a->phase = ANSWER_STATUS_LINE;
		return;
	}
	a->left = a->length;
	if (a->status == 204 || a->status == 304 || (!a->chunked && !a->length))
		a->phase = ANSWER_DONE;
	else
		a->phase = a->chunked ? ANSWER_CHUNK_SIZE : ANSWER_BODY;
	/* a text that is empty is in every body */
	a->body_found = a->body_text && !a->body_text[0];
}

/* ---- the body ---- */

static int hex_of(uint8_t letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static void read_chunk_size(struct answer *a, struct cursor *c)
{
	struct text digits = trimmed(text_until(c, ';'));
	int64_t size = 0;

	if (!digits.len || digits.len > CHUNK_DIGITS_MAX) {
		fail(a, REASON_PROTOCOL, "a chunk has no size");
		return;
	}
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_of(digits.data[i]);

		if (digit < 0) {
			fail(a, REASON_PROTOCOL, "a chunk has no size");
			return;
		}
		size = size << 4 | digit;
	}
	a->left = size;
	a->phase = size ? ANSWER_CHUNK : ANSWER_TRAILERS;
}

static void search(struct answer *a, struct text piece)
{
	size_t want = a->body_text ? strlen(a->body_text) : 0;

	if (!want || a->body_found)
		return;
	buf_put(&a->tail, piece.data, piece.len);
	a->body_found = memmem(a->tail.data, a->tail.len, a->body_text, want) != NULL;
	if (a->body_found)
		buf_free(&a->tail);
	else if (a->tail.len >= want)
		buf_consume(&a->tail, a->tail.len - (want - 1));
}

/* As much of the body as this piece has. */
static void take_body(struct answer *a, struct cursor *c)
{
	size_t len = cursor_left(c), room = a->body_most - a->body_bytes;
	struct text piece;

	if (a->left >= 0 && (uint64_t)a->left < len)
		len = (size_t)a->left;
	if (len > room)
		len = room;
	piece = (struct text){cursor_bytes(c, len), len};
	a->body_bytes += len;
	if (a->left > 0)
		a->left -= (int64_t)len;
	search(a, piece);
	if (!a->left)
		a->phase = a->phase == ANSWER_CHUNK ? ANSWER_CHUNK_END : ANSWER_DONE;
	else if (a->body_bytes >= a->body_most)
		a->phase = ANSWER_DONE;
}

/* ---- lines ---- */

static void line_done(struct answer *a, struct text line)
{
	struct cursor c;

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	c = cursor_of(line.data, line.len);
	switch (a->phase) {
	case ANSWER_STATUS_LINE:
		read_status_line(a, &c);
		break;
	case ANSWER_HEADERS:
		if (line.len)
			read_header(a, &c);
		else
			begin_body(a);
		break;
	case ANSWER_CHUNK_SIZE:
		read_chunk_size(a, &c);
		break;
	case ANSWER_CHUNK_END:
		a->phase = ANSWER_CHUNK_SIZE;
		if (line.len)
			fail(a, REASON_PROTOCOL, "a chunk is longer than it says");
		break;
	default:
		if (!line.len)
			a->phase = ANSWER_DONE;
	}
}

/* True when the line's bytes are within bounds. */
static bool line_counts(struct answer *a, size_t len, bool whole)
{
	bool chunk = a->phase == ANSWER_CHUNK_SIZE || a->phase == ANSWER_CHUNK_END;

	if (chunk && a->line.len + len <= CHUNK_LINE_MAX)
		return true;
	a->head_bytes += len;
	a->lines += whole;
	if (!chunk && a->head_bytes <= ANSWER_HEAD_MAX && a->lines <= ANSWER_LINES_MAX)
		return true;
	if (chunk)
		fail(a, REASON_PROTOCOL, "a chunk has no size");
	else
		fail(a, REASON_TOO_LARGE, "its headers are more than 64 KB or 200 lines");
	return false;
}

/* A line that came whole is read where it lies; else its parts are gathered. */
static void take_line(struct answer *a, struct cursor *c)
{
	size_t before = c->at;
	struct text line = text_until(c, '\n');
	bool whole = c->data[c->at - 1] == '\n';

	if (!line_counts(a, c->at - before, whole))
		return;
	if (whole && !a->line.len) {
		line_done(a, line);
		return;
	}
	buf_put(&a->line, line.data, line.len);
	if (!whole) {
		/* who does not speak HTTP may never end his line */
		if (a->phase == ANSWER_STATUS_LINE && a->line.len >= 5 && memcmp(a->line.data, "HTTP/", 5) &&
		        a->line.data[0] != '\r')
			fail(a, REASON_PROTOCOL, "does not answer in HTTP");
		return;
	}
	line_done(a, (struct text){a->line.data, a->line.len});
	buf_reset(&a->line);
}

void answer_feed(struct answer *a, const void *data, size_t len)
{
	struct cursor c = cursor_of(data, len);

	a->any = a->any || len;
	while (a->phase < ANSWER_DONE && cursor_left(&c)) {
		if (a->phase == ANSWER_BODY || a->phase == ANSWER_CHUNK)
			take_body(a, &c);
		else
			take_line(a, &c);
	}
}

void answer_end(struct answer *a)
{
	if (a->phase >= ANSWER_DONE)
		return;
	if (a->phase == ANSWER_BODY && a->left < 0)
		a->phase = ANSWER_DONE;
	else if (!a->any)
		fail(a, REASON_RESET, "took the question and closed the connection without an answer");
	else
		fail(a, REASON_PROTOCOL, "the answer ended too early");
}

void answer_clear(struct answer *a)
{
	free(a->location);
	buf_free(&a->line);
	buf_free(&a->tail);
	*a = (struct answer){0};
}

/* ---- the status ---- */

static bool range_holds(struct text range, int status)
{
	struct cursor c = cursor_of(range.data, range.len);
	int64_t from = text_number(trimmed(text_until(&c, '-'))), to = from;

	if (cursor_left(&c))
		to = text_number(trimmed((struct text){c.data + c.at, cursor_left(&c)}));
	return from >= 0 && status >= from && status <= to;
}

bool answer_status_in(const char *spec, int status)
{
	const char *text = spec && spec[0] ? spec : "200-399";
	struct cursor c = cursor_of(text, strlen(text));

	while (cursor_left(&c))
		if (range_holds(trimmed(text_until(&c, ',')), status))
			return true;
	return false;
}
