#include "collector/web/server.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "collector/web/auth.h"
#include "collector/web/head.h"
#include "collector/web/listen.h"
#include "collector/web/live.h"
#include "collector/web/turn.h"
#include "common/log.h"
#include "common/memory.h"

#define WRITE_BYTES (16 * 1024) /* a TLS record at a time */
#define HEAD_BYTES 4096

struct server {
	struct server_options options;
	struct lws_context *context;
	void *loops[1];
	struct lws_protocols protocols[2];
	unsigned connections;
	char *certificate, *key;
	struct timespec certificate_at; /* of the file in use */
};

/* libwebsockets keeps one of these for each connection, zeroed. */
struct connection {
	struct lws *wsi;
	struct request *request; /* NULL between requests */
	size_t sent;
	bool counted, head_sent, body_whole, dropped;
};

static const struct {
	const char *name, *value;
} security_headers[] = {
        {"content-security-policy:",
                "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
        {"strict-transport-security:", "max-age=31536000"},
        {"x-frame-options:", "DENY"},
        {"x-content-type-options:", "nosniff"},
        {"referrer-policy:", "no-referrer"},
        {"cross-origin-opener-policy:", "same-origin"},
        {"permissions-policy:", "geolocation=(), camera=(), microphone=()"},
};

static const struct {
	enum lws_token_indexes token;
	enum method method;
} methods[] = {
        {WSI_TOKEN_GET_URI, METHOD_GET},
        {WSI_TOKEN_POST_URI, METHOD_POST},
        {WSI_TOKEN_HEAD_URI, METHOD_HEAD},
        {WSI_TOKEN_PUT_URI, METHOD_OTHER},
        {WSI_TOKEN_PATCH_URI, METHOD_OTHER},
        {WSI_TOKEN_DELETE_URI, METHOD_OTHER},
        {WSI_TOKEN_OPTIONS_URI, METHOD_OTHER},
};

static void on_answer(struct request *r)
{
	struct connection *c = r->wire;

	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_PATIENCE_S);
	lws_callback_on_writable(c->wsi);
}

void server_wake(struct request *r)
{
	if (r->wire)
		on_answer(r);
}

void server_drop(struct request *r)
{
	struct connection *c = r->wire;

	if (!c)
		return;
	/* at its next turn to write, or, when it takes nothing, by the timeout */
	c->dropped = true;
	lws_callback_on_writable(c->wsi);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* ---- reading ---- */

/* 0, or the status to refuse with. */
static unsigned request_read(struct lws *wsi, struct request *r)
{
	int64_t length = head_content_length(wsi);
	char version[16];
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (lws_hdr_total_length(wsi, methods[i].token))
			break;
	if (i == sizeof(methods) / sizeof(methods[0]))
		return 400;
	r->method = methods[i].method;
	if (lws_hdr_copy(wsi, r->path, sizeof(r->path), methods[i].token) <= 0)
		return 414;
	/* an encoded line break in the address ends the line early for the library: the version is then missing */
	head_copy(wsi, WSI_TOKEN_HTTP, version, sizeof(version));
	if (strncmp(version, "HTTP/1.", 7) || !head_args(wsi, r))
		return 400;
	head_read(wsi, r);
	/* what is not read as a body would be taken for the next request */
	r->close = length > 0;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING))
		return 411;
	if (r->method != METHOD_POST)
		return length > 0 ? 400 : 0;
	if (length < 0)
		return 411;
	if (length > REQUEST_BODY_MAX)
		return 413;
	r->close = false;
	return 0;
}

static const char *refusal_text(unsigned status)
{
	return status == 411   ? "a content-length is needed"
	       : status == 413 ? "the body is too large, at most 1 MB"
	       : status == 414 ? "the address is too long"
	                       : "this request is malformed";
}

static int connection_request(struct server *s, struct connection *c)
{
	struct request *r = request_new(s->options.web);
	unsigned status;

	if (c->request)
		request_release(c->request);
	c->request = r;
	c->sent = 0;
	c->head_sent = c->body_whole = false;
	r->wire = c;
	r->on_answer = on_answer;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_PATIENCE_S);
	if (head_content_length(c->wsi) > 0 && !turn_body_is_safe(c->wsi))
		return -1;
	status = request_read(c->wsi, r);
	if (status) {
		r->close = true;
		request_error(r, status, refusal_text(status));
	} else if (r->method != METHOD_POST) {
		s->options.on_request(r);
	}
	return 0;
}

static int connection_body(struct connection *c, const void *data, size_t len)
{
	if (!c->request || c->request->answered)
		return 0;
	if (c->request->body.len + len > REQUEST_BODY_MAX)
		return -1;
	buf_put(&c->request->body, data, len);
	return 0;
}

/* The library says it again when more comes before the answer: who does not wait for it is closed. */
static int connection_body_whole(struct server *s, struct connection *c)
{
	if (c->body_whole)
		return -1;
	c->body_whole = true;
	if (c->request && !c->request->answered)
		s->options.on_request(c->request);
	return 0;
}

/* ---- writing ---- */

static bool header_put(struct lws *wsi, const char *name, const char *value, uint8_t **p, uint8_t *end)
{
	return lws_add_http_header_by_name(
	               wsi, (const uint8_t *)name, (const uint8_t *)value, (int)strlen(value), p, end) == 0;
}

/* Those of the handler; cache-control is no-store unless it said otherwise. */
static bool own_headers_put(struct lws *wsi, const struct request *r, uint8_t **p, uint8_t *end)
{
	struct cursor c = cursor_of(r->headers.data, r->headers.len);
	bool cached = false;
	char name[64];

	while (cursor_left(&c)) {
		const char *key = (const char *)c.data + c.at;
		const char *value = key + strlen(key) + 1;

		cached |= !strcmp(key, "cache-control");
		snprintf(name, sizeof(name), "%s:", key);
		if (!header_put(wsi, name, value, p, end))
			return false;
		c.at += strlen(key) + 1 + strlen(value) + 1;
	}
	return cached || header_put(wsi, "cache-control:", "no-store", p, end);
}

static int head_write(struct connection *c, struct request *r)
{
	uint8_t space[LWS_PRE + HEAD_BYTES], *start = space + LWS_PRE, *p = start, *end = space + sizeof(space) - 1;
	bool ok = lws_add_http_header_status(c->wsi, r->status, &p, end) == 0;

	for (size_t i = 0; i < sizeof(security_headers) / sizeof(security_headers[0]); i++)
		ok = ok && header_put(c->wsi, security_headers[i].name, security_headers[i].value, &p, end);
	ok = ok && header_put(c->wsi, "content-type:", r->type, &p, end);
	ok = ok && own_headers_put(c->wsi, r, &p, end);
	if (r->close)
		ok = ok && header_put(c->wsi, "connection:", "close", &p, end);
	if (!r->live)
		ok = ok && lws_add_http_header_content_length(c->wsi, r->answer ? r->answer->len : 0, &p, end) == 0;
	c->head_sent = true;
	return ok && lws_finalize_write_http_header(c->wsi, start, &p, end) == 0 ? 0 : -1;
}

static int piece_write(struct lws *wsi, const uint8_t *data, size_t len, bool last)
{
	uint8_t space[LWS_PRE + WRITE_BYTES];

	memcpy(space + LWS_PRE, data, len);
	return lws_write(wsi, space + LWS_PRE, len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)len ? -1 : 0;
}

static int live_write(struct connection *c, struct request *r)
{
	struct blob *b = live_next(r);
	int status = 0;

	/* the queue bounds what a slow browser may hold back, the comment every 15 s finds out who is gone */
	lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
	if (!b)
		return 0;
	for (size_t at = 0; at < b->len && status == 0; at += WRITE_BYTES)
		status =
		        piece_write(c->wsi, b->data + at, b->len - at < WRITE_BYTES ? b->len - at : WRITE_BYTES, false);
	blob_drop(b);
	lws_callback_on_writable(c->wsi);
	return status;
}

static int request_finish(struct connection *c)
{
	struct request *r = c->request;
	bool close = r->close;

	c->request = NULL;
	r->wire = NULL;
	request_release(r);
	if (close)
		return -1;
	return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

static size_t body_length(const struct request *r)
{
	return r->answer && r->method != METHOD_HEAD && r->status != 304 ? r->answer->len : 0;
}

static int body_write(struct connection *c, struct request *r)
{
	size_t left = body_length(r) - c->sent, len = left < WRITE_BYTES ? left : WRITE_BYTES;

	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_PATIENCE_S);
	if (piece_write(c->wsi, r->answer->data + c->sent, len, len == left))
		return -1;
	c->sent += len;
	return 0;
}

/* With the last byte the request is complete: a client that has its answer may ask again at once (turn.h). */
static int connection_write(struct connection *c)
{
	struct request *r = c->request;

	if (c->dropped)
		return -1;
	if (!r || !r->answered)
		return 0;
	if (c->head_sent && r->live)
		return live_write(c, r);
	if (c->head_sent ? body_write(c, r) : head_write(c, r))
		return -1;
	if (!r->live && c->sent == body_length(r))
		return request_finish(c);
	lws_callback_on_writable(c->wsi);
	return 0;
}

/* ---- the library's one callback ---- */

static void connection_closed(struct server *s, struct connection *c)
{
	if (c->counted)
		s->connections--;
	c->counted = false;
	if (!c->request)
		return;
	live_leave(c->request);
	c->request->wire = NULL;
	request_release(c->request);
	c->request = NULL;
}

static int connection_begin(struct server *s, struct connection *c, struct lws *wsi)
{
	c->wsi = wsi;
	if (!c->counted)
		s->connections++;
	c->counted = true;
	return s->connections > SERVER_CLIENTS_MAX ? -1 : connection_request(s, c);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const struct lws_protocols *protocol = lws_get_protocol(wsi);
	struct server *s = protocol ? protocol->user : NULL;
	struct connection *c = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return connection_begin(s, c, wsi);
	case LWS_CALLBACK_HTTP_BODY:
		return connection_body(c, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return connection_body_whole(s, c);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return connection_write(c);
	case LWS_CALLBACK_CLOSED_HTTP:
		if (c && s)
			connection_closed(s, c);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* no web sockets here */
	default:
		return 0;
	}
}

/* ---- life ---- */

static void on_log_start(int level, const char *line)
{
	if (level == LLL_ERR)
		log_error("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/* Once it serves, its complaints are about what strangers send: they must not fill the log. */
static void on_log(int level, const char *line)
{
	(void)level;
	log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/* libwebsockets sizes its tables by the limit of open files, which may be a million. */
static void files_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int server_open(struct server **out, uv_loop_t *loop, const struct server_options *o)
{
	struct server *s = mem_alloc(sizeof(*s));
	struct lws_context_creation_info info = {0};
	char host[128];

	*out = NULL;
	s->options = *o;
	s->loops[0] = loop;
	s->protocols[0] = (struct lws_protocols){
	        .name = "http", .callback = on_event, .per_session_data_size = sizeof(struct connection), .user = s};
	if (listen_split(o->listen, host, sizeof(host), &info.port)) {
		log_error("web.listen: %s is not an address", o->listen);
		free(s);
		return -EINVAL;
	}
	files_limit();
	lws_set_log_level(LLL_ERR, on_log_start);
	info.iface = strcmp(host, "0.0.0.0") && strcmp(host, "::") && *host ? host : NULL;
	info.protocols = s->protocols;
	info.foreign_loops = s->loops;
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
	               LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
	               LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
	info.ssl_cert_filepath = o->certificate;
	info.ssl_private_key_filepath = o->key;
	info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
	info.alpn = "http/1.1";
	info.max_http_header_data = 8192;
	info.pt_serv_buf_size = TURN_READ_BYTES;
	info.timeout_secs = 15;
	info.keepalive_timeout = 75;
	info.ka_time = 60;
	info.ka_probes = 3;
	info.ka_interval = 10;
	info.server_string = "sansang";
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	s->context = lws_create_context(&info);
	if (!s->context) {
		log_error("web: cannot listen at %s", o->listen);
		free(s);
		return -EADDRINUSE;
	}
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	s->certificate = mem_str(o->certificate);
	s->key = mem_str(o->key);
	server_renew(s);
	*out = s;
	return 0;
}

void server_renew(struct server *s)
{
	struct stat st;

	if (stat(s->certificate, &st) || !memcmp(&st.st_mtim, &s->certificate_at, sizeof(st.st_mtim)))
		return;
	bool first = !s->certificate_at.tv_sec;
	s->certificate_at = st.st_mtim;
	if (!first && lws_tls_cert_updated(s->context, s->certificate, s->key, NULL, 0, NULL, 0))
		log_error("web: the new certificate at %s is not taken", s->certificate);
}

void server_close(struct server *s)
{
	lws_context_destroy(s->context);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	lws_context_destroy(s->context); /* the second half, once the loop has closed the handles */
	free(s->certificate);
	free(s->key);
	free(s);
}
