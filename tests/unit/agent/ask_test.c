/* ask: traces, probes and checks are answered; nonsense and floods are refused; what still runs at the end is let go. */
#define trace_start fake_start
#define trace_cancel fake_cancel
#include "agent/ask.c"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static struct scene {
	uv_loop_t loop;
	struct asks *asks;
	unsigned answers, traces, cancelled;
	void *token;
	json_t *answer; /* the last */
	struct trace_request request;
	trace_on_done on_done;
	void *arg;
} scene;

struct trace *fake_start(
        uv_loop_t *loop, struct icmp *icmp, const struct trace_request *request, trace_on_done on_done, void *arg)
{
	(void)loop;
	(void)icmp;
	scene.request = *request;
	scene.on_done = on_done;
	scene.arg = arg;
	scene.traces++;
	return (struct trace *)&scene;
}

void fake_cancel(struct trace *t)
{
	scene.cancelled += t != NULL;
}

static void on_answer(void *arg, void *token, char *json)
{
	assert_ptr_equal(arg, &scene);
	json_decref(scene.answer);
	scene.answer = json_loads(json, 0, NULL);
	assert_non_null(scene.answer);
	scene.answers++;
	scene.token = token;
	free(json);
}

static int setup(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	uv_loop_init(&scene.loop);
	scene.asks = asks_new(&scene.loop, NULL, on_answer, &scene);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	asks_close(scene.asks);
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	json_decref(scene.answer);
	return uv_loop_close(&scene.loop);
}

static void put(const struct central *central, const char *json)
{
	asks_put(scene.asks, central, json, strlen(json), (void *)json);
}

static const char *said(const char *name)
{
	const char *text = json_string_value(json_object_get(scene.answer, name));

	return text ? text : "";
}

static void assert_refused(const char *json, const char *words)
{
	unsigned before = scene.answers;

	put(NULL, json);
	assert_int_equal(scene.answers, before + 1);
	assert_ptr_equal(scene.token, json);
	assert_non_null(strstr(said("error"), words));
}

static void test_trace(void **state)
{
	struct trace_result r = {.reason = REASON_TIMEOUT};
	const char *ask = "{\"do\":\"trace\",\"target\":\"10.0.0.5:443\",\"source\":\"10.20.1.10\"}";

	(void)state;
	put(NULL, ask);
	assert_int_equal(scene.answers, 0);
	assert_int_equal(scene.request.kind, TRACE_TCP);
	assert_int_equal(scene.request.port, 443);
	assert_string_equal(scene.request.host, "10.0.0.5");
	assert_int_equal(scene.request.source.any.sa_family, AF_INET);
	scene.on_done(scene.arg, &scene.request, &r);
	assert_int_equal(scene.answers, 1);
	assert_ptr_equal(scene.token, ask);
	assert_string_equal(said("target"), "10.0.0.5:443");
	assert_string_equal(said("by"), "icmp"); /* as the result says */
	assert_int_equal(scene.cancelled, 0);
}

static void test_nonsense(void **state)
{
	(void)state;
	assert_refused("", "JSON");
	assert_refused("[1]", "JSON");
	assert_refused("{\"do\":\"reboot\"}", "trace, probe or check");
	assert_refused("{\"do\":7}", "trace, probe or check");
	assert_refused("{\"do\":\"trace\"}", "target");
	assert_refused("{\"do\":\"trace\",\"target\":\"a b\"}", "target");
	assert_refused("{\"do\":\"trace\",\"target\":\"10.0.0.1:99999\"}", "target");
	assert_refused("{\"do\":\"trace\",\"target\":\"10.0.0.1\",\"source\":\"eth0\"}", "source");
	assert_refused("{\"do\":\"probe\",\"type\":\"gopher\",\"target\":\"x:1\"}", "gopher");
	assert_refused("{\"do\":\"probe\",\"type\":\"tcp\",\"target\":\"nothing\"}", "nothing");
	assert_refused("{\"do\":\"check\",\"service\":\"land\"}", "no such check");
	assert_int_equal(scene.traces, 0);
}

static int listener(char target[64])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(target, 64, "127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

static void test_probe_and_check(void **state)
{
	char target[64], ask[160];
	int fd = listener(target);
	struct central_service land = {.id = "land", .type = "tcp", .target = target, .every_ms = 60000};
	struct central central = {.services = &land, .service_count = 1};

	(void)state;
	snprintf(ask, sizeof(ask), "{\"do\":\"probe\",\"type\":\"tcp\",\"target\":\"%s\"}", target);
	put(NULL, ask);
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	assert_int_equal(scene.answers, 1);
	assert_true(json_is_true(json_object_get(scene.answer, "up")));
	assert_string_equal(said("target"), target);
	put(&central, "{\"do\":\"check\",\"service\":\"land\"}");
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	assert_int_equal(scene.answers, 2);
	assert_true(json_is_true(json_object_get(scene.answer, "up")));
	close(fd);
}

static void test_limits(void **state)
{
	struct trace_result r = {.reason = REASON_TIMEOUT};
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < ASK_RUNNING_MAX; i++)
		put(NULL, "{\"do\":\"trace\",\"target\":\"10.0.0.5\"}");
	assert_int_equal(scene.traces, ASK_RUNNING_MAX);
	assert_refused("{\"do\":\"trace\",\"target\":\"10.0.0.5\"}", "other things");
	scene.on_done(scene.arg, &scene.request, &r);
	for (taken = ASK_RUNNING_MAX; taken < 100; taken++) {
		unsigned before = scene.traces;

		put(NULL, "{\"do\":\"trace\",\"target\":\"10.0.0.5\"}");
		if (scene.traces == before)
			break;
		scene.on_done(scene.arg, &scene.request, &r);
	}
	assert_int_equal(taken, ASK_PER_MINUTE);
	assert_non_null(strstr(said("error"), "minute"));
	/* three traces still run: teardown lets them go */
	asks_close(scene.asks);
	assert_int_equal(scene.cancelled, ASK_RUNNING_MAX - 1);
	scene.asks = asks_new(&scene.loop, NULL, on_answer, &scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_trace, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_probe_and_check, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
