/*
 * webhook: JSON posted to a program's URL, signed, libcurl on our loop.
 *
 * Tell process. Several posts may be on their way at once; nothing here blocks, and each is given up after WEBHOOK_PATIENCE_MS. Headers:
 *   X-Sansang-Id: TEXT                               the same for every try of one post: by it a receiver drops the copy
 *   X-Sansang-Signature: t=UNIX,v1=HEX               HMAC-SHA256(secret, UNIX "." body) (RFC 2104); UNIX is when it was sent, in seconds
 * A receiver computes the same over the bytes that it got, compares in constant time and refuses what is older than some
 * minutes. Redirects are not followed, no proxy of the environment is used, and of an answer at most WEBHOOK_ANSWER_MAX bytes are
 * read. https is verified against the given authorities, else the system's.
 */
#ifndef SANSANG_TELL_WEBHOOK_H
#define SANSANG_TELL_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define WEBHOOK_PATIENCE_MS 15000
#define WEBHOOK_ANSWER_MAX 16384
#define WEBHOOK_BODY_MAX (1024 * 1024)

enum webhook_result {
	WEBHOOK_TAKEN,   /* 2xx */
	WEBHOOK_LATER,   /* no connection, no answer in time, 3xx, 408, 429, 5xx */
	WEBHOOK_REFUSED, /* any other 4xx: for good */
};

struct webhook_post {
	const char *url, *id;
	const char *secret;      /* NULL: unsigned */
	const char *authorities; /* PEM; NULL: the system's */
	const char *body;
	int64_t at_ms; /* UTC: the signature's time */
};

struct webhooks;

/* `answer` says what the receiver answered, or what went wrong; valid during the call. */
typedef void (*webhook_on_done)(enum webhook_result result, const char *answer, void *arg);

/* patience_ms 0: WEBHOOK_PATIENCE_MS. 0 or -errno, logged. */
int webhooks_open(struct webhooks **out, uv_loop_t *loop, int64_t patience_ms);
/* Copies all of it. on_done comes later, once. 0 or -errno. */
int webhook_send(struct webhooks *w, const struct webhook_post *post, webhook_on_done on_done, void *arg);
/* Gives up what is on its way (no on_done); free it after the loop has ended. */
void webhooks_close(struct webhooks *w);
void webhooks_free(struct webhooks *w);

/* The value of X-Sansang-Signature; size at least 96. Gives `out`. */
const char *webhook_sign(const char *secret, int64_t unix_s, const char *body, char *out, size_t size);

#endif
