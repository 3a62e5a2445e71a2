/* walk: all values of a good device, and of devices that answer badly what can be had, without a crash, a stall or a wrong value. */
#include "agent/poll/walk.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "tests/unit/agent/poll/fake.h"

#define INTERFACES 24
#define ROOTS 12
#define VALUES (3 + 8 * INTERFACES) /* what roots_good tell */

/* Three scalars and one that is missing, eight columns of two tables. */
static const unsigned long roots_oid[ROOTS][11] = {{1, 3, 6, 1, 2, 1, 1, 1}, {1, 3, 6, 1, 2, 1, 1, 3},
        {1, 3, 6, 1, 2, 1, 1, 4}, {1, 3, 6, 1, 2, 1, 1, 5}, {1, 3, 6, 1, 2, 1, 2, 2, 1, 1},
        {1, 3, 6, 1, 2, 1, 2, 2, 1, 2}, {1, 3, 6, 1, 2, 1, 2, 2, 1, 7}, {1, 3, 6, 1, 2, 1, 2, 2, 1, 8},
        {1, 3, 6, 1, 2, 1, 2, 2, 1, 20}, {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1}, {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6},
        {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 13}};
static const uint8_t roots_len[ROOTS] = {8, 8, 8, 8, 10, 10, 10, 10, 10, 11, 11, 11};

struct visit {
	struct fake *device;
	struct session *session;
	struct walk *walk;
	unsigned values, wrong, done;
	unsigned of[ROOTS];
	unsigned long last[ROOTS];
	struct walk_result result;
	unsigned *order; /* who ended first */
	unsigned ended;
};

struct bed {
	uv_loop_t loop;
	struct sessions *set;
	struct walk_root roots[ROOTS];
	unsigned order, waiting;
};

static void on_varbind(void *arg, const struct varbind *v)
{
	struct visit *t = arg;

	assert_true(v->root < ROOTS);
	assert_true(v->index_at == roots_len[v->root] && v->oid_len > v->index_at);
	t->values++;
	t->of[v->root]++;
	if (v->root >= 4) {
		t->wrong += v->oid[v->index_at] <= t->last[v->root];
		t->last[v->root] = v->oid[v->index_at];
	}
	if (v->root == 4)
		t->wrong += v->type != VARBIND_INTEGER || v->number != v->oid[v->index_at];
	if (v->root == 10)
		t->wrong += v->type != VARBIND_COUNTER64 || v->number != 5000000006;
	if (v->root == 3)
		t->wrong += v->type != VARBIND_BYTES || v->len != 3 || memcmp(v->bytes, "sw1", 3);
}

static void on_done(void *arg, const struct walk_result *r)
{
	struct visit *t = arg;

	t->result = *r;
	t->done++;
	t->walk = NULL;
	t->ended = ++*t->order;
}

static void bed_open(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	uv_loop_init(&b->loop);
	b->set = sessions_new(&b->loop);
	for (unsigned i = 0; i < ROOTS; i++)
		b->roots[i] = (struct walk_root){.oid = roots_oid[i],
		        .oid_len = roots_len[i],
		        .table = i < 4   ? 0
		                 : i < 9 ? 1
		                         : 2};
}

static void bed_close(struct bed *b)
{
	sessions_close(b->set);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
}

static void visit_begin(struct bed *b, struct visit *t, const char *address, int version)
{
	struct gear_spec spec = {.version = version, .community = "public"};
	struct walk_handlers h = {.on_varbind = on_varbind, .on_done = on_done, .arg = t};

	memset(t->of, 0, sizeof(t->of));
	memset(t->last, 0, sizeof(t->last));
	t->values = t->wrong = t->done = 0;
	t->order = &b->order;
	snprintf(spec.address, sizeof(spec.address), "%s", address);
	if (!t->session)
		t->session = session_open(b->set, &spec);
	t->walk = walk_start(t->session, b->roots, ROOTS, 60000, &h);
	assert_int_equal(t->done, 0);
}

static void visit_device(struct bed *b, struct visit *t, unsigned faults, int version)
{
	char address[64];

	if (!t->device) {
		t->device = fake_new(&b->loop);
		fake_fill(t->device, INTERFACES, true);
	}
	t->device->faults = faults;
	snprintf(address, sizeof(address), "127.0.0.1:%u", t->device->port);
	visit_begin(b, t, address, version);
}

static void wait_for(struct bed *b, struct visit *visits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		while (!visits[i].done) {
			uv_run(&b->loop, UV_RUN_NOWAIT);
			usleep(200);
		}
}

static void visit_end(struct visit *t)
{
	session_close(t->session);
	if (t->device)
		fake_close(t->device);
	t->session = NULL;
}

static void assert_whole(const struct visit *t)
{
	assert_int_equal(t->result.reason, REASON_OK);
	assert_int_equal(t->wrong, 0);
	assert_int_equal(t->values, VALUES);
	assert_int_equal(t->result.values, VALUES);
	for (unsigned i = 4; i < ROOTS; i++)
		assert_int_equal(t->of[i], INTERFACES);
}

static void test_all_versions(void **state)
{
	struct visit visits[2] = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_device(&b, &visits[0], 0, 1);
	visit_device(&b, &visits[1], 0, 2);
	wait_for(&b, visits, 2);
	for (int i = 0; i < 2; i++) {
		assert_whole(&visits[i]);
		assert_true(visits[i].result.rtt_us > 0);
		assert_false(visits[i].result.getnext && i == 1);
		assert_int_equal(visits[i].result.note[0], 0);
	}
	assert_int_equal(visits[0].device->bulks, 0);
	assert_true(visits[1].device->requests < visits[0].device->requests / 2);
	visit_end(&visits[0]);
	visit_end(&visits[1]);
	bed_close(&b);
	for (int i = 0; i < 2; i++)
		free(visits[i].device);
}

/* What disturbs but leaves the right answers to be had. */
static void test_disturbed_devices_tell_all(void **state)
{
	static const unsigned faults[] = {FAKE_GARBAGE, FAKE_WRONG_ID, FAKE_WRONG_PEER, FAKE_TWICE, FAKE_SKIP_FIRST,
	        FAKE_NO_BULK, FAKE_BULK_ERROR, FAKE_EMPTY_BULK,
	        FAKE_GARBAGE | FAKE_WRONG_ID | FAKE_WRONG_PEER | FAKE_TWICE};
	enum { COUNT = sizeof(faults) / sizeof(faults[0]) };
	struct visit visits[COUNT + 2] = {0};
	unsigned late, broken;
	struct bed b;

	(void)state;
	bed_open(&b);
	for (unsigned i = 0; i < COUNT; i++)
		visit_device(&b, &visits[i], faults[i], 2);
	visit_device(&b, &visits[COUNT], 0, 2);
	visits[COUNT].device->most_varbinds = 7;
	visit_device(&b, &visits[COUNT + 1], 0, 2);
	visits[COUNT + 1].device->too_big = 3;
	wait_for(&b, visits, COUNT + 2);
	for (unsigned i = 0; i < COUNT + 2; i++) {
		assert_whole(&visits[i]);
		assert_int_equal(visits[i].result.getnext,
		        i < COUNT && faults[i] & (FAKE_NO_BULK | FAKE_BULK_ERROR | FAKE_EMPTY_BULK) ? 1 : 0);
	}
	session_strays(visits[0].session, &late, &broken);
	assert_true(broken > 0);
	session_strays(visits[1].session, &late, &broken);
	assert_true(late > 0);
	assert_true(visits[4].result.retries > 0);
	assert_true(visits[COUNT + 1].result.slow);
	for (unsigned i = 0; i < COUNT + 2; i++)
		visit_end(&visits[i]);
	bed_close(&b);
	for (unsigned i = 0; i < COUNT + 2; i++)
		free(visits[i].device);
}

static void test_hostile_devices_end(void **state)
{
	struct visit visits[4] = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_device(&b, &visits[0], FAKE_LOOP, 2);
	visits[0].device->count = 0; /* its only table is walked in a circle */
	fake_put(visits[0].device, "1.3.6.1.2.1.1.1.0", VARBIND_BYTES, 0, "x");
	for (unsigned i = 1; i <= 5; i++) {
		char oid[64];

		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.1.%u", i);
		fake_put(visits[0].device, oid, VARBIND_BYTES, 0, "y");
	}
	b.roots[10].table = b.roots[9].table = b.roots[11].table = 2;
	visit_device(&b, &visits[1], FAKE_REVERSED, 2);
	visit_device(&b, &visits[2], FAKE_CUT, 2);
	visit_device(&b, &visits[3], FAKE_MUTE, 2);
	wait_for(&b, visits, 4);
	assert_int_equal(visits[0].result.reason, REASON_OK);
	assert_int_equal(visits[1].result.reason, REASON_OK);
	assert_int_equal(visits[1].wrong, 0);
	assert_int_equal(visits[2].result.reason, REASON_TIMEOUT);
	assert_int_equal(visits[2].values, 0);
	assert_int_equal(visits[3].result.reason, REASON_TIMEOUT);
	assert_int_equal(visits[3].result.requests, 1);
	for (unsigned i = 0; i < 4; i++)
		visit_end(&visits[i]);
	bed_close(&b);
	for (unsigned i = 0; i < 4; i++)
		free(visits[i].device);
}

/* The successor of a row is an earlier row of the same column. */
static void test_loop_is_named(void **state)
{
	struct visit t = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_device(&b, &t, FAKE_LOOP, 2);
	t.device->count = 0;
	fake_put(t.device, "1.3.6.1.2.1.1.1.0", VARBIND_BYTES, 0, "x");
	for (unsigned i = 0; i < 4; i++)
		b.roots[i].table = 0;
	fake_remove(t.device, "1.3.6.1.2.1.1.1");
	for (unsigned i = 3; i <= 7; i++) {
		char oid[64];

		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.31.1.1.1.13.%u", i);
		fake_put(t.device, oid, VARBIND_COUNTER64, i, NULL);
	}
	wait_for(&b, &t, 1);
	assert_int_equal(t.result.reason, REASON_OK);
	assert_int_equal(t.of[11], 5);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.result.loops, 1);
	assert_string_equal(t.result.note, "1.3.6.1.2.1.31.1.1.1.13 does not increase");
	visit_end(&t);
	bed_close(&b);
	free(t.device);
}

/* It remembers that GETBULK is not for this device, and asks at once by GETNEXT. */
static void test_pace_is_kept(void **state)
{
	struct visit t = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_device(&b, &t, FAKE_NO_BULK, 2);
	wait_for(&b, &t, 1);
	assert_true(t.device->bulks > 0);
	t.device->bulks = 0;
	visit_device(&b, &t, FAKE_NO_BULK, 2);
	wait_for(&b, &t, 1);
	assert_whole(&t);
	assert_int_equal(t.device->bulks, 0);
	visit_end(&t);
	bed_close(&b);
	free(t.device);
}

/* Large answers never come, as where pieces of datagrams are dropped: it is found out once, not at each poll. */
static void test_lost_large_answers(void **state)
{
	struct visit t = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_device(&b, &t, 0, 2);
	wait_for(&b, &t, 1);
	t.device->lost_from = 80;
	for (int i = 0; i < 6; i++) {
		visit_device(&b, &t, 0, 2);
		wait_for(&b, &t, 1);
		assert_whole(&t);
		assert_false(t.result.getnext);
	}
	assert_false(t.result.slow);
	assert_int_equal(t.result.retries, 0);
	visit_end(&t);
	bed_close(&b);
	free(t.device);
}

static void test_nobody_there(void **state)
{
	struct visit visits[4] = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	visit_begin(&b, &visits[0], "127.0.0.1:1", 2); /* nothing listens: the kernel says so */
	visit_begin(&b, &visits[1], "127.0.0.1:0", 2);
	visit_begin(&b, &visits[2], "no-such-name.invalid", 2);
	visit_begin(&b, &visits[3], "[::1]:1", 2);
	wait_for(&b, visits, 4);
	assert_int_equal(visits[0].result.reason, REASON_REFUSED);
	assert_int_equal(visits[1].result.reason, REASON_LOCAL);
	assert_int_equal(visits[2].result.reason, REASON_DNS);
	assert_true(visits[3].result.reason == REASON_REFUSED || visits[3].result.reason == REASON_UNREACHABLE);
	for (unsigned i = 0; i < 4; i++)
		visit_end(&visits[i]);
	bed_close(&b);
}

/* An engine that is never discovered holds nobody up, in any version. */
static void test_the_dead_delay_nobody(void **state)
{
	struct visit dead = {0}, live = {0};
	struct gear_spec spec = {.version = 3, .user = "nobody", .auth = "SHA256", .auth_secret = "long enough"};
	struct walk_handlers h = {.on_varbind = on_varbind, .on_done = on_done, .arg = &dead};
	struct bed b;

	(void)state;
	bed_open(&b);
	dead.device = fake_new(&b.loop);
	dead.device->faults = FAKE_MUTE;
	dead.order = &b.order;
	snprintf(spec.address, sizeof(spec.address), "127.0.0.1:%u", dead.device->port);
	dead.session = session_open(b.set, &spec);
	dead.walk = walk_start(dead.session, b.roots, ROOTS, 60000, &h);
	for (int i = 0; i < 20; i++) {
		visit_device(&b, &live, 0, 2);
		wait_for(&b, &live, 1);
		assert_whole(&live);
	}
	assert_int_equal(dead.done, 0);
	wait_for(&b, &dead, 1);
	assert_int_equal(dead.result.reason, REASON_TIMEOUT);
	visit_end(&dead);
	visit_end(&live);
	bed_close(&b);
	free(dead.device);
	free(live.device);
}

/* Answers that come after the question was repeated are answers still; the echo of the repetition is counted. */
static void test_late_answers(void **state)
{
	struct visit t = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	for (unsigned i = 4; i < ROOTS; i++)
		b.roots[i].table = 1;
	visit_device(&b, &t, FAKE_LATE, 2);
	wait_for(&b, &t, 1);
	assert_whole(&t);
	assert_true(t.result.retries > 0);
	assert_false(t.result.getnext);
	visit_end(&t);
	bed_close(&b);
	free(t.device);
}

static void test_cancel_and_close_midway(void **state)
{
	struct visit t = {0};
	struct bed b;

	(void)state;
	bed_open(&b);
	for (unsigned rounds = 0; rounds < 12; rounds++) {
		visit_device(&b, &t, 0, 2);
		for (unsigned i = 0; i < rounds && !t.done; i++)
			uv_run(&b.loop, UV_RUN_NOWAIT);
		if (t.walk)
			walk_cancel(t.walk);
	}
	visit_device(&b, &t, 0, 2);
	wait_for(&b, &t, 1);
	assert_whole(&t);
	visit_device(&b, &t, 0, 2);
	walk_cancel(t.walk);
	visit_end(&t);
	bed_close(&b);
	free(t.device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_versions),
	        cmocka_unit_test(test_disturbed_devices_tell_all),
	        cmocka_unit_test(test_hostile_devices_end),
	        cmocka_unit_test(test_loop_is_named),
	        cmocka_unit_test(test_pace_is_kept),
	        cmocka_unit_test(test_lost_large_answers),
	        cmocka_unit_test(test_nobody_there),
	        cmocka_unit_test(test_the_dead_delay_nobody),
	        cmocka_unit_test(test_late_answers),
	        cmocka_unit_test(test_cancel_and_close_midway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
