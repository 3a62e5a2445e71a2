/* prober: a failure counts after three tries, a slow target delays no other, a new list leaves what stays alone. */
#include "agent/probe/prober.c"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A kind of probe that answers as the test says. */
struct script {
	unsigned starts, finishes;
	bool up;
	bool silent; /* waits for its timeout */
};

static struct script scripts[4];

/* The test gives the script's number as port. */
static struct script *script_of(const struct probe_job *job)
{
	return &scripts[ntohs(job->address.v4.sin_port) % 4];
}

struct fake_state {
	struct script *script;
	int64_t wake_ms;
};

static struct probe_want fake_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct fake_state *f = state;

	f->script = script_of(job);
	f->script->starts++;
	f->wake_ms = now_ms + job->timeout_ms;
	return (struct probe_want){.done = !f->script->silent, .fd = -1, .wake_ms = f->wake_ms};
}

static struct probe_want fake_step(void *state, unsigned events, int64_t now_ms)
{
	struct fake_state *f = state;

	(void)events;
	return (struct probe_want){.done = now_ms >= f->wake_ms, .fd = -1, .wake_ms = f->wake_ms};
}

static void fake_finish(void *state, struct probe_result *out)
{
	struct fake_state *f = state;

	f->script->finishes++;
	*out = probe_result_none();
	out->up = f->script->up && !f->script->silent;
	out->reason = out->up ? REASON_OK : REASON_REFUSED;
}

static const struct probe_type fake = {.name = "fake",
        .has_port = true,
        .start = fake_start,
        .step = fake_step,
        .finish = fake_finish};

struct seen {
	struct prober *prober;
	unsigned results, changes, wanted;
	unsigned of[4];
	bool up;
};

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct seen *s = arg;

	assert_true(boot_ms > 0);
	s->results++;
	s->of[spec->port % 4]++;
	s->changes += changed;
	s->up = r->up;
	if (s->results == s->wanted)
		uv_stop(s->prober->loop);
}

static struct check_spec spec_for(const char *instance, uint16_t port)
{
	struct check_spec s = {
	        .class_id = CLASS_SERVICE, .host = "127.0.0.1", .port = port, .type = &fake, .every_ms = 3600000};

	strcpy(s.instance, instance);
	return s;
}

static void open_prober(uv_loop_t *loop, struct seen *s)
{
	struct prober_handlers h = {.on_result = on_result, .arg = s};

	memset(scripts, 0, sizeof(scripts));
	memset(s, 0, sizeof(*s));
	uv_loop_init(loop);
	s->prober = prober_new(loop, NULL, &h);
}

static void run_until(uv_loop_t *loop, struct seen *s, unsigned results)
{
	s->wanted = results;
	if (s->results < results)
		uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(s->results, results);
}

static void close_prober(uv_loop_t *loop, struct seen *s)
{
	prober_close(s->prober);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0); /* every handle was closed */
	for (int i = 0; i < 4; i++)
		assert_int_equal(scripts[i].starts, scripts[i].finishes);
}

static void test_down_after_three_tries(void **state)
{
	struct check_spec spec = spec_for("land", 1);
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	prober_set(s.prober, &spec, 1, "n");
	scripts[1].up = true;
	prober_run_now(s.prober);
	run_until(&loop, &s, 1);
	assert_int_equal(scripts[1].starts, 1);
	assert_int_equal(s.changes, 1);
	prober_run_now(s.prober);
	run_until(&loop, &s, 2);
	assert_int_equal(s.changes, 1);
	scripts[1].up = false;
	prober_run_now(s.prober);
	run_until(&loop, &s, 3);
	assert_int_equal(scripts[1].starts, 5); /* three for the one that failed */
	assert_int_equal(s.changes, 2);
	prober_run_now(s.prober);
	run_until(&loop, &s, 4);
	assert_int_equal(scripts[1].starts, 6); /* known to be down: once */
	scripts[1].up = true;
	prober_run_now(s.prober);
	run_until(&loop, &s, 5);
	assert_true(s.up);
	assert_int_equal(s.changes, 3);
	close_prober(&loop, &s);
}

static void on_second_try(uv_timer_t *t)
{
	(void)t;
	scripts[1].up = true;
}

static void test_one_lost_answer_is_no_failure(void **state)
{
	struct check_spec spec = spec_for("land", 1);
	struct seen s;
	uv_loop_t loop;
	uv_timer_t timer;

	(void)state;
	open_prober(&loop, &s);
	prober_set(s.prober, &spec, 1, "n");
	prober_run_now(s.prober);
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_second_try, 500, 0);
	run_until(&loop, &s, 1);
	assert_true(s.up);
	assert_int_equal(scripts[1].starts, 2);
	uv_close((uv_handle_t *)&timer, NULL);
	close_prober(&loop, &s);
}

static void test_slow_one_delays_nobody(void **state)
{
	struct check_spec specs[] = {spec_for("slow", 2), spec_for("quick", 1)};
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	scripts[1].up = true;
	scripts[2].silent = true;
	prober_set(s.prober, specs, 2, "n");
	prober_run_now(s.prober);
	run_until(&loop, &s, 1);
	assert_int_equal(s.of[1], 1);
	assert_int_equal(s.of[2], 0);
	assert_int_equal(scripts[2].finishes, 0);
	close_prober(&loop, &s); /* in the middle of its run */
}

static void test_name_that_is_none(void **state)
{
	struct check_spec spec = spec_for("land", 1);
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	strcpy(spec.host, "no-such-host.invalid");
	prober_set(s.prober, &spec, 1, "n");
	prober_run_now(s.prober);
	run_until(&loop, &s, 1);
	assert_false(s.up);
	assert_int_equal(scripts[1].starts, 0);
	strcpy(spec.host, "localhost");
	scripts[1].up = true;
	prober_set(s.prober, &spec, 1, "n");
	prober_run_now(s.prober);
	run_until(&loop, &s, 2);
	assert_true(s.up);
	close_prober(&loop, &s);
}

static void test_list_is_replaced(void **state)
{
	struct check_spec specs[] = {spec_for("a", 1), spec_for("b", 2), spec_for("c", 3)};
	struct check *kept;
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	prober_set(s.prober, specs, 2, "n");
	kept = s.prober->checks[1];
	prober_set(s.prober, specs + 1, 2, "n");
	assert_int_equal(s.prober->count, 2);
	assert_ptr_equal(s.prober->checks[0], kept);
	specs[1].every_ms = 60000;
	prober_set(s.prober, specs + 1, 1, "n");
	assert_int_equal(s.prober->count, 1);
	prober_set(s.prober, NULL, 0, "n");
	assert_int_equal(s.prober->count, 0);
	close_prober(&loop, &s);
}

static void test_phases_spread(void **state)
{
	struct prober p = {.count_of = {1000, 1000}, .first_slot = 77};
	unsigned seen[10] = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct check c = {.prober = &p, .spec = spec_for("x", 1)};

		snprintf(c.spec.instance, sizeof(c.spec.instance), "svc-%d", i);
		c.spec.every_ms = 10000;
		c.hash = hash_of(CLASS_SERVICE, c.spec.instance);
		assert_in_range(phase_ms(&c), 0, 9999);
		seen[phase_ms(&c) / 1000]++;
		c.spec.at_once = true;
		assert_in_range(phase_ms(&c), 0, 150);
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 50, 150);
}

/* A few checks share one wake-up, which differs from agent to agent. */
static void test_few_share_a_phase(void **state)
{
	struct prober p = {.count_of = {5, 0}, .first_slot = hash_of(CLASS_COUNT, "node-1")};
	struct prober q = {.count_of = {5, 0}, .first_slot = hash_of(CLASS_COUNT, "node-2")};
	struct check a = {.prober = &p, .spec = {.every_ms = 60000}, .hash = 17};
	struct check b = {.prober = &p, .spec = {.every_ms = 60000}, .hash = 4711};
	struct check c = {.prober = &q, .spec = {.every_ms = 60000}, .hash = 17};

	(void)state;
	assert_int_equal(phase_ms(&a), phase_ms(&b));
	assert_int_not_equal(phase_ms(&a), phase_ms(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_down_after_three_tries),
	        cmocka_unit_test(test_one_lost_answer_is_no_failure),
	        cmocka_unit_test(test_slow_one_delays_nobody),
	        cmocka_unit_test(test_name_that_is_none),
	        cmocka_unit_test(test_list_is_replaced),
	        cmocka_unit_test(test_phases_spread),
	        cmocka_unit_test(test_few_share_a_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
