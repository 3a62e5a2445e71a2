/* poller: rows, states and events of devices that work, restart, wrap, renumber, fall silent and are changed in the list. */
#include "agent/poll/poller.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "tests/unit/agent/poll/fake.h"

#define SEEN_MAX 400

struct seen {
	enum metric_class_id class_id;
	char subject[METRIC_INSTANCE_MAX];
	int64_t values[METRIC_COLUMNS_MAX];
	char kind[32], text[512]; /* of an event */
	int state;                /* -1: a row or event */
	enum reason reason;
};

struct bed {
	uv_loop_t loop;
	struct sink sink;
	struct poller *poller;
	struct fake *device;
	struct gear_spec spec;
	struct seen seen[SEEN_MAX];
	size_t count;
	unsigned urgent;
};

static struct seen *seen_new(struct bed *b)
{
	assert_true(b->count < SEEN_MAX);
	b->seen[b->count].state = -1;
	return &b->seen[b->count++];
}

static void on_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	struct seen *s = seen_new(arg);

	assert_true(metric_subject_valid(subject));
	assert_true(boot_ms > 0);
	s->class_id = class_id;
	snprintf(s->subject, sizeof(s->subject), "%s", subject);
	memcpy(s->values, values, metric_class(class_id)->count * sizeof(values[0]));
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct seen *s = seen_new(arg);

	(void)boot_ms;
	s->class_id = CLASS_COUNT;
	snprintf(s->kind, sizeof(s->kind), "%s", kind);
	snprintf(s->text, sizeof(s->text), "%s", text);
}

static void on_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	struct seen *s = seen_new(arg);

	(void)boot_ms;
	assert_true(metric_subject_valid(subject));
	s->class_id = class_id;
	snprintf(s->subject, sizeof(s->subject), "%s", subject);
	s->state = up;
	s->reason = reason;
}

static void on_urgent(void *arg)
{
	((struct bed *)arg)->urgent++;
}

static const struct seen *find_row(const struct bed *b, enum metric_class_id class_id, const char *subject)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->seen[i].state < 0 && b->seen[i].class_id == class_id && !strcmp(b->seen[i].subject, subject))
			return &b->seen[i];
	return NULL;
}

static const struct seen *find_state(const struct bed *b, enum metric_class_id class_id, const char *subject)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->seen[i].state >= 0 && b->seen[i].class_id == class_id && !strcmp(b->seen[i].subject, subject))
			return &b->seen[i];
	return NULL;
}

static const char *find_event(const struct bed *b, const char *kind)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->seen[i].class_id == CLASS_COUNT && !strcmp(b->seen[i].kind, kind))
			return b->seen[i].text;
	return NULL;
}

static void bed_open(struct bed *b, unsigned interfaces, bool wide)
{
	memset(b, 0, sizeof(*b));
	uv_loop_init(&b->loop);
	b->sink = (struct sink){.row = on_row, .event = on_event, .state = on_state, .urgent = on_urgent, .arg = b};
	b->device = fake_new(&b->loop);
	fake_fill(b->device, interfaces, wide);
	b->poller = poller_new(&b->loop, &b->sink, "mk-srv1");
	b->spec = (struct gear_spec){.id = "mk-sw1", .every_ms = 60000, .version = 2, .community = "public"};
	snprintf(b->spec.address, sizeof(b->spec.address), "127.0.0.1:%u", b->device->port);
	poller_set(b->poller, &b->spec, 1);
}

static void bed_close(struct bed *b)
{
	poller_close(b->poller);
	fake_close(b->device);
	while (uv_loop_alive(&b->loop))
		uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	clock_real();
	free(b->device);
}

/* One whole poll of a device, now; what it gives takes the place of what was seen. */
static void poll_now(struct bed *b, size_t which)
{
	struct device *d = b->poller->devices[which];

	b->count = 0;
	b->urgent = 0;
	on_due(&d->timer);
	while (d->walk) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		usleep(200);
	}
}

static void test_a_poll_tells_all(void **state)
{
	const struct seen *s;
	struct bed b;

	(void)state;
	bed_open(&b, 24, true);
	poll_now(&b, 0);
	s = find_row(&b, CLASS_GEAR, "mk-sw1/");
	assert_non_null(s);
	assert_int_equal(s->values[GEAR_UP], 1);
	assert_int_equal(s->values[GEAR_UPTIME], 3600);
	assert_true(s->values[GEAR_RTT] > 0);
	assert_true(s->values[GEAR_VALUES] > 24 * 10);
	s = find_row(&b, CLASS_INTERFACE, "mk-sw1/ge24");
	assert_non_null(s);
	assert_int_equal(s->values[IF_IN_OCTETS], 5000000006);
	assert_int_equal(s->values[IF_OUT_OCTETS], 5000000010);
	assert_int_equal(s->values[IF_CARRIER], 1);
	assert_int_equal(s->values[IF_SPEED], 1000000000);
	assert_int_equal(find_state(&b, CLASS_GEAR, "mk-sw1/")->state, 1);
	assert_int_equal(find_state(&b, CLASS_INTERFACE, "mk-sw1/ge1")->state, 1);
	assert_null(find_event(&b, "gear-restarted"));
	assert_null(find_event(&b, "renumbered"));
	bed_close(&b);
}

static void test_ports_down_by_will_and_by_wire(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 4, true);
	fake_put(b.device, "1.3.6.1.2.1.2.2.1.8.1", VARBIND_INTEGER, 2, NULL);
	fake_put(b.device, "1.3.6.1.2.1.2.2.1.7.2", VARBIND_INTEGER, 2, NULL);
	fake_put(b.device, "1.3.6.1.2.1.2.2.1.8.2", VARBIND_INTEGER, 2, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_state(&b, CLASS_INTERFACE, "mk-sw1/ge1")->state, 0);
	assert_null(find_state(&b, CLASS_INTERFACE, "mk-sw1/ge2"));
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge2")->values[IF_CARRIER], 0);
	bed_close(&b);
}

static void test_odd_names_and_twins(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 4, true);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.1", VARBIND_BYTES, 0, "ge-0/0/1");
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.2", VARBIND_BYTES, 0, "twin");
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.3", VARBIND_BYTES, 0, "twin");
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.4", VARBIND_BYTES, 0, "..\xc4\x90/\x01 \"");
	for (int i = 0; i < 2; i++) {
		poll_now(&b, 0);
		assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge-0-0-1"));
		assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/twin"));
		assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/twin.3"));
		assert_null(find_event(&b, "renumbered"));
	}
	bed_close(&b);
}

static void test_wrap_of_32_bits(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 2, false);
	fake_put(b.device, "1.3.6.1.2.1.2.2.1.10.1", VARBIND_COUNTER, 4294967000, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], 4294967000);
	fake_put(b.device, "1.3.6.1.2.1.2.2.1.10.1", VARBIND_COUNTER, 704, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], 4294968000);
	bed_close(&b);
}

static void test_restart_is_an_event_and_a_gap(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 2, true);
	poll_now(&b, 0);
	fake_put(b.device, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 1500, NULL);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.6.1", VARBIND_COUNTER64, 6000000000, NULL);
	poll_now(&b, 0);
	assert_string_equal(find_event(&b, "gear-restarted"), "mk-sw1/ restarted 15 s ago");
	/* a light poll's numbers may be other interfaces' now: a full one follows at once */
	assert_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1"));
	poll_now(&b, 0);
	assert_null(find_event(&b, "gear-restarted"));
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], METRIC_UNKNOWN);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.6.1", VARBIND_COUNTER64, 6000000100, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], 5000000106);
	bed_close(&b);
}

/* sysUpTime's own wrap after 497 days is no restart. */
static void test_uptime_wrap(void **state)
{
	int64_t boot_ms = clock_boot_ms(), wall_ms = clock_wall_ms();
	struct bed b;

	(void)state;
	clock_fake(wall_ms, boot_ms);
	bed_open(&b, 1, true);
	fake_put(b.device, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 4294967290, NULL);
	poll_now(&b, 0);
	clock_fake(wall_ms + 60000, boot_ms + 60000);
	fake_put(b.device, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 5994, NULL);
	poll_now(&b, 0);
	assert_null(find_event(&b, "gear-restarted"));
	/* and a restart while it was away shows in a clock that is behind, though higher */
	clock_fake(wall_ms + 60000 + 86400000, boot_ms + 60000 + 86400000);
	fake_put(b.device, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 360000, NULL);
	poll_now(&b, 0);
	assert_string_equal(find_event(&b, "gear-restarted"), "mk-sw1/ restarted 3600 s ago");
	bed_close(&b);
}

static void test_discontinuity_is_a_gap(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, true);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.19.1", VARBIND_TICKS, 0, NULL);
	poll_now(&b, 0);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.19.1", VARBIND_TICKS, 359000, NULL);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.6.1", VARBIND_COUNTER64, 5000001000, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], METRIC_UNKNOWN);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.6.1", VARBIND_COUNTER64, 5000001010, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1")->values[IF_IN_OCTETS], 5000000016);
	bed_close(&b);
}

/* After a restart all interfaces have other numbers: counters stay with their names. */
static void test_renumbering_follows_names(void **state)
{
	char out[METRIC_INSTANCE_MAX], oid[64];
	struct bed b;

	(void)state;
	bed_open(&b, 2, true);
	poll_now(&b, 0);
	assert_true(poller_interface(b.poller, "mk-sw1", 1, out, sizeof(out)));
	assert_string_equal(out, "mk-sw1/ge1");
	fake_remove(b.device, "1.3.6.1.2.1.2.2.1");
	fake_remove(b.device, "1.3.6.1.2.1.31.1.1.1");
	fake_fill(b.device, 3, true);
	fake_put(b.device, "1.3.6.1.2.1.1.3.0", VARBIND_TICKS, 1000, NULL);
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.1", VARBIND_BYTES, 0, "new");
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.2", VARBIND_BYTES, 0, "ge1");
	fake_put(b.device, "1.3.6.1.2.1.31.1.1.1.1.3", VARBIND_BYTES, 0, "ge2");
	for (int i = 1; i <= 3; i++) {
		snprintf(oid, sizeof(oid), "1.3.6.1.2.1.2.2.1.2.%d", i);
		fake_put(b.device, oid, VARBIND_BYTES, 0, i == 1 ? "new" : i == 2 ? "ge1" : "ge2");
	}
	poll_now(&b, 0);
	assert_non_null(find_event(&b, "gear-restarted"));
	poll_now(&b, 0);
	assert_string_equal(find_event(&b, "renumbered"), "mk-sw1/ ge1 1->2, ge2 2->3");
	assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/new"));
	assert_true(poller_interface(b.poller, "mk-sw1", 3, out, sizeof(out)));
	assert_string_equal(out, "mk-sw1/ge2");
	assert_false(poller_interface(b.poller, "mk-sw1", 9, out, sizeof(out)));
	bed_close(&b);
}

static void test_silence_backs_off_and_ends(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 2, true);
	poll_now(&b, 0);
	fake_close(b.device); /* nothing listens: refused at once */
	uv_run(&b.loop, UV_RUN_NOWAIT);
	poll_now(&b, 0);
	/* once is doubted, and asked again soon */
	assert_int_equal(b.count, 0);
	assert_true(uv_timer_get_due_in(&b.poller->devices[0]->timer) <= AGAIN_MS);
	poll_now(&b, 0);
	assert_int_equal(find_state(&b, CLASS_GEAR, "mk-sw1/")->state, 0);
	assert_int_equal(find_state(&b, CLASS_GEAR, "mk-sw1/")->reason, REASON_REFUSED);
	assert_int_equal(find_row(&b, CLASS_GEAR, "mk-sw1/")->values[GEAR_UP], 0);
	for (int i = 0; i < 6; i++)
		poll_now(&b, 0);
	assert_int_equal(periods_to_wait(b.poller->devices[0]), BACKOFF_MOST);
	assert_true(uv_timer_get_due_in(&b.poller->devices[0]->timer) > 7 * 60000 - 1000);
	assert_true(uv_timer_get_due_in(&b.poller->devices[0]->timer) <= 8 * 60000);
	/* a trap says that it is back */
	poller_soon(b.poller, "mk-sw1");
	assert_true(uv_timer_get_due_in(&b.poller->devices[0]->timer) <= SOON_LEAST_MS);
	b.device->udp.data = NULL;
	poller_close(b.poller);
	while (uv_loop_alive(&b.loop))
		uv_run(&b.loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_loop_close(&b.loop), 0);
	free(b.device);
}

/* The list anew: who stays as it was keeps its counters. */
static void test_a_new_list(void **state)
{
	struct gear_spec specs[3];
	struct device *kept;
	struct bed b;

	(void)state;
	bed_open(&b, 2, true);
	poll_now(&b, 0);
	kept = b.poller->devices[0];
	specs[0] = specs[1] = specs[2] = b.spec;
	snprintf(specs[0].id, sizeof(specs[0].id), "mk-new");
	snprintf(specs[2].id, sizeof(specs[2].id), "mk-third");
	poller_set(b.poller, specs, 3);
	assert_ptr_equal(b.poller->devices[1], kept);
	poll_now(&b, 1);
	assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1"));
	poll_now(&b, 0);
	assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-new/ge1"));
	/* removed while it is being asked */
	on_due(&b.poller->devices[2]->timer);
	snprintf(specs[1].community, sizeof(specs[1].community), "other");
	poller_set(b.poller, &specs[1], 1);
	assert_int_equal(b.poller->count, 1);
	poll_now(&b, 0);
	assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge1"));
	poller_set(b.poller, NULL, 0);
	bed_close(&b);
}

static void test_ups_on_battery_is_urgent(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, true);
	fake_put(b.device, "1.3.6.1.2.1.33.1.2.1.0", VARBIND_INTEGER, 2, NULL);
	fake_put(b.device, "1.3.6.1.2.1.33.1.2.2.0", VARBIND_INTEGER, 0, NULL);
	fake_put(b.device, "1.3.6.1.2.1.33.1.2.3.0", VARBIND_INTEGER, 45, NULL);
	fake_put(b.device, "1.3.6.1.2.1.33.1.2.4.0", VARBIND_INTEGER, 98, NULL);
	fake_put(b.device, "1.3.6.1.2.1.33.1.4.1.0", VARBIND_INTEGER, 3, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_UPS, "mk-sw1/")->values[UPS_CHARGE], 980);
	assert_int_equal(find_row(&b, CLASS_UPS, "mk-sw1/")->values[UPS_RUNTIME], 450);
	assert_int_equal(find_row(&b, CLASS_UPS, "mk-sw1/")->values[UPS_ON_BATTERY], 0);
	assert_int_equal(find_state(&b, CLASS_UPS, "mk-sw1/")->state, 1);
	assert_int_equal(b.urgent, 0);
	assert_null(find_event(&b, "ups"));
	fake_put(b.device, "1.3.6.1.2.1.33.1.4.1.0", VARBIND_INTEGER, 5, NULL);
	poll_now(&b, 0);
	assert_int_equal(find_row(&b, CLASS_UPS, "mk-sw1/")->values[UPS_ON_BATTERY], 1);
	assert_int_equal(find_state(&b, CLASS_UPS, "mk-sw1/")->state, 0);
	assert_string_equal(find_event(&b, "ups"), "mk-sw1/ on-battery charge 98% runtime 45 min");
	assert_true(b.urgent > 0);
	poll_now(&b, 0);
	assert_null(find_event(&b, "ups"));
	bed_close(&b);
}

static void test_getnext_and_slow_are_told_once(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 8, true);
	b.device->faults = FAKE_BULK_ERROR;
	poll_now(&b, 0);
	assert_non_null(find_row(&b, CLASS_INTERFACE, "mk-sw1/ge8"));
	assert_non_null(find_event(&b, "getnext"));
	assert_non_null(find_event(&b, "slow-gear"));
	poll_now(&b, 0);
	assert_null(find_event(&b, "getnext"));
	assert_null(find_event(&b, "slow-gear"));
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_poll_tells_all),
	        cmocka_unit_test(test_ports_down_by_will_and_by_wire),
	        cmocka_unit_test(test_odd_names_and_twins),
	        cmocka_unit_test(test_wrap_of_32_bits),
	        cmocka_unit_test(test_restart_is_an_event_and_a_gap),
	        cmocka_unit_test(test_uptime_wrap),
	        cmocka_unit_test(test_discontinuity_is_a_gap),
	        cmocka_unit_test(test_renumbering_follows_names),
	        cmocka_unit_test(test_silence_backs_off_and_ends),
	        cmocka_unit_test(test_a_new_list),
	        cmocka_unit_test(test_ups_on_battery_is_urgent),
	        cmocka_unit_test(test_getnext_and_slow_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
