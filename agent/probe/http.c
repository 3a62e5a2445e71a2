#include "agent/probe/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "agent/probe/answer.h"
#include "agent/probe/note.h"
#include "agent/probe/stream.h"
#include "agent/probe/tls.h"
#include "agent/probe/url.h"
#include "agent/probe/stamp.h"
#include "common/buf.h"
#include "common/memory.h"

#define BODY_SEARCHED_MAX (256 * 1024)
#define BODY_GLANCED_MAX (32 * 1024)
#define REDIRECTS_DEFAULT 5
#define PIECE_BYTES (16 * 1024)
#define PIECES_A_TURN 8 /* others want theirs too */

enum sending { SEND_NOTHING, SEND_SOME, SEND_ALL };

/* Allocated by start, freed by finish; the state holds its address. */
struct http {
	struct probe_job job;
	struct trust *trust, *own; /* own: when the job has none */
	struct stream *stream;
	struct url at; /* that is being asked */
	struct buf question;
	size_t asked;
	struct answer answer;
	struct certificate_verdict verdict; /* of a secure connection */
	char *header_name;                  /* of options.header */
	unsigned redirects;
	bool stayed; /* a redirect to another host was not followed */
	int64_t begun_ns, asked_ns, first_ns;
	int64_t wake_ms;
	struct probe_result result;
};

static struct probe_want failed(struct http *h, enum reason reason)
{
	h->result.up = false;
	h->result.reason = reason;
	return probe_done();
}

static const char *name_of(const struct http *h)
{
	const struct probe_options *o = h->job.options;

	return o->server_name && !strcasecmp(h->at.host, h->job.host) ? o->server_name : h->at.host;
}

/* ---- the question ---- */

static void write_question(struct http *h)
{
	const char *name = name_of(h), *open = strchr(name, ':') ? "[" : "", *close = *open ? "]" : "";
	const char *node = h->job.node;
	bool usual = h->at.port == (h->at.secure ? 443 : 80);
	size_t bare = strcspn(name, "%"); /* the scope of an address is ours alone */

	buf_reset(&h->question);
	buf_printf(&h->question, "GET %s HTTP/1.1\r\nHost: %s%.*s%s", h->at.path, open, (int)bare, name, close);
	if (!usual)
		buf_printf(&h->question, ":%u", h->at.port);
	buf_printf(&h->question, "\r\nUser-Agent: sansang-agent/%s (readiness monitor%s%s)\r\n", SANSANG_VERSION,
	        node && node[0] ? "; node " : "", node && node[0] ? node : "");
	buf_printf(&h->question, "Accept: */*\r\nConnection: close\r\n\r\n");
	h->asked = 0;
}

static void expect_answer(struct http *h)
{
	const struct probe_options *o = h->job.options;
	const char *colon = o->header ? strchr(o->header, ':') : NULL;

	answer_clear(&h->answer);
	h->answer.header_name = h->header_name;
	h->answer.header_text = colon ? colon + 1 + strspn(colon + 1, " \t") : "";
	h->answer.body_text = o->body;
	h->answer.body_most = o->body ? BODY_SEARCHED_MAX : BODY_GLANCED_MAX;
}

/* Connects to where we now are. The old connection goes after the new one has its descriptor, so that the two differ for who waits on them. */
static void connect_there(struct http *h, const union probe_address *address)
{
	struct stream *old = h->stream;
	SSL_CTX *context = h->at.secure ? trust_context(h->trust) : NULL;

	h->stream = stream_new(&h->job, address, context, name_of(h));
	stream_close(old);
	h->verdict = (struct certificate_verdict){.reason = REASON_OK};
	h->first_ns = h->asked_ns = 0;
	write_question(h);
	expect_answer(h);
}

/* ---- the result ---- */

static int64_t since_us(int64_t from_ns, int64_t to_ns)
{
	return from_ns && to_ns ? (to_ns - from_ns) / 1000 : METRIC_UNKNOWN;
}

static void fill_times(struct http *h)
{
	int64_t *detail = h->result.detail, name_us = h->job.name_us, connect_us = PROBE_UNKNOWN,
	        tls_us = PROBE_UNKNOWN;

	if (h->stream) {
		connect_us = stream_connect_us(h->stream);
		tls_us = stream_tls_us(h->stream);
	}
	h->result.connect_us = connect_us;
	detail[HTTP_NAME] = name_us == PROBE_UNKNOWN ? METRIC_UNKNOWN : name_us;
	detail[HTTP_CONNECT] = connect_us == PROBE_UNKNOWN ? METRIC_UNKNOWN : connect_us;
	detail[HTTP_TLS] = tls_us == PROBE_UNKNOWN ? METRIC_UNKNOWN : tls_us;
	detail[HTTP_FIRST_BYTE] = since_us(h->asked_ns, h->first_ns);
	detail[HTTP_REDIRECTS] = h->redirects;
	if (!h->answer.status)
		return;
	detail[HTTP_STATUS] = h->answer.status;
	detail[HTTP_BYTES] = (int64_t)h->answer.body_bytes;
}

static void fill_total(struct http *h)
{
	h->result.total_us = since_us(h->begun_ns, stamp_mono_ns());
	if (h->job.name_us > 0)
		h->result.total_us += h->job.name_us;
	h->result.detail[HTTP_TOTAL] = h->result.total_us;
}

static bool certificate_fails(const struct http *h)
{
	enum reason reason = h->verdict.reason;

	return reason != REASON_OK && (!h->job.options->unverified || reason == REASON_LOCAL);
}

/* A whole answer: is it the one that was expected? */
static struct probe_want judge(struct http *h)
{
	const struct probe_options *o = h->job.options;
	const struct answer *a = &h->answer;
	char *note = h->result.note;
	enum reason reason = REASON_OK;

	if (!answer_status_in(o->status, a->status))
		reason = REASON_STATUS;
	else if ((o->header && !a->header_found) || (o->body && !a->body_found))
		reason = REASON_CONTENT;
	if (reason == REASON_STATUS || h->stayed)
		note_add(note, "HTTP %d", a->status);
	if (h->stayed)
		note_add(note, "redirects to %.80s", h->at.host);
	if (reason == REASON_CONTENT && o->header && !a->header_found)
		note_add(note, "no header \"%.60s\"", o->header);
	if (reason == REASON_CONTENT && o->body && !a->body_found)
		note_add(note, "\"%.60s\" is not in the first %zu bytes", o->body, a->body_bytes);
	if (h->verdict.note[0])
		note_add(note, "%s", h->verdict.note);
	if (certificate_fails(h))
		reason = h->verdict.reason;
	fill_total(h);
	if (reason != REASON_OK)
		return failed(h, reason);
	h->result.up = true;
	h->result.reason = REASON_OK;
	return probe_done();
}

/* ---- redirects ---- */

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Its own host, by whichever of its names, keeps its address; false: it would have to be looked up. */
static bool address_of(const struct http *h, const struct url *to, union probe_address *out)
{
	const struct probe_options *o = h->job.options;

	if (!probe_address_parse(to->host, to->port, out))
		return true;
	if (strcasecmp(to->host, h->job.host) && (!o->server_name || strcasecmp(to->host, o->server_name)))
		return false;
	*out = h->job.address;
	if (out->any.sa_family == AF_INET6)
		out->v6.sin6_port = htons(to->port);
	else
		out->v4.sin_port = htons(to->port);
	return true;
}

static struct probe_want advance(struct http *h);

static struct probe_want follow(struct http *h)
{
	const struct probe_options *o = h->job.options;
	unsigned most = o->redirects < 0 ? REDIRECTS_DEFAULT : (unsigned)o->redirects;
	char *note = h->result.note;
	union probe_address address;
	struct url to;

	if (h->redirects == most) {
		note_add(note, "HTTP %d; more than %u redirects", h->answer.status, most);
		return failed(h, REASON_REDIRECTS);
	}
	if (url_resolve(&h->at, h->answer.location, strlen(h->answer.location), &to)) {
		note_add(note, "HTTP %d; redirects to \"%.60s\", which is no web address", h->answer.status,
		        h->answer.location);
		return failed(h, REASON_REDIRECTS);
	}
	if (h->at.secure && !to.secure) {
		note_add(note, "HTTP %d; redirects from https to http", h->answer.status);
		return failed(h, REASON_REDIRECTS);
	}
	h->stayed = !address_of(h, &to, &address);
	if (h->stayed) {
		memcpy(h->at.host, to.host, sizeof(to.host));
		return judge(h);
	}
	if (certificate_fails(h))
		return judge(h);
	h->redirects++;
	h->at = to;
	connect_there(h, &address);
	return advance(h);
}

static struct probe_want answered(struct http *h)
{
	if (h->answer.phase == ANSWER_FAILED) {
		if (h->answer.status)
			note_add(h->result.note, "HTTP %d", h->answer.status);
		note_add(h->result.note, "%s", h->answer.why);
		if (h->verdict.note[0])
			note_add(h->result.note, "%s", h->verdict.note);
		return failed(h, certificate_fails(h) ? h->verdict.reason : h->answer.reason);
	}
	if (is_redirect(h->answer.status) && h->answer.location && h->job.options->redirects != 0)
		return follow(h);
	return judge(h);
}

/* ---- the way ---- */

static struct probe_want wait_for(struct http *h)
{
	return (struct probe_want){
	        .fd = stream_fd(h->stream), .events = stream_events(h->stream), .wake_ms = h->wake_ms};
}

static struct probe_want broken(struct http *h)
{
	enum reason reason = stream_fault(h->stream, h->result.note);

	return failed(h, reason);
}

static struct probe_want read_answer(struct http *h)
{
	uint8_t piece[PIECE_BYTES];

	for (int i = 0; i < PIECES_A_TURN && h->answer.phase < ANSWER_DONE; i++) {
		ssize_t n = stream_read(h->stream, piece, sizeof(piece));

		if (n == -EAGAIN)
			return wait_for(h);
		if (n < 0)
			return broken(h);
		if (!n) {
			answer_end(&h->answer);
			break;
		}
		if (!h->first_ns)
			h->first_ns = stamp_mono_ns();
		answer_feed(&h->answer, piece, (size_t)n);
	}
	if (h->answer.phase >= ANSWER_DONE)
		return answered(h);
	/* what TLS has deciphered already wakes nobody: come again at once */
	return (struct probe_want){
	        .fd = stream_fd(h->stream), .events = PROBE_READABLE | PROBE_WRITABLE, .wake_ms = h->wake_ms};
}

static struct probe_want advance(struct http *h)
{
	enum stream_state state = stream_advance(h->stream);

	if (state == STREAM_BUSY)
		return wait_for(h);
	if (state == STREAM_BROKEN)
		return broken(h);
	if (h->at.secure && !h->asked_ns)
		tls_inspect(stream_tls(h->stream), &h->job, h->trust, name_of(h), &h->verdict);
	if (!h->asked_ns)
		h->asked_ns = stamp_mono_ns();
	while (h->asked < h->question.len) {
		ssize_t n = stream_write(h->stream, h->question.data + h->asked, h->question.len - h->asked);

		if (n == -EAGAIN)
			return wait_for(h);
		if (n < 0)
			return broken(h);
		h->asked += (size_t)n;
	}
	return read_answer(h);
}

/* ---- the kind ---- */

static bool begin_at(struct http *h)
{
	const struct probe_options *o = h->job.options;
	const char *path = o->path && o->path[0] == '/' ? o->path : "/";
	size_t len = strcspn(path, "#");
	union probe_address a = h->job.address;

	if (len >= sizeof(h->at.path) || strlen(h->job.host) >= sizeof(h->at.host))
		return false;
	h->at.secure = o->secure;
	h->at.port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
	memcpy(h->at.host, h->job.host, strlen(h->job.host));
	memcpy(h->at.path, path, len);
	if (o->header)
		h->header_name = mem_strn(o->header, strcspn(o->header, ":"));
	return true;
}

static struct probe_want http_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct http *h = mem_alloc(sizeof(*h));

	*(struct http **)state = h;
	h->job = *job;
	h->wake_ms = now_ms + job->timeout_ms;
	h->result = probe_result_none();
	h->own = job->trust ? NULL : trust_new();
	h->trust = job->trust ? job->trust : h->own;
	h->begun_ns = stamp_mono_ns();
	if (!begin_at(h)) {
		note_put(h->result.note, "the address is too long");
		return failed(h, REASON_LOCAL);
	}
	if (h->at.secure && !trust_context(h->trust)) {
		note_put(h->result.note, "OpenSSL cannot be set up on this host");
		return failed(h, REASON_LOCAL);
	}
	connect_there(h, &job->address);
	return advance(h);
}

/* The time is over: where did it stand still? */
static struct probe_want give_up(struct http *h)
{
	if (h->answer.any) {
		note_add(h->result.note, "the answer stopped after %zu bytes",
		        h->answer.head_bytes + h->answer.body_bytes);
		return failed(h, REASON_TIMEOUT);
	}
	return failed(h, stream_silence(h->stream, h->result.note));
}

static struct probe_want http_step(void *state, unsigned events, int64_t now_ms)
{
	struct http *h = *(struct http **)state;

	return !events && now_ms >= h->wake_ms ? give_up(h) : advance(h);
}

static void http_finish(void *state, struct probe_result *out)
{
	struct http *h = *(struct http **)state;

	fill_times(h);
	*out = h->result;
	stream_close(h->stream);
	answer_clear(&h->answer);
	buf_free(&h->question);
	trust_free(h->own);
	free(h->header_name);
	free(h);
	*(struct http **)state = NULL;
}

const struct probe_type probe_http = {
        .name = "http",
        .takes_url = true,
        .has_detail = true,
        .detail = CLASS_HTTP,
        .start = http_start,
        .step = http_step,
        .finish = http_finish,
};
