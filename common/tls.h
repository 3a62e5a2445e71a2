/*
 * tls: TLS 1.3 on libuv TCP with OpenSSL memory BIOs, both sides certified.
 *
 * A stream owns its uv_tcp_t. At most 16 KB are fed to OpenSSL at a time; writes
 * of one loop turn leave as one record run. Whatever fails closes the stream:
 * on_close comes exactly once, with 0 or -errno and a short reason, and the stream frees itself after it.
 * The certificate, not a host name, says who the peer is: verification is of chain
 * and purpose (EKU); tls_peer_name() gives the subject's common name.
 */
#ifndef SANSANG_TLS_H
#define SANSANG_TLS_H

#include <stdbool.h>
#include <uv.h>

#include "common/buf.h"

struct tls_context;
struct tls_stream;

enum tls_side { TLS_SERVER, TLS_CLIENT };

struct tls_options {
	enum tls_side side;
	const char *certificate_file, *key_file; /* PEM; both NULL for a client that is still to enrol */
	/* Trusted CA set: DER blobs; borrowed during the call. */
	const struct buf *ca;
	size_t ca_count;
	/* Client, enrolling: no CA yet, the server's chain must hold a CA with this SHA-256 (32 bytes). NULL otherwise. */
	const uint8_t *ca_fingerprint;
	bool peer_optional; /* server: a client without certificate is let in (to enrol); tls_peer_name() is then NULL */
	bool ignore_dates;  /* agent: check chain and purpose, not validity dates */
};

/* 0 or -EINVAL with the reason logged. */
int tls_context_new(struct tls_context **out, const struct tls_options *o);
void tls_context_free(struct tls_context *c);
/* The certificates of a PEM file as DER. Gives *out (tls_authorities_free). 0, -errno of opening it, or -EBADMSG. */
int tls_authorities_read(const char *path, struct buf **out, size_t *count);
void tls_authorities_free(struct buf *list, size_t count);

struct tls_handlers {
	void (*on_open)(struct tls_stream *s, void *arg); /* handshake done */
	/* Decrypted bytes, borrowed. Returns how many were consumed; the rest is kept and given again with more. */
	size_t (*on_data)(struct tls_stream *s, const uint8_t *data, size_t len, void *arg);
	void (*on_close)(struct tls_stream *s, int status, const char *why, void *arg);
};

/* Takes a connected (or accepted) handle made with malloc; begins the handshake. The context must outlive the stream. */
struct tls_stream *tls_stream_new(struct tls_context *c, uv_tcp_t *tcp, const struct tls_handlers *h, void *arg);
void tls_write(struct tls_stream *s, const void *data, size_t len);
size_t tls_pending(const struct tls_stream *s); /* bytes not yet given to the kernel */
void tls_pause(struct tls_stream *s, bool paused);
void tls_close(struct tls_stream *s);                    /* sends what is pending if it goes at once, then on_close */
const char *tls_peer_name(const struct tls_stream *s);   /* borrowed; NULL without certificate */
const char *tls_peer_serial(const struct tls_stream *s); /* lower-case hex; NULL without certificate */
uv_tcp_t *tls_tcp(struct tls_stream *s);

#endif
