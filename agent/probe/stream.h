/*
 * stream: a connection that is made, spoken TLS over where wanted, written to and read from, without a loop.
 *
 * stream_advance() goes as far as it can without waiting; while it says STREAM_BUSY wait for stream_events() on
 * stream_fd(). Reading and writing say -EAGAIN and what to wait for in the same way. A fault is kept in the stream: its
 * reason, and words for a person where there are any. Times are microseconds, PROBE_UNKNOWN when not
 * reached: connect_us is the kernel's round trip of the handshake (TCP_INFO), tls_us what TLS took from here.
 * Runs in the eyes process.
 */
#ifndef SANSANG_STREAM_H
#define SANSANG_STREAM_H

#include <openssl/ssl.h>

#include "agent/probe/probe.h"

enum stream_state { STREAM_BUSY, STREAM_OPEN, STREAM_BROKEN };

struct stream;

/*
 * Begins to connect to `address` as the job says (source, interface, trust). `context` NULL: no TLS. `server_name`: what
 * is asked for (SNI); an address is not sent. Never NULL; stream_close() it.
 */
struct stream *stream_new(
        const struct probe_job *job, const union probe_address *address, SSL_CTX *context, const char *server_name);
/* Says goodbye where that costs nothing. NULL is allowed. */
void stream_close(struct stream *s);

enum stream_state stream_advance(struct stream *s);
int stream_fd(const struct stream *s); /* -1: none */
unsigned stream_events(const struct stream *s);

/* Bytes taken, -EAGAIN, or another -errno and the stream is broken. */
ssize_t stream_write(struct stream *s, const void *data, size_t len);
/* Bytes read, 0 at the end, -EAGAIN, or another -errno and the stream is broken. */
ssize_t stream_read(struct stream *s, void *out, size_t size);

int64_t stream_connect_us(const struct stream *s);
int64_t stream_tls_us(const struct stream *s);
SSL *stream_tls(const struct stream *s); /* borrowed; NULL without TLS */
/* Of a broken stream. `note` gets words where there are any. */
enum reason stream_fault(const struct stream *s, char note[PROBE_NOTE_MAX]);
/* What it means that nothing more comes: of a stream that is not broken, when the time is over. */
enum reason stream_silence(const struct stream *s, char note[PROBE_NOTE_MAX]);

#endif
