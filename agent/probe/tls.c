#include "agent/probe/tls.h"

#include <stdlib.h>

#include "agent/probe/note.h"
#include "agent/probe/stream.h"
#include "common/clock.h"
#include "common/memory.h"

#define DAY_S 86400
#define VERSION_OLD 12 /* below it is said */

/* Allocated by start, freed by finish; the state holds its address. */
struct tls {
	struct stream *stream;
	struct trust *own; /* when the job has none */
	struct trust *trust;
	struct probe_job job;
	int64_t wake_ms;
	struct probe_result result;
};

static const struct {
	int version;
	int64_t value;
} versions[] = {
        {TLS1_VERSION, 10},
        {TLS1_1_VERSION, 11},
        {TLS1_2_VERSION, 12},
        {TLS1_3_VERSION, 13},
};

int64_t tls_version(const SSL *ssl)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].version == SSL_version(ssl))
			return versions[i].value;
	return METRIC_UNKNOWN;
}

void tls_inspect(
        SSL *ssl, const struct probe_job *job, struct trust *trust, const char *name, struct certificate_verdict *out)
{
	struct certificate_case c = {.leaf = SSL_get0_peer_certificate(ssl),
	        .sent = SSL_get_peer_cert_chain(ssl),
	        .store = trust_store(trust, job->options->ca_pem),
	        .name = name,
	        .wall_ms = job->wall_ms ? job->wall_ms : clock_wall_ms()};
	long len = SSL_get_tlsext_status_ocsp_resp(ssl, &c.stapled);

	c.stapled_len = len > 0 ? (size_t)len : 0;
	*out = (struct certificate_verdict){.reason = c.store ? REASON_TLS : REASON_LOCAL};
	if (!c.store)
		note_put(out->note, "there is no certificate in the given ca");
	else if (!c.leaf)
		note_put(out->note, "the server shows no certificate");
	else
		certificate_judge(&c, out);
	X509_STORE_free(c.store);
}

static const char *name_of(const struct probe_job *job)
{
	return job->options->server_name ? job->options->server_name : job->host;
}

static void fill(struct tls *t, const struct certificate_verdict *v)
{
	SSL *ssl = stream_tls(t->stream);
	struct probe_result *r = &t->result;

	r->connect_us = stream_connect_us(t->stream);
	r->total_us = r->connect_us + stream_tls_us(t->stream);
	r->detail[TLS_HANDSHAKE] = stream_tls_us(t->stream);
	r->detail[TLS_VERSION] = tls_version(ssl);
	r->detail[TLS_TRUSTED] = v->trusted;
	r->detail[TLS_NAME_OK] = v->name_ok;
	r->detail[TLS_STAPLED] = v->stapled;
	if (v->dated)
		r->detail[TLS_DAYS_LEFT] = v->left_s * 100 / DAY_S;
	r->up = v->reason == REASON_OK || (t->job.options->unverified && v->reason != REASON_LOCAL);
	r->reason = r->up ? REASON_OK : v->reason;
	if (v->note[0])
		note_add(r->note, "%s", v->note);
	if (r->detail[TLS_VERSION] < VERSION_OLD)
		note_add(r->note, "speaks only %s", SSL_get_version(ssl));
}

static struct probe_want tls_advance(struct tls *t)
{
	struct certificate_verdict v;

	switch (stream_advance(t->stream)) {
	case STREAM_BUSY:
		return (struct probe_want){
		        .fd = stream_fd(t->stream), .events = stream_events(t->stream), .wake_ms = t->wake_ms};
	case STREAM_BROKEN:
		t->result.connect_us = stream_connect_us(t->stream);
		t->result.reason = stream_fault(t->stream, t->result.note);
		return probe_done();
	default:
		tls_inspect(stream_tls(t->stream), &t->job, t->trust, name_of(&t->job), &v);
		fill(t, &v);
		return probe_done();
	}
}

static struct probe_want tls_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct tls *t = mem_alloc(sizeof(*t));
	SSL_CTX *context;

	*(struct tls **)state = t;
	*t = (struct tls){.job = *job, .wake_ms = now_ms + job->timeout_ms, .result = probe_result_none()};
	t->own = job->trust ? NULL : trust_new();
	t->trust = job->trust ? job->trust : t->own;
	context = trust_context(t->trust);
	if (!context) {
		t->result.reason = REASON_LOCAL;
		note_put(t->result.note, "OpenSSL cannot be set up on this host");
		return probe_done();
	}
	t->stream = stream_new(job, &job->address, context, name_of(job));
	return tls_advance(t);
}

static struct probe_want tls_step(void *state, unsigned events, int64_t now_ms)
{
	struct tls *t = *(struct tls **)state;

	if (!events && now_ms >= t->wake_ms) {
		t->result.connect_us = stream_connect_us(t->stream);
		t->result.reason = stream_silence(t->stream, t->result.note);
		return probe_done();
	}
	return tls_advance(t);
}

static void tls_finish(void *state, struct probe_result *out)
{
	struct tls *t = *(struct tls **)state;

	stream_close(t->stream);
	trust_free(t->own);
	*out = t->result;
	free(t);
	*(struct tls **)state = NULL;
}

const struct probe_type probe_tls = {
        .name = "tls",
        .default_port = 443,
        .has_detail = true,
        .detail = CLASS_TLS,
        .start = tls_start,
        .step = tls_step,
        .finish = tls_finish,
};
