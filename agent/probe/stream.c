#include "agent/probe/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/probe/note.h"
#include "agent/probe/stamp.h"
#include "common/memory.h"

enum phase { PHASE_CONNECT, PHASE_HANDSHAKE, PHASE_OPEN, PHASE_BROKEN };

struct stream {
	int fd;
	enum phase phase, broke; /* broke: the phase in which it did */
	unsigned events;
	SSL_CTX *context; /* borrowed */
	SSL *ssl;
	char *server_name;
	int64_t begun_ns, connected_ns;
	int64_t connect_us, tls_us;
	enum reason reason;
	char note[PROBE_NOTE_MAX];
};

/* What OpenSSL's word means to a person. */
static const struct {
	int code; /* SSL_R_... */
	const char *words;
} meanings[] = {
        {SSL_R_WRONG_VERSION_NUMBER, "this port does not speak TLS"},
        {SSL_R_HTTP_REQUEST, "this port does not speak TLS"},
        {SSL_R_TLSV1_UNRECOGNIZED_NAME, "the server does not know this name"},
        {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the server finds nothing in common with us (alert: handshake failure)"},
        {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the server speaks no TLS version from 1.0 to 1.3"},
        {SSL_R_UNSUPPORTED_PROTOCOL, "the server speaks no TLS version from 1.0 to 1.3"},
        {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the server demands a certificate from us"},
        {SSL_R_EXCESSIVE_MESSAGE_SIZE, "the server sends too large a message (a huge chain of certificates?)"},
};

static int broken(struct stream *s, enum reason reason)
{
	if (s->phase != PHASE_BROKEN)
		s->broke = s->phase;
	s->phase = PHASE_BROKEN;
	s->reason = reason;
	return -EPROTO;
}

/* ---- connecting ---- */

static void begin_tls(struct stream *s)
{
	union probe_address a;
	bool named = s->server_name && probe_address_parse(s->server_name, 0, &a);

	s->phase = PHASE_HANDSHAKE;
	s->ssl = SSL_new(s->context);
	if (!s->ssl || !SSL_set_fd(s->ssl, s->fd)) {
		broken(s, REASON_LOCAL);
		return;
	}
	if (named)
		SSL_set_tlsext_host_name(s->ssl, s->server_name);
	SSL_set_tlsext_status_type(s->ssl, TLSEXT_STATUSTYPE_ocsp);
	SSL_set_connect_state(s->ssl);
}

static void look_connected(struct stream *s)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info), error_len = sizeof(int);
	int error = 0;

	if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		info.tcpi_state = TCP_CLOSE;
	if (info.tcpi_state == TCP_SYN_SENT)
		return;
	if (info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_CLOSE_WAIT) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
		broken(s, probe_reason(error ? error : ECONNRESET));
		return;
	}
	s->connected_ns = stamp_mono_ns();
	/* no sample in the kernel (a repeated SYN): our own figure is the best there is */
	s->connect_us = info.tcpi_rtt ? info.tcpi_rtt : (s->connected_ns - s->begun_ns) / 1000;
	s->phase = PHASE_OPEN;
	if (s->context)
		begin_tls(s);
}

static void connect_to(struct stream *s, const struct probe_job *job, const union probe_address *address)
{
	int err;

	s->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (s->fd < 0) {
		broken(s, REASON_LOCAL);
		note_put(s->note, "no socket: %s", strerror(errno));
		return;
	}
	err = probe_bind(s->fd, job);
	if (err) {
		broken(s, REASON_LOCAL);
		note_put(s->note, "cannot leave by %s: %s", job->interface[0] ? job->interface : "that address",
		        strerror(-err));
		return;
	}
	if (connect(s->fd, &address->any, probe_address_len(address)) && errno != EINPROGRESS) {
		broken(s, probe_reason(errno));
		return;
	}
	s->events = PROBE_WRITABLE;
}

struct stream *stream_new(
        const struct probe_job *job, const union probe_address *address, SSL_CTX *context, const char *server_name)
{
	struct stream *s = mem_alloc(sizeof(*s));

	s->fd = -1;
	s->context = context;
	s->server_name = mem_str(server_name);
	s->connect_us = s->tls_us = PROBE_UNKNOWN;
	s->begun_ns = stamp_mono_ns();
	connect_to(s, job, address);
	return s;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->ssl && s->phase == PHASE_OPEN)
		SSL_shutdown(s->ssl);
	SSL_free(s->ssl);
	ERR_clear_error();
	if (s->fd >= 0)
		close(s->fd);
	free(s->server_name);
	free(s);
}

/* ---- TLS ---- */

static bool explain(struct stream *s, unsigned long error)
{
	int code = ERR_GET_REASON(error);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL && meanings[i].code == code) {
			note_put(s->note, "%s", meanings[i].words);
			return true;
		}
	return false;
}

static int tls_broken(struct stream *s)
{
	unsigned long error = ERR_peek_error();
	const char *words = ERR_reason_error_string(error);

	if (!explain(s, error))
		note_put(s->note, "TLS: %s", words ? words : "unknown fault");
	return broken(s, REASON_TLS);
}

/* After a call that did not do: -EAGAIN with what to wait for, 0 at the end, or broken. */
static int tls_wants(struct stream *s, int result)
{
	int error = errno;

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		s->events = PROBE_READABLE;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		s->events = PROBE_WRITABLE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		if (!error)
			return 0;
		return broken(s, probe_reason(error));
	default:
		return tls_broken(s);
	}
}

static void shake(struct stream *s)
{
	int result, wants;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(s->ssl);
	if (result == 1) {
		s->tls_us = (stamp_mono_ns() - s->connected_ns) / 1000;
		s->phase = PHASE_OPEN;
		return;
	}
	wants = tls_wants(s, result);
	if (!wants) {
		note_put(s->note, "closed the connection during the TLS handshake");
		broken(s, REASON_RESET);
	}
}

enum stream_state stream_advance(struct stream *s)
{
	if (s->phase == PHASE_CONNECT)
		look_connected(s);
	if (s->phase == PHASE_HANDSHAKE)
		shake(s);
	return s->phase == PHASE_OPEN ? STREAM_OPEN : s->phase == PHASE_BROKEN ? STREAM_BROKEN : STREAM_BUSY;
}

/* ---- bytes ---- */

static ssize_t plain_result(struct stream *s, ssize_t n, unsigned events)
{
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR) {
		s->events = events;
		return -EAGAIN;
	}
	return broken(s, probe_reason(errno));
}

ssize_t stream_write(struct stream *s, const void *data, size_t len)
{
	size_t done = 0;
	int wants;

	if (!s->ssl)
		return plain_result(s, send(s->fd, data, len, MSG_NOSIGNAL), PROBE_WRITABLE);
	ERR_clear_error();
	errno = 0;
	if (SSL_write_ex(s->ssl, data, len, &done))
		return (ssize_t)done;
	wants = tls_wants(s, 0);
	return wants ? wants : broken(s, REASON_RESET);
}

ssize_t stream_read(struct stream *s, void *out, size_t size)
{
	size_t got = 0;

	if (!s->ssl)
		return plain_result(s, recv(s->fd, out, size, 0), PROBE_READABLE);
	ERR_clear_error();
	errno = 0;
	if (SSL_read_ex(s->ssl, out, size, &got))
		return (ssize_t)got;
	return tls_wants(s, 0);
}

/* ---- looking ---- */

int stream_fd(const struct stream *s)
{
	return s->phase == PHASE_BROKEN ? -1 : s->fd;
}

unsigned stream_events(const struct stream *s)
{
	return s->events;
}

int64_t stream_connect_us(const struct stream *s)
{
	return s->connect_us;
}

int64_t stream_tls_us(const struct stream *s)
{
	return s->tls_us;
}

SSL *stream_tls(const struct stream *s)
{
	return s->ssl;
}

enum reason stream_fault(const struct stream *s, char note[PROBE_NOTE_MAX])
{
	if (s->note[0])
		note_add(note, "%s", s->note);
	else if (s->broke == PHASE_HANDSHAKE && s->reason == REASON_RESET)
		note_add(note, "broke the connection off during the TLS handshake");
	else if (s->broke == PHASE_OPEN && s->reason == REASON_RESET)
		note_add(note, "took the connection and broke it off");
	return s->reason;
}

enum reason stream_silence(const struct stream *s, char note[PROBE_NOTE_MAX])
{
	uint64_t heard;

	if (s->phase == PHASE_CONNECT)
		return REASON_TIMEOUT;
	if (s->phase != PHASE_HANDSHAKE) {
		note_add(note, "took the connection and then said nothing");
		return REASON_HUNG;
	}
	heard = BIO_number_read(SSL_get_rbio(s->ssl));
	if (!heard) {
		note_add(note, "took the connection, no word of TLS came");
		return REASON_HUNG;
	}
	note_add(note, "the TLS handshake stopped after %llu bytes: are large packets lost on the way?",
	        (unsigned long long)heard);
	return REASON_TIMEOUT;
}
