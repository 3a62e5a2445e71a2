/* webhook: what is sent, how it is signed, and what each answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collector/tell/webhook.c"
#include "tests/unit/collector/tell/hook.h"

struct bench {
	uv_loop_t loop;
	struct webhooks *w;
	int answers;
	enum webhook_result result;
	char answer[300];
};

static void on_done(enum webhook_result result, const char *answer, void *arg)
{
	struct bench *b = arg;

	b->answers++;
	b->result = result;
	snprintf(b->answer, sizeof(b->answer), "%s", answer);
}

static void bench_open(struct bench *b, int64_t patience_ms)
{
	*b = (struct bench){0};
	uv_loop_init(&b->loop);
	assert_int_equal(webhooks_open(&b->w, &b->loop, patience_ms), 0);
}

static void bench_close(struct bench *b)
{
	webhooks_close(b->w);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	webhooks_free(b->w);
}

static enum webhook_result post(struct bench *b, const char *url, const char *secret)
{
	const struct webhook_post p = {.url = url,
	        .id = "open.i1.chat",
	        .secret = secret,
	        .body = "{\"a\":\"Lào Cai\"}",
	        .at_ms = 1751330520999};
	int before = b->answers;

	assert_int_equal(webhook_send(b->w, &p, on_done, b), 0);
	while (b->answers == before)
		uv_run(&b->loop, UV_RUN_ONCE);
	return b->result;
}

/* By `openssl dgst -sha256 -hmac`: printf '1751330520.{"a":"Lào Cai"}' | openssl dgst -sha256 -hmac 'a secret of sixteen' */
#define SIGNATURE "t=1751330520,v1=93b3217272d8584b4d2446bda6c67ab2443535dec299d78f1f10cfdb24782788"

static void the_signature_is_what_others_compute(void **state)
{
	char out[128];

	(void)state;
	assert_string_equal(
	        webhook_sign("a secret of sixteen", 1751330520, "{\"a\":\"Lào Cai\"}", out, sizeof(out)), SIGNATURE);
}

static void what_is_sent(void **state)
{
	struct bench b;
	struct hook h;
	char *text;

	(void)state;
	hook_start(&h, "204", NULL);
	bench_open(&b, 0);
	assert_int_equal(post(&b, h.url, "a secret of sixteen"), WEBHOOK_TAKEN);
	assert_int_equal(post(&b, h.url, NULL), WEBHOOK_TAKEN);
	text = hook_post(&h, 1);
	assert_non_null(strstr(text, "Content-Type: application/json\n"));
	assert_non_null(strstr(text, "X-Sansang-Id: open.i1.chat\n"));
	assert_non_null(strstr(text, "X-Sansang-Signature: " SIGNATURE "\n"));
	assert_non_null(strstr(text, "\n\n{\"a\":\"Lào Cai\"}"));
	assert_null(strstr(text, "Expect"));
	free(text);
	text = hook_post(&h, 2);
	assert_null(strstr(text, "Signature"));
	free(text);
	bench_close(&b);
	hook_clear(&h);
}

static void what_answers_mean(void **state)
{
	static const struct {
		const char *status;
		enum webhook_result result;
	} cases[] = {{"200", WEBHOOK_TAKEN}, {"202", WEBHOOK_TAKEN}, {"302", WEBHOOK_LATER}, {"400", WEBHOOK_REFUSED},
	        {"404", WEBHOOK_REFUSED}, {"410", WEBHOOK_REFUSED}, {"408", WEBHOOK_LATER}, {"429", WEBHOOK_LATER},
	        {"500", WEBHOOK_LATER}, {"503", WEBHOOK_LATER}, {"flood", WEBHOOK_TAKEN}};
	char followed[96];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench b;
		struct hook h;

		hook_start(&h, cases[i].status, NULL);
		bench_open(&b, 0);
		assert_int_equal(post(&b, h.url, "a secret of sixteen"), cases[i].result);
		snprintf(followed, sizeof(followed), "%s/followed", h.dir);
		assert_int_not_equal(access(followed, F_OK), 0);
		bench_close(&b);
		hook_clear(&h);
	}
}

static void who_is_not_there_or_says_nothing(void **state)
{
	struct bench b;
	struct hook h, good;
	char url[80];

	(void)state;
	hook_prepare(&h);
	bench_open(&b, 700);
	assert_int_equal(post(&b, h.url, NULL), WEBHOOK_LATER); /* nobody listens */
	assert_true(*b.answer);
	hook_clear(&h);
	hook_start(&h, "stall", NULL);
	assert_int_equal(post(&b, h.url, NULL), WEBHOOK_LATER);
	/* plain HTTP where TLS is expected */
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", h.port);
	assert_int_equal(post(&b, url, NULL), WEBHOOK_LATER);
	/* one that stalls does not keep another waiting, and is given up at the end without a word */
	const struct webhook_post slow = {.url = h.url, .id = "x", .body = "{}"};
	int before = b.answers;
	assert_int_equal(webhook_send(b.w, &slow, on_done, &b), 0);
	hook_start(&good, "204", NULL);
	assert_int_equal(post(&b, good.url, NULL), WEBHOOK_TAKEN);
	assert_int_equal(b.answers, before + 1);
	bench_close(&b);
	assert_int_equal(b.answers, before + 1);
	hook_clear(&h);
	hook_clear(&good);
}

static void sizes_are_bounded(void **state)
{
	struct bench b;
	char *big = mem_alloc(WEBHOOK_BODY_MAX + 2);
	struct webhook_post p = {.url = "http://127.0.0.1:1/", .id = "x", .body = big};

	(void)state;
	memset(big, 'x', WEBHOOK_BODY_MAX + 1);
	bench_open(&b, 0);
	assert_int_equal(webhook_send(b.w, &p, on_done, &b), -EMSGSIZE);
	bench_close(&b);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_signature_is_what_others_compute),
	        cmocka_unit_test(what_is_sent),
	        cmocka_unit_test(what_answers_mean),
	        cmocka_unit_test(who_is_not_there_or_says_nothing),
	        cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
