/* Sessions against a core at the other end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "collector/web/auth.c"

#define GOOD "0123456789abcdef-good"

struct bench {
	uv_loop_t loop;
	struct auth *auth;
	struct channel *near, *far;
	int asked, answers, status;
	char user[64];
};

static void on_question(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct bench *b = arg;
	json_t *json = json_loadb((const char *)payload->data + payload->at, cursor_left(payload), 0, NULL);
	const char *good =
	        "{\"user\":\"an\",\"role\":\"technician\",\"csrf\":\"c\",\"language\":\"vi\",\"expires_at\":1}";
	const char *bad = "{\"error\":\"no\",\"status\":401}";
	const char *answer;

	b->asked++;
	assert_string_equal(json_string_value(json_object_get(json, "act")), "session");
	answer = strcmp(json_string_value(json_object_get(json, "session")), GOOD) ? bad : good;
	channel_reply(ch, kind, id, answer, strlen(answer));
	json_decref(json);
}

static void on_gone(struct channel *ch, void *arg)
{
	struct bench *b = arg;

	if (ch == b->near) {
		b->near = NULL;
		auth_set_core(b->auth, NULL);
	} else {
		b->far = NULL;
	}
}

static void on_known(int status, const struct session *s, void *arg)
{
	struct bench *b = arg;

	b->answers++;
	b->status = status;
	snprintf(b->user, sizeof(b->user), "%s", s ? s->user : "");
}

static int bench_open(void **state)
{
	static const struct channel_handlers handlers = {.on_message = on_question, .on_close = on_gone};
	struct bench *b = mem_alloc(sizeof(*b));
	int pair[2];

	uv_loop_init(&b->loop);
	clock_fake(1000000, 1000000);
	b->auth = auth_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	b->near = channel_open(&b->loop, pair[0], &handlers, b);
	b->far = channel_open(&b->loop, pair[1], &handlers, b);
	auth_set_core(b->auth, b->near);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;

	if (b->near)
		channel_close(b->near);
	if (b->far)
		channel_close(b->far);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	auth_free(b->auth);
	clock_real();
	free(b);
	return 0;
}

static int check(struct bench *b, const char *token)
{
	int before = b->answers;

	auth_check(b->auth, token, on_known, b);
	while (b->answers == before)
		uv_run(&b->loop, UV_RUN_ONCE);
	return b->status;
}

static void sessions_are_kept_for_seconds(void **state)
{
	struct bench *b = *state;

	assert_int_equal(check(b, GOOD), 0);
	assert_string_equal(b->user, "an");
	assert_int_equal(check(b, GOOD), 0);
	assert_int_equal(b->asked, 1);
	clock_fake_advance(AUTH_KEEP_MS + 1);
	assert_int_equal(check(b, GOOD), 0);
	assert_int_equal(b->asked, 2);
	auth_flush(b->auth);
	assert_int_equal(check(b, GOOD), 0);
	assert_int_equal(b->asked, 3);
}

static void an_answer_from_before_a_flush_is_not_kept(void **state)
{
	struct bench *b = *state;

	auth_check(b->auth, GOOD, on_known, b);
	auth_flush(b->auth);
	while (!b->answers)
		uv_run(&b->loop, UV_RUN_ONCE);
	assert_int_equal(check(b, GOOD), 0);
	assert_int_equal(b->asked, 2);
}

static void refusals_are_not_kept_and_nonsense_is_not_asked(void **state)
{
	struct bench *b = *state;

	assert_int_equal(check(b, "0123456789abcdef-bad!"), -EACCES);
	assert_int_equal(check(b, ""), -EACCES);
	assert_int_equal(check(b, "short"), -EACCES);
	assert_int_equal(b->asked, 0);
	assert_int_equal(check(b, "0123456789abcdef-bad"), -EACCES);
	assert_int_equal(check(b, "0123456789abcdef-bad"), -EACCES);
	assert_int_equal(b->asked, 2);
}

static void core_goes_away(void **state)
{
	struct bench *b = *state;

	auth_check(b->auth, GOOD, on_known, b);
	channel_close(b->near);
	while (!b->answers)
		uv_run(&b->loop, UV_RUN_ONCE);
	assert_int_equal(b->status, -EAGAIN);
	while (b->near)
		uv_run(&b->loop, UV_RUN_ONCE);
	assert_int_equal(check(b, GOOD), -EAGAIN);
}

static void failures_are_counted_by_address(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < AUTH_FAILURES; i++) {
		assert_false(auth_throttled(b->auth, "10.0.0.1", 1000));
		auth_count_failure(b->auth, "10.0.0.1", 1000);
	}
	assert_true(auth_throttled(b->auth, "10.0.0.1", 1000));
	assert_false(auth_throttled(b->auth, "10.0.0.2", 1000));
	assert_false(auth_throttled(b->auth, "10.0.0.1", 1000 + FAILURE_WINDOW_MS));
}

static void csrf_and_roles(void **state)
{
	(void)state;
	assert_true(csrf_matches("abc", "abc"));
	assert_false(csrf_matches("", ""));
	assert_false(csrf_matches("abcd", "abc"));
	assert_false(csrf_matches("abd", "abc"));
	assert_int_equal(right_named("admin"), RIGHT_ADMIN);
	assert_int_equal(right_named("root"), RIGHT_NONE);
	assert_int_equal(right_named(NULL), RIGHT_NONE);
	assert_string_equal(right_name(RIGHT_TECHNICIAN), "technician");
}

#define ON_BENCH(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_BENCH(sessions_are_kept_for_seconds),
	        ON_BENCH(an_answer_from_before_a_flush_is_not_kept),
	        ON_BENCH(refusals_are_not_kept_and_nonsense_is_not_asked),
	        ON_BENCH(core_goes_away),
	        ON_BENCH(failures_are_counted_by_address),
	        cmocka_unit_test(csrf_and_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
