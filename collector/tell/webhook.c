#include "collector/tell/webhook.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mail/transfer.h"
#include "common/memory.h"

#define CONNECT_MS 5000

struct flight {
	struct flight *next;
	struct webhooks *owner;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	size_t answer_len;
	char error[CURL_ERROR_SIZE];
	webhook_on_done on_done;
	void *arg;
};

struct webhooks {
	struct transfers *transfers;
	int64_t patience_ms;
	struct flight *flights;
};

/* ---- signing ---- */

const char *webhook_sign(const char *secret, int64_t unix_s, const char *body, char *out, size_t size)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf b = {0};
	int at;

	buf_printf(&b, "%lld.%s", (long long)unix_s, body);
	HMAC(EVP_sha256(), secret, (int)strlen(secret), b.data, b.len, sum, &len);
	at = snprintf(out, size, "t=%lld,v1=", (long long)unix_s);
	for (unsigned i = 0; i < len && at > 0 && (size_t)at + 2 < size; i++)
		at += snprintf(out + at, size - (size_t)at, "%02x", sum[i]);
	buf_free(&b);
	return out;
}

/* ---- one post ---- */

static void flight_free(struct flight *f)
{
	for (struct flight **at = &f->owner->flights; *at; at = &(*at)->next) {
		if (*at != f)
			continue;
		*at = f->next;
		break;
	}
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	free(f->body);
	free(f);
}

/* What a receiver says beside its status is of no use, and may be endless. */
static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
	struct flight *f = arg;

	(void)data;
	f->answer_len += size * count;
	return f->answer_len > WEBHOOK_ANSWER_MAX ? CURL_WRITEFUNC_ERROR : size * count;
}

static enum webhook_result result_of(CURLcode code, long said)
{
	if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
		return WEBHOOK_LATER;
	if (said >= 200 && said <= 299)
		return WEBHOOK_TAKEN;
	return said >= 400 && said <= 499 && said != 408 && said != 429 ? WEBHOOK_REFUSED : WEBHOOK_LATER;
}

static void on_transfer(CURL *easy, CURLcode code, void *arg)
{
	struct flight *f = NULL;
	char answer[CURL_ERROR_SIZE];
	long said = 0;

	(void)arg;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&f);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &said);
	if (said && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
		snprintf(answer, sizeof(answer), "HTTP %ld", said);
	else
		snprintf(answer, sizeof(answer), "%s", *f->error ? f->error : curl_easy_strerror(code));
	webhook_on_done on_done = f->on_done;
	void *for_whom = f->arg;
	flight_free(f);
	on_done(result_of(code, said), answer, for_whom);
}

static void header_add(struct flight *f, const char *name, const char *value)
{
	char *line = mem_printf("%s: %s", name, value);

	f->headers = curl_slist_append(f->headers, line);
	free(line);
}

static void trust_set(struct flight *f, const struct webhook_post *post)
{
	struct curl_blob blob = {.flags = CURL_BLOB_COPY};

	curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(f->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!post->authorities)
		return;
	blob.data = (void *)post->authorities;
	blob.len = strlen(post->authorities);
	curl_easy_setopt(f->easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(f->easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(f->easy, CURLOPT_CAINFO_BLOB, &blob);
}

static void options_set(struct flight *f, const struct webhook_post *post, int64_t patience_ms)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_URL, post->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, f->body);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(f->body));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "sansang/" SANSANG_VERSION);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(patience_ms < CONNECT_MS ? patience_ms : CONNECT_MS));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)patience_ms);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*"); /* whatever the environment says */
	trust_set(f, post);
}

int webhook_send(struct webhooks *w, const struct webhook_post *post, webhook_on_done on_done, void *arg)
{
	struct flight *f;
	char signature[128];
	int status;

	if (strlen(post->body) > WEBHOOK_BODY_MAX)
		return -EMSGSIZE;
	f = mem_alloc(sizeof(*f));
	*f = (struct flight){.next = w->flights, .owner = w, .on_done = on_done, .arg = arg};
	w->flights = f;
	f->easy = curl_easy_init();
	f->body = mem_str(post->body);
	header_add(f, "Content-Type", "application/json");
	f->headers = curl_slist_append(f->headers, "Expect:"); /* no 100-continue: one round trip */
	header_add(f, "X-Sansang-Id", post->id);
	if (post->secret)
		header_add(f, "X-Sansang-Signature",
		        webhook_sign(post->secret, post->at_ms / 1000, post->body, signature, sizeof(signature)));
	if (f->easy)
		options_set(f, post, w->patience_ms);
	status = f->easy ? transfer_start(w->transfers, f->easy) : -ENOMEM;
	if (status)
		flight_free(f);
	return status;
}

/* ---- life ---- */

int webhooks_open(struct webhooks **out, uv_loop_t *loop, int64_t patience_ms)
{
	struct webhooks *w = mem_alloc(sizeof(*w));

	*out = NULL;
	w->patience_ms = patience_ms ? patience_ms : WEBHOOK_PATIENCE_MS;
	w->transfers = transfers_open(loop, 4, on_transfer, w);
	if (!w->transfers) {
		free(w);
		return -ENOMEM;
	}
	*out = w;
	return 0;
}

void webhooks_close(struct webhooks *w)
{
	while (w->flights) {
		transfer_stop(w->transfers, w->flights->easy);
		flight_free(w->flights);
	}
	transfers_close(w->transfers);
}

void webhooks_free(struct webhooks *w)
{
	if (!w)
		return;
	transfers_free(w->transfers);
	free(w);
}
