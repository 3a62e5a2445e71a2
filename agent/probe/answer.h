/*
 * answer: an HTTP/1.x answer read byte by byte as it comes (RFC 9112).
 *
 * Head at most 64 KB and 200 lines (trailers included), else REASON_TOO_LARGE; bodies by Content-Length, chunked, or until the
 * end; of a body no more than `body_most` bytes are read, then the answer is done. Nothing is kept of it but what is asked for. A body
 * text is found across pieces. Interim answers (1xx) are passed over. Pure; eyes process.
 */
#ifndef SANSANG_ANSWER_H
#define SANSANG_ANSWER_H

#include "common/buf.h"
#include "common/metric.h"

#define ANSWER_HEAD_MAX (64 * 1024)
#define ANSWER_LINES_MAX 200
#define ANSWER_LOCATION_MAX 2048

enum answer_phase {
	ANSWER_STATUS_LINE,
	ANSWER_HEADERS,
	ANSWER_BODY, /* as many bytes as `left` says; negative: until the end */
	ANSWER_CHUNK_SIZE,
	ANSWER_CHUNK,
	ANSWER_CHUNK_END,
	ANSWER_TRAILERS,
	ANSWER_DONE,
	ANSWER_FAILED /* `reason` and `why` say so */
};

struct answer {
	/* set before the first byte; texts are borrowed, NULL: not asked for */
	const char *header_name, *header_text;
	const char *body_text;
	size_t body_most;
	/* found */
	enum answer_phase phase;
	int status; /* 0 before its line came */
	bool header_found, body_found;
	char *location; /* NULL: none, or longer than ANSWER_LOCATION_MAX; owned */
	size_t body_bytes;
	enum reason reason;
	const char *why; /* a constant */
	/* its own */
	int64_t length, left;
	bool chunked, any;
	size_t head_bytes;
	unsigned lines;
	struct buf line, tail;
};

/* All zero begins an answer. */
void answer_feed(struct answer *a, const void *data, size_t len);
/* The other side has closed. */
void answer_end(struct answer *a);
/* Frees what it holds and makes it zero. */
void answer_clear(struct answer *a);

/* "200-399", "200,204,301-308"; NULL: 200-399. */
bool answer_status_in(const char *spec, int status);

#endif
