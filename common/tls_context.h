/*
 * tls_context: what all streams of one side share: certificate, trusted set, rules of
 * verification, tickets, and the room that a loop turn works in. Internal to common/tls.c; others use common/tls.h.
 *
 * Counted: the owner's tls_context_free and the last stream's end both have to come before it goes,
 * so a context may be replaced by a newer one while its streams live on.
 */
#ifndef SANSANG_TLS_CONTEXT_H
#define SANSANG_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "common/tls.h"

#define TLS_READ_ROOM (64 * 1024)
#define TLS_FEED_MAX (16 * 1024)

/* One a context, made with its first stream: streams that have something to send, flushed before the loop waits. */
struct tls_turn {
	uv_prepare_t prepare;
	struct tls_stream *dirty;
	uint8_t cipher[TLS_READ_ROOM]; /* as read from the kernel */
	uint8_t plain[TLS_FEED_MAX];   /* as decrypted */
};

struct tls_context {
	SSL_CTX *ssl_ctx;
	BIO_METHOD *bio; /* set by the first stream */
	struct tls_turn *turn;
	SSL_SESSION *session; /* client: the last ticket */
	unsigned refs;
	enum tls_side side;
	bool ignore_dates, pinned;
	uint8_t fingerprint[32];
};

void tls_context_ref(struct tls_context *c);
void tls_context_unref(struct tls_context *c);
/* The certificate is for the purpose that a peer of `side` must have, and says so itself. */
bool tls_purpose_right(X509 *certificate, enum tls_side side);

#endif
