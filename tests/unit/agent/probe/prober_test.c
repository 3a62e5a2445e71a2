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
	unsigned at_last_turn, most_a_turn;
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

/* A thousand at once: whoever else the loop serves gets its turn in between. */
static void on_other_turn(uv_idle_t *idle)
{
	struct seen *s = idle->data;

	if (s->results > s->at_last_turn + s->most_a_turn)
		s->most_a_turn = s->results - s->at_last_turn;
	s->at_last_turn = s->results;
}

static void test_burst_starves_nobody(void **state)
{
	static struct check_spec specs[1000];
	char name[METRIC_INSTANCE_MAX];
	struct seen s;
	uv_loop_t loop;
	uv_idle_t other;

	(void)state;
	open_prober(&loop, &s);
	scripts[1].up = true;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "svc-%d", i);
		specs[i] = spec_for(name, 1);
	}
	prober_set(s.prober, specs, 1000, "n");
	uv_idle_init(&loop, &other);
	other.data = &s;
	uv_idle_start(&other, on_other_turn);
	prober_run_now(s.prober);
	assert_int_equal(s.results, BURST_MAX);
	run_until(&loop, &s, 1000);
	assert_in_range(s.most_a_turn, 1, 2 * BURST_MAX);
	assert_int_equal(scripts[1].starts, 1000);
	uv_close((uv_handle_t *)&other, NULL);
	close_prober(&loop, &s);
}

/* A list that is replaced while most of the old one still waits for its turn. */
static void test_burst_is_forgotten(void **state)
{
	static struct check_spec specs[100];
	char name[METRIC_INSTANCE_MAX];
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	scripts[1].up = true;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "svc-%d", i);
		specs[i] = spec_for(name, 1);
	}
	prober_set(s.prober, specs, 100, "n");
	prober_run_now(s.prober);
	prober_set(s.prober, specs + 90, 10, "n");
	run_until(&loop, &s, BURST_MAX + 10);
	assert_int_equal(scripts[1].starts, BURST_MAX + 10);
	prober_run_now(s.prober);
	close_prober(&loop, &s);
}

/* ---- descriptors ---- */

/* Two descriptors one after the other with the same number, then one that is borrowed and stays open. */
struct pipe_state {
	int mine, theirs;
	unsigned steps;
};

static int lent[2];

static struct probe_want pipe_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	struct pipe_state *s = state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*s = (struct pipe_state){.mine = ends[0], .theirs = ends[1]};
	assert_int_equal(write(ends[1], "1", 1), 1);
	assert_string_equal(job->interface, "eth9");
	assert_string_equal(job->host, "127.0.0.1");
	assert_string_equal(job->options->path, "/deep");
	assert_int_equal(job->name_us, PROBE_UNKNOWN);
	return (struct probe_want){.fd = s->mine, .events = PROBE_READABLE, .wake_ms = now_ms + 60000};
}

static struct probe_want pipe_step(void *state, unsigned events, int64_t now_ms)
{
	struct pipe_state *s = state;
	int old = s->mine, ends[2];

	assert_true(events & PROBE_READABLE);
	switch (s->steps++) {
	case 0:
		close(s->mine);
		close(s->theirs);
		assert_int_equal(pipe(ends), 0);
		s->mine = ends[0];
		s->theirs = ends[1];
		assert_int_equal(s->mine, old);
		assert_int_equal(write(s->theirs, "2", 1), 1);
		return (struct probe_want){.fd = s->mine, .events = PROBE_READABLE, .wake_ms = now_ms + 60000};
	case 1:
		return (struct probe_want){.fd = lent[0], .events = PROBE_READABLE, .wake_ms = now_ms + 60000};
	default:
		return (struct probe_want){.done = true, .fd = -1};
	}
}

static void pipe_finish(void *state, struct probe_result *out)
{
	struct pipe_state *s = state;

	close(s->mine);
	close(s->theirs);
	*out = probe_result_none();
	out->up = s->steps == 3;
	out->reason = REASON_OK;
}

static const struct probe_type piped = {.name = "pipe", .start = pipe_start, .step = pipe_step, .finish = pipe_finish};

static void test_descriptors_change(void **state)
{
	struct check_spec spec = spec_for("land", 1);
	struct epoll_event got;
	char path[] = "/deep";
	struct seen s;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(pipe(lent), 0);
	assert_int_equal(write(lent[1], "3", 1), 1);
	open_prober(&loop, &s);
	spec.type = &piped;
	spec.options.path = path;
	strcpy(spec.interface, "eth9");
	prober_set(s.prober, &spec, 1, "n");
	path[1] = '!'; /* it was copied */
	prober_run_now(s.prober);
	run_until(&loop, &s, 1);
	assert_true(s.up);
	assert_int_equal(epoll_wait(s.prober->epoll, &got, 1, 0),
	        0); /* the lent one is out of the set, though it is open and full */
	path[1] = 'd';
	struct check *kept = s.prober->checks[0];
	prober_set(s.prober, &spec, 1, "n");
	assert_ptr_equal(s.prober->checks[0], kept); /* the same options */
	path[1] = 'x';
	prober_set(s.prober, &spec, 1, "n");
	assert_ptr_not_equal(s.prober->checks[0], kept);
	close_prober(&loop, &s);
	close(lent[0]);
	close(lent[1]);
}

/* What "system" stands for, the kind knows; a name is looked up and its time is told. */
static int64_t seen_name_us;

static struct probe_want naming_start(void *state, const struct probe_job *job, int64_t now_ms)
{
	(void)state;
	(void)now_ms;
	scripts[0].starts++;
	scripts[0].silent = !job->address.any.sa_family;
	seen_name_us = job->name_us;
	return (struct probe_want){.done = true, .fd = -1};
}

static void naming_finish(void *state, struct probe_result *out)
{
	(void)state;
	scripts[0].finishes++;
	*out = probe_result_none();
	out->up = true;
}

static const struct probe_type naming = {.name = "naming",
        .own_hosts = true,
        .default_port = 53,
        .start = naming_start,
        .finish = naming_finish};

static void test_own_hosts_and_names(void **state)
{
	struct check_spec spec = spec_for("land", 53);
	struct seen s;
	uv_loop_t loop;

	(void)state;
	open_prober(&loop, &s);
	spec.type = &naming;
	strcpy(spec.host, "system");
	prober_set(s.prober, &spec, 1, "n");
	prober_run_now(s.prober);
	run_until(&loop, &s, 1);
	assert_true(scripts[0].silent);
	assert_int_equal(seen_name_us, PROBE_UNKNOWN);
	strcpy(spec.host, "localhost");
	prober_set(s.prober, &spec, 1, "n");
	prober_run_now(s.prober);
	run_until(&loop, &s, 2);
	assert_false(scripts[0].silent);
	assert_true(seen_name_us > 0);
	prober_run_now(s.prober); /* remembered */
	run_until(&loop, &s, 3);
	assert_int_equal(seen_name_us, PROBE_UNKNOWN);
	close_prober(&loop, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_down_after_three_tries),
	        cmocka_unit_test(test_one_lost_answer_is_no_failure),
	        cmocka_unit_test(test_slow_one_delays_nobody),
	        cmocka_unit_test(test_name_that_is_none),
	        cmocka_unit_test(test_list_is_replaced),
	        cmocka_unit_test(test_burst_starves_nobody),
	        cmocka_unit_test(test_burst_is_forgotten),
	        cmocka_unit_test(test_descriptors_change),
	        cmocka_unit_test(test_own_hosts_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
