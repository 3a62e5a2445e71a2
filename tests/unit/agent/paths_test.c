/* paths: what is traced, when, and what is said of it: with traces of our own making, a real loop and its clock put forward by hand. */
#define uv_now fake_now
#define trace_start fake_start
#define trace_cancel fake_cancel
#include "agent/paths.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <cmocka.h>

/* One scene for all; the tests run one after the other. */
static struct scene {
	uv_loop_t loop;
	uint64_t now_ms;
	struct paths *paths;
	struct sink sink;
	struct trace_request request; /* of the trace that runs */
	trace_on_done on_done;
	void *arg;
	bool tracing;
	unsigned started, told, urgent;
	char text[BATCH_TEXT_MAX + 1];
} scene;

uint64_t fake_now(const uv_loop_t *loop)
{
	(void)loop;
	return scene.now_ms;
}

struct trace *fake_start(
        uv_loop_t *loop, struct icmp *icmp, const struct trace_request *request, trace_on_done on_done, void *arg)
{
	(void)loop;
	(void)icmp;
	assert_false(scene.tracing); /* one at a time */
	scene.tracing = true;
	scene.request = *request;
	scene.on_done = on_done;
	scene.arg = arg;
	scene.started++;
	return (struct trace *)&scene;
}

void fake_cancel(struct trace *t)
{
	if (t)
		scene.tracing = false;
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	(void)arg;
	(void)boot_ms;
	assert_string_equal(kind, "trace");
	assert_true(strlen(text) <= BATCH_TEXT_MAX);
	snprintf(scene.text, sizeof(scene.text), "%s", text);
	scene.told++;
}

static void on_urgent(void *arg)
{
	(void)arg;
	scene.urgent++;
}

static struct check_spec spec_of(
        enum metric_class_id class_id, const char *instance, const char *type, const char *host)
{
	struct check_spec s = {.class_id = class_id, .type = probe_type_named(type), .every_ms = 10000};

	snprintf(s.instance, sizeof(s.instance), "%s", instance);
	snprintf(s.host, sizeof(s.host), "%s", host);
	s.port = s.type->has_port ? 443 : 0;
	return s;
}

static int setup(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	uv_loop_init(&scene.loop);
	scene.now_ms = 1000000;
	scene.sink = (struct sink){.event = on_event, .urgent = on_urgent};
	scene.paths = paths_new(&scene.loop, NULL, &scene.sink, "mk-srv1");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	paths_close(scene.paths);
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&scene.loop);
}

static void say(const struct check_spec *s, bool up, enum reason reason, bool changed)
{
	struct probe_result r = probe_result_none();

	r.up = up;
	r.reason = reason;
	paths_result(scene.paths, s, &r, changed);
}

/* Hops 10.0.0.1 .. 10.0.0.count; `silent` (from 1) did not answer. */
static struct trace_result path_result(unsigned count, unsigned silent, bool reached, unsigned mtu)
{
	struct trace_result r = {.reached = reached, .hop_count = count, .mtu = mtu, .mtu_full = 1500};

	r.reason = reached ? REASON_OK : REASON_TIMEOUT;
	for (unsigned i = 0; i < count; i++) {
		struct trace_hop *h = &r.hops[i];

		h->sent = 5;
		h->rtt_us = PROBE_UNKNOWN;
		if (i + 1 == silent)
			continue;
		h->received = 5;
		h->address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001 + i)};
	}
	return r;
}

static void end_trace(const struct trace_result *r)
{
	assert_true(scene.tracing);
	scene.tracing = false;
	scene.on_done(scene.arg, &scene.request, r);
}

static void advance(int64_t ms)
{
	scene.now_ms += (uint64_t)ms;
	if (!scene.tracing)
		schedule(scene.paths);
}

static json_t *told_json(const char *subject)
{
	char *blank = strchr(scene.text, ' ');
	json_t *o = blank ? json_loads(blank, 0, NULL) : NULL;

	assert_non_null(o);
	*blank = '\0';
	assert_string_equal(scene.text, subject);
	return o;
}

static void test_good_then_broken(void **state)
{
	struct check_spec core = spec_of(CLASS_PATH, "core", "icmp", "10.0.0.4");
	struct trace_result well = path_result(4, 0, true, 1500), broken = path_result(3, 3, false, 0);

	(void)state;
	paths_set(scene.paths, &core, 1);
	say(&core, true, REASON_OK, true);
	assert_false(scene.tracing); /* not in the rush of the beginning */
	advance(FIRST_MS + FIRST_SPREAD_MS);
	assert_true(scene.tracing);
	assert_int_equal(scene.request.kind, TRACE_ICMP);
	end_trace(&well);
	assert_int_equal(scene.told, 1);
	json_t *o = told_json("path:core");
	assert_string_equal(json_string_value(json_object_get(o, "why")), "good");
	assert_null(json_object_get(o, "was"));
	json_decref(o);
	say(&core, false, REASON_TIMEOUT, true);
	assert_true(scene.tracing); /* at once */
	end_trace(&broken);
	assert_int_equal(scene.told, 2);
	assert_int_equal(scene.urgent, 1);
	o = told_json("path:core");
	assert_string_equal(json_string_value(json_object_get(o, "why")), "down");
	assert_int_equal(json_array_size(json_object_get(o, "was")), 4);
	assert_string_equal(json_string_value(json_array_get(json_object_get(o, "was"), 2)), "10.0.0.3");
	assert_int_equal(json_integer_value(json_object_get(o, "broke_after")), 2);
	json_decref(o);
}

static void test_good_again_is_not_told(void **state)
{
	struct check_spec line = spec_of(CLASS_UPLINK, "mk-ts", "icmp", "10.0.0.4");
	struct trace_result well = path_result(4, 0, true, 1500), silent = path_result(4, 2, true, 1500),
	                    other = path_result(3, 0, true, 1500);

	(void)state;
	paths_set(scene.paths, &line, 1);
	say(&line, true, REASON_OK, true);
	advance(FIRST_MS + FIRST_SPREAD_MS);
	end_trace(&well);
	for (int i = 0; i < 3; i++) {
		advance(2 * PATHS_GOOD_MS);
		end_trace(i ? &silent : &well); /* one that is silent may be the same */
		assert_int_equal(scene.told, 1);
	}
	advance(2 * PATHS_GOOD_MS);
	end_trace(&other);
	assert_int_equal(scene.told, 2);
	json_t *o = told_json("uplink:mk-ts");
	assert_string_equal(json_string_value(json_array_get(json_object_get(o, "was"), 1)), "10.0.0.2");
	json_decref(o);
}

static void test_limits(void **state)
{
	struct check_spec specs[80];
	struct trace_result broken = path_result(1, 0, false, 0), well = path_result(4, 0, true, 1500);
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 80; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		specs[i] = spec_of(CLASS_SERVICE, name, "tcp", "10.0.0.9");
	}
	paths_set(scene.paths, specs, 80);
	say(&specs[0], true, REASON_OK, true);
	advance(FIRST_MS + SERVICE_SPREAD_MS);
	end_trace(&well);
	say(&specs[0], false, REASON_TIMEOUT, true);
	assert_int_equal(scene.request.kind, TRACE_TCP);
	assert_int_equal(scene.request.port, 443);
	end_trace(&broken);
	/* flapping: one trace in ten minutes */
	for (int i = 0; i < 8; i++) {
		advance(60000);
		say(&specs[0], true, REASON_OK, true);
		say(&specs[0], false, REASON_TIMEOUT, true);
		assert_false(scene.tracing);
	}
	advance(PATHS_AGAIN_MS);
	say(&specs[0], true, REASON_OK, true);
	say(&specs[0], false, REASON_TIMEOUT, true);
	assert_int_equal(scene.started, 3);
	end_trace(&broken);
	/* all at once: so many an hour */
	for (unsigned i = 1; i < 80; i++)
		say(&specs[i], false, REASON_TIMEOUT, true);
	while (scene.tracing)
		end_trace(&broken);
	assert_int_equal(scene.started, PATHS_PER_HOUR);
	advance(HOUR_MS);
	while (scene.tracing)
		end_trace(&broken);
	assert_int_equal(scene.started, 82);
}

static void test_whose_fault(void **state)
{
	struct check_spec web = spec_of(CLASS_SERVICE, "land", "tcp", "10.0.0.9");
	struct check_spec gateway = spec_of(CLASS_PATH, "gateway", "icmp", "10.0.0.1");
	struct check_spec specs[] = {web, gateway};

	(void)state;
	paths_set(scene.paths, specs, 2);
	say(&web, false, REASON_STATUS, true); /* the target spoke: the way is not it */
	say(&web, false, REASON_LOCAL, true);
	say(&gateway, false, REASON_TIMEOUT, true); /* one hop has no way */
	assert_int_equal(scene.started, 0);
	say(&web, false, REASON_HUNG, true);
	assert_int_equal(scene.started, 1);
}

static void test_loss_and_holes(void **state)
{
	struct check_spec specs[] = {
	        spec_of(CLASS_UPLINK, "mk-ts", "icmp", "10.0.0.4"), spec_of(CLASS_MTU, "mk-ts", "mtu", "10.0.0.4")};
	struct probe_result lossy = probe_result_none();
	struct trace_result well = path_result(4, 0, true, 1500);

	(void)state;
	paths_set(scene.paths, specs, 2);
	lossy.up = true;
	lossy.sent = 5;
	lossy.received = 4;
	paths_result(scene.paths, &specs[0], &lossy, false);
	assert_int_equal(scene.started, 0);
	lossy.received = 3;
	paths_result(scene.paths, &specs[0], &lossy, false);
	assert_int_equal(scene.started, 1);
	end_trace(&well);
	json_t *o = told_json("uplink:mk-ts");
	assert_string_equal(json_string_value(json_object_get(o, "why")), "loss");
	json_decref(o);
	advance(PATHS_AGAIN_MS);
	end_trace(&well); /* a good one: it is up */
	say(&specs[1], false, REASON_TOO_LARGE, true);
	assert_int_equal(scene.started, 3);
	end_trace(&well);
	o = told_json("uplink:mk-ts");
	assert_string_equal(json_string_value(json_object_get(o, "why")), "mtu");
	json_decref(o);
}

/* What is not watched any more is not spoken of; what stays keeps its good path. */
static void test_list_changes(void **state)
{
	struct check_spec specs[] = {
	        spec_of(CLASS_PATH, "core", "icmp", "10.0.0.4"), spec_of(CLASS_SERVICE, "land", "tcp", "10.0.0.9")};
	struct trace_result well = path_result(4, 0, true, 1500), broken = path_result(2, 0, false, 0);

	(void)state;
	paths_set(scene.paths, specs, 2);
	say(&specs[0], true, REASON_OK, true);
	advance(FIRST_MS + FIRST_SPREAD_MS);
	end_trace(&well);
	say(&specs[1], false, REASON_TIMEOUT, true);
	paths_set(scene.paths, specs, 1);
	end_trace(&broken);
	assert_int_equal(scene.told, 1);
	say(&specs[0], false, REASON_TIMEOUT, true);
	end_trace(&broken);
	json_t *o = told_json("path:core");
	assert_int_equal(json_integer_value(json_object_get(o, "broke_after")), 2);
	json_decref(o);
}

/* The longest there is still fits, and is JSON. */
static void test_long_texts(void **state)
{
	struct check_spec core = spec_of(CLASS_PATH, "core", "icmp", "");
	struct trace_result well = {.reached = true, .hop_count = TRACE_HOPS_MAX, .mtu = 1500, .mtu_full = 1500};
	struct trace_result broken;

	(void)state;
	memset(core.host, 'n', sizeof(core.host) - 1);
	for (unsigned i = 0; i < TRACE_HOPS_MAX; i++) {
		struct trace_hop *h = &well.hops[i];

		h->sent = h->received = 5;
		h->rtt_us = 12345678;
		memset(&h->address, 0xfe, sizeof(h->address));
		h->address.v6.sin6_family = AF_INET6;
		h->address.v6.sin6_addr.s6_addr[15] = (uint8_t)i;
		h->reason = REASON_PROHIBITED;
	}
	well.target = well.hops[0].address;
	broken = well;
	broken.hop_count--;
	paths_set(scene.paths, &core, 1);
	say(&core, true, REASON_OK, true);
	advance(FIRST_MS + FIRST_SPREAD_MS);
	end_trace(&well);
	json_decref(told_json("path:core"));
	say(&core, false, REASON_TIMEOUT, true);
	end_trace(&broken);
	json_decref(told_json("path:core"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_good_then_broken, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_good_again_is_not_told, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_whose_fault, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_loss_and_holes, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_list_changes, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_long_texts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
