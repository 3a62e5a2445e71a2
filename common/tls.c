/*
 * A stream stands between OpenSSL and a uv_tcp_t. OpenSSL reads from `feed`, the bytes of
 * the read at hand, and writes into `cipher`; nothing is kept between turns but what the
 * kernel would not take and a frame that is not whole yet, so an idle stream is little more than its SSL.
 */
#include "common/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/tls_context.h"

#define BUFFER_KEPT 512 /* an emptied buffer above this is given back */

struct sending {
	uv_write_t req;
	struct buf data;
};

struct tls_stream {
	struct tls_context *context;
	SSL *ssl;
	uv_tcp_t *tcp;
	const struct tls_handlers *handlers;
	void *arg;
	struct tls_stream *next_dirty;
	const uint8_t *feed; /* borrowed during on_read */
	size_t feed_len;
	struct buf in;     /* decrypted, not consumed yet */
	struct buf plain;  /* to be encrypted */
	struct buf cipher; /* to be given to the kernel */
	size_t sending;    /* bytes of the one write that waits in libuv, 0 none */
	char *peer_name, *peer_serial;
	int status;
	char *why;
	bool dirty, open, paused, closing;
};

/* ---- the BIO: OpenSSL's view of the stream ---- */

static int on_bio_read(BIO *bio, char *out, int len)
{
	struct tls_stream *s = BIO_get_data(bio);
	size_t n = s->feed_len < (size_t)len ? s->feed_len : (size_t)len;

	BIO_clear_retry_flags(bio);
	if (!n) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(out, s->feed, n);
	s->feed += n;
	s->feed_len -= n;
	return (int)n;
}

static int on_bio_write(BIO *bio, const char *data, int len)
{
	struct tls_stream *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	buf_put(&s->cipher, data, (size_t)len);
	return len;
}

static long on_bio_ctrl(BIO *bio, int cmd, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method_new(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sansang stream");

	if (!m || !BIO_meth_set_read(m, on_bio_read) || !BIO_meth_set_write(m, on_bio_write) ||
	        !BIO_meth_set_ctrl(m, on_bio_ctrl))
		log_die("tls: out of memory");
	return m;
}

/* ---- ending ---- */

static void buf_relax(struct buf *b)
{
	if (b->cap > BUFFER_KEPT)
		buf_free(b);
	else
		buf_reset(b);
}

static void dirty_remove(struct tls_stream *s)
{
	struct tls_stream **at = &s->context->turn->dirty;

	while (*at && *at != s)
		at = &(*at)->next_dirty;
	if (*at)
		*at = s->next_dirty;
	s->dirty = false;
}

static void on_tcp_closed(uv_handle_t *handle)
{
	struct tls_stream *s = handle->data;

	if (s->dirty)
		dirty_remove(s);
	if (s->handlers->on_close)
		s->handlers->on_close(s, s->status, s->why ? s->why : "closed", s->arg);
	SSL_free(s->ssl);
	tls_context_unref(s->context);
	buf_free(&s->in);
	buf_free(&s->plain);
	buf_free(&s->cipher);
	free(s->peer_name);
	free(s->peer_serial);
	free(s->why);
	free(s->tcp);
	free(s);
}

static void send_cipher_once(struct tls_stream *s)
{
	uv_buf_t b = uv_buf_init((char *)s->cipher.data, (unsigned)s->cipher.len);

	if (s->cipher.len && !s->sending)
		(void)uv_try_write((uv_stream_t *)s->tcp, &b, 1);
	buf_free(&s->cipher);
}

static void stream_end(struct tls_stream *s, int status, const char *why)
{
	if (s->closing)
		return;
	s->closing = true;
	s->status = status;
	s->why = mem_str(why);
	send_cipher_once(s); /* an alert, or the goodbye */
	uv_close((uv_handle_t *)s->tcp, on_tcp_closed);
}

static void stream_fail_ssl(struct tls_stream *s)
{
	long verified = SSL_get_verify_result(s->ssl);
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	if (verified != X509_V_OK)
		stream_end(s, -EACCES, X509_verify_cert_error_string(verified));
	else
		stream_end(s, -EPROTO, why ? why : "TLS error");
	ERR_clear_error();
}

/* ---- writing ---- */

static void stream_flush(struct tls_stream *s);

static void on_written(uv_write_t *req, int status)
{
	struct sending *w = (struct sending *)req;
	struct tls_stream *s = req->data;

	buf_free(&w->data);
	free(w);
	s->sending = 0;
	if (status < 0)
		stream_end(s, status, "cannot write");
	else if (!s->closing)
		stream_flush(s);
}

/* What the kernel does not take at once waits in libuv: one write at a time. */
static void send_cipher(struct tls_stream *s)
{
	uv_buf_t b = uv_buf_init((char *)s->cipher.data, (unsigned)s->cipher.len);

	if (!s->cipher.len || s->sending || s->closing)
		return;
	int n = uv_try_write((uv_stream_t *)s->tcp, &b, 1);
	if (n == UV_EAGAIN)
		n = 0;
	if (n < 0) {
		stream_end(s, n, uv_strerror(n));
		return;
	}
	if ((size_t)n == s->cipher.len) {
		buf_relax(&s->cipher);
		return;
	}
	struct sending *w = mem_alloc(sizeof(*w));
	w->data = s->cipher;
	s->cipher = (struct buf){0};
	w->req.data = s;
	b = uv_buf_init((char *)w->data.data + n, (unsigned)(w->data.len - (size_t)n));
	s->sending = b.len;
	int status = uv_write(&w->req, (uv_stream_t *)s->tcp, &b, 1, on_written);
	if (status < 0) {
		buf_free(&w->data);
		free(w);
		s->sending = 0;
		stream_end(s, status, uv_strerror(status));
	}
}

static void stream_flush(struct tls_stream *s)
{
	if (s->closing || s->sending)
		return;
	if (s->open && s->plain.len) {
		size_t written;
		if (SSL_write_ex(s->ssl, s->plain.data, s->plain.len, &written) != 1) {
			stream_fail_ssl(s);
			return;
		}
		buf_relax(&s->plain);
	}
	send_cipher(s);
}

/* ---- reading ---- */

static size_t give_data(struct tls_stream *s, const uint8_t *data, size_t len)
{
	size_t given = 0;

	while (given < len && !s->paused && !s->closing) {
		size_t n = s->handlers->on_data(s, data + given, len - given, s->arg);
		if (!n)
			break;
		given += n;
	}
	return given;
}

static void give_kept(struct tls_stream *s)
{
	size_t given = give_data(s, s->in.data, s->in.len);

	if (given == s->in.len)
		buf_relax(&s->in);
	else
		buf_consume(&s->in, given);
}

static void decrypt(struct tls_stream *s)
{
	uint8_t *plain = s->context->turn->plain;
	size_t n;

	for (ERR_clear_error(); !s->closing && SSL_read_ex(s->ssl, plain, TLS_FEED_MAX, &n) == 1; ERR_clear_error()) {
		bool kept = s->in.len;
		size_t given = kept ? 0 : give_data(s, plain, n);
		if (given < n)
			buf_put(&s->in, plain + given, n - given);
		if (kept)
			give_kept(s);
	}
	if (s->closing)
		return;
	int error = SSL_get_error(s->ssl, 0);
	if (error == SSL_ERROR_ZERO_RETURN)
		stream_end(s, 0, "closed by the peer");
	else if (error != SSL_ERROR_WANT_READ)
		stream_fail_ssl(s);
}

static char *serial_hex(X509 *x)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;
	char *out = mem_str(hex ? hex : "");

	for (char *at = out; *at; at++)
		if (*at >= 'A' && *at <= 'F')
			*at += 'a' - 'A';
	OPENSSL_free(hex);
	BN_free(n);
	return out;
}

static char *common_name(X509 *x)
{
	X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	uint8_t *utf8 = NULL;
	int len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	/* a name with a NUL inside would say two things to two readers */
	bool whole = len > 0 && !memchr(utf8, 0, (size_t)len);
	char *name = mem_strn(whole ? (const char *)utf8 : "", whole ? (size_t)len : 0);

	OPENSSL_free(utf8);
	return name;
}

/* A resumed session brings a certificate that was checked some time ago: its dates count now. */
static bool peer_in_date(const struct tls_stream *s, X509 *x)
{
	return s->context->ignore_dates || X509_cmp_current_time(X509_get0_notAfter(x)) > 0;
}

static void stream_opened(struct tls_stream *s)
{
	X509 *x = SSL_get0_peer_certificate(s->ssl);

	s->open = true;
	if (x && !peer_in_date(s, x)) {
		stream_end(s, -EACCES, "certificate has expired");
		return;
	}
	if (x) {
		s->peer_name = common_name(x);
		s->peer_serial = serial_hex(x);
	}
	if (s->handlers->on_open)
		s->handlers->on_open(s, s->arg);
}

static void stream_step(struct tls_stream *s)
{
	ERR_clear_error();
	if (!s->open) {
		int done = SSL_do_handshake(s->ssl);
		if (done == 1)
			stream_opened(s);
		else if (SSL_get_error(s->ssl, done) != SSL_ERROR_WANT_READ)
			stream_fail_ssl(s);
	}
	if (s->open && !s->closing)
		decrypt(s);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	struct tls_stream *s = handle->data;

	(void)wanted;
	*out = uv_buf_init((char *)s->context->turn->cipher, TLS_READ_ROOM);
}

static void on_read(uv_stream_t *tcp, ssize_t n, const uv_buf_t *room)
{
	struct tls_stream *s = tcp->data;

	if (n < 0) {
		stream_end(s, (int)n, n == UV_EOF ? "ended without goodbye" : uv_strerror((int)n));
		return;
	}
	s->feed = (const uint8_t *)room->base;
	s->feed_len = (size_t)n;
	while (!s->closing && s->feed_len) {
		size_t before = s->feed_len;
		stream_step(s);
		if (s->feed_len == before && !s->closing)
			stream_end(s, -EPROTO, "TLS reads nothing");
	}
	s->feed_len = 0;
	if (!s->dirty) /* else it leaves with the turn */
		send_cipher(s);
}

/* ---- the loop turn ---- */

static void on_prepare(uv_prepare_t *prepare)
{
	struct tls_turn *turn = prepare->data;

	while (turn->dirty) {
		struct tls_stream *s = turn->dirty;
		turn->dirty = s->next_dirty;
		s->dirty = false;
		if (s->in.len && !s->paused && !s->closing)
			give_kept(s);
		stream_flush(s);
	}
	uv_prepare_stop(prepare);
}

static void mark_dirty(struct tls_stream *s)
{
	struct tls_turn *turn = s->context->turn;

	if (s->dirty || s->closing)
		return;
	s->dirty = true;
	s->next_dirty = turn->dirty;
	turn->dirty = s;
	uv_prepare_start(&turn->prepare, on_prepare);
}

static void turn_begin(struct tls_context *c, uv_loop_t *loop)
{
	if (c->turn)
		return;
	c->turn = mem_alloc(sizeof(*c->turn));
	c->bio = bio_method_new();
	uv_prepare_init(loop, &c->turn->prepare);
	uv_unref((uv_handle_t *)&c->turn->prepare);
	c->turn->prepare.data = c->turn;
}

/* ---- public ---- */

struct tls_stream *tls_stream_new(struct tls_context *c, uv_tcp_t *tcp, const struct tls_handlers *h, void *arg)
{
	struct tls_stream *s = mem_alloc(sizeof(*s));

	turn_begin(c, tcp->loop);
	tls_context_ref(c);
	*s = (struct tls_stream){.context = c, .tcp = tcp, .handlers = h, .arg = arg};
	tcp->data = s;
	s->ssl = SSL_new(c->ssl_ctx);
	BIO *bio = BIO_new(c->bio);
	if (!s->ssl || !bio)
		log_die("tls: out of memory");
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio);
	uv_tcp_nodelay(tcp, 1);
	if (c->side == TLS_SERVER) {
		SSL_set_accept_state(s->ssl);
	} else {
		SSL_set_connect_state(s->ssl);
		if (c->session)
			SSL_set_session(s->ssl, c->session);
	}
	int status = uv_read_start((uv_stream_t *)tcp, on_alloc, on_read);
	if (status < 0)
		stream_end(s, status, uv_strerror(status));
	else
		stream_step(s); /* the client's first flight */
	send_cipher(s);
	return s;
}

void tls_write(struct tls_stream *s, const void *data, size_t len)
{
	if (s->closing)
		return;
	buf_put(&s->plain, data, len);
	mark_dirty(s);
}

size_t tls_pending(const struct tls_stream *s)
{
	return s->plain.len + s->cipher.len + s->sending;
}

void tls_pause(struct tls_stream *s, bool paused)
{
	if (s->closing || s->paused == paused)
		return;
	s->paused = paused;
	if (paused) {
		uv_read_stop((uv_stream_t *)s->tcp);
		return;
	}
	uv_read_start((uv_stream_t *)s->tcp, on_alloc, on_read);
	mark_dirty(s); /* gives what was kept */
}

void tls_close(struct tls_stream *s)
{
	if (s->closing)
		return;
	ERR_clear_error();
	if (s->open) {
		stream_flush(s);
		if (s->closing)
			return;
		SSL_shutdown(s->ssl);
	}
	stream_end(s, 0, "closed");
}

const char *tls_peer_name(const struct tls_stream *s)
{
	return s->peer_name;
}

const char *tls_peer_serial(const struct tls_stream *s)
{
	return s->peer_serial;
}

uv_tcp_t *tls_tcp(struct tls_stream *s)
{
	return s->tcp;
}
