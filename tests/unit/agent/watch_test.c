/* watch: checks follow from the configuration and the place; results become rows, states and nothing invented. */
#include "agent/watch.c"

#include "agent/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char json[] =
        "{\"version\":\"1\",\"node\":\"n\",\"step_ms\":10000,"
        "\"uplinks\":[{\"id\":\"ts\",\"instance\":\"\",\"target\":\"10.20.1.1\"},{\"id\":\"4g\",\"instance\":\"4g\"}],"
        "\"services\":[{\"id\":\"land\",\"type\":\"tcp\",\"target\":\"[2001:db8::5]:443\",\"every_ms\":60000},"
        "{\"id\":\"no-port\",\"type\":\"tcp\",\"target\":\"10.0.0.5\",\"every_ms\":60000},"
        "{\"id\":\"unheard\",\"type\":\"carrier-pigeon\",\"target\":\"x\",\"every_ms\":60000},"
        "{\"id\":\"core-ping\",\"type\":\"icmp\",\"target\":\"10.0.0.5\",\"every_ms\":10000,\"source\":\"10.9.9.9\"}],"
        "\"terminals\":[{\"id\":\"far\",\"target\":\"203.0.113.7\"}]}";

static const struct check_spec *find(
        const struct check_spec *specs, size_t count, enum metric_class_id class_id, const char *instance)
{
	for (size_t i = 0; i < count; i++)
		if (specs[i].class_id == class_id && !strcmp(specs[i].instance, instance))
			return &specs[i];
	return NULL;
}

static void test_checks(void **state)
{
	const struct check_spec *s;
	struct check_spec *specs;
	struct central *c;
	char why[160];
	size_t count;

	(void)state;
	log_open("test", LOG_LEVEL_ERROR);
	assert_int_equal(central_parse(json, strlen(json), &c, why), 0);
	specs = watch_checks(c, "fe80::1%eth0", "10.0.0.2", &count);
	assert_int_equal(count,
	        8); /* a line without target, a broken and an unknown service are left out; core and line with their full-size echoes */
	s = find(specs, count, CLASS_PATH, "gateway");
	assert_string_equal(s->host, "fe80::1%eth0");
	assert_true(s->at_once);
	assert_int_equal(s->every_ms, 10000);
	assert_string_equal(find(specs, count, CLASS_PATH, "core")->host, "10.0.0.2");
	assert_string_equal(find(specs, count, CLASS_UPLINK, "")->host, "10.20.1.1");
	assert_null(find(specs, count, CLASS_UPLINK, "4g"));
	assert_string_equal(find(specs, count, CLASS_PATH, "far")->host, "203.0.113.7");
	s = find(specs, count, CLASS_SERVICE, "land");
	assert_string_equal(s->host, "2001:db8::5");
	assert_int_equal(s->port, 443);
	assert_int_equal(s->every_ms, 60000);
	assert_int_equal(find(specs, count, CLASS_SERVICE, "core-ping")->source.any.sa_family, AF_INET);
	free(specs);
	snprintf(c->core, sizeof(c->core), "core.example");
	specs = watch_checks(c, "", "10.0.0.2", &count);
	assert_null(find(specs, count, CLASS_PATH, "gateway"));
	assert_string_equal(find(specs, count, CLASS_PATH, "core")->host, "core.example");
	free(specs);
	central_free(c);
	specs = watch_checks(NULL, "", "", &count); /* never told anything, nowhere near a network */
	assert_int_equal(count, 0);
	free(specs);
}

/* What was told last of each way. */
struct told {
	int64_t rows[CLASS_COUNT][METRIC_COLUMNS_MAX];
	unsigned row_count, states, urgents;
	bool up;
	char event[256];
};

static void told_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	struct told *t = arg;

	assert_int_equal(boot_ms, 77);
	assert_true(metric_subject_valid(subject));
	memcpy(t->rows[class_id], values, metric_class(class_id)->count * sizeof(values[0]));
	t->row_count++;
}

static void told_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct told *t = arg;

	(void)boot_ms;
	assert_string_equal(kind, "check");
	snprintf(t->event, sizeof(t->event), "%s", text);
}

static void told_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	struct told *t = arg;

	(void)boot_ms;
	(void)class_id;
	(void)subject;
	(void)reason;
	t->states++;
	t->up = up;
}

static void told_urgent(void *arg)
{
	((struct told *)arg)->urgents++;
}

static struct told tell(const struct check_spec *spec, const struct probe_result *r, bool changed)
{
	struct told t = {0};
	struct sink sink = {
	        .row = told_row, .event = told_event, .state = told_state, .urgent = told_urgent, .arg = &t};

	watch_tell(&sink, spec, 77, r, changed);
	return t;
}

static void test_results(void **state)
{
	static const struct probe_type plain = {.name = "plain"};
	struct check_spec service = {.class_id = CLASS_SERVICE, .instance = "land", .type = &plain};
	struct check_spec path = {.class_id = CLASS_PATH, .instance = "core", .type = &plain};
	struct probe_result r = probe_result_none();
	struct told t;

	(void)state;
	r.up = true;
	r.reason = REASON_OK;
	r.connect_us = 1234;
	r.total_us = 2000;
	t = tell(&service, &r, true);
	assert_true(t.row_count == 1 && t.states == 1 && t.urgents == 1 && t.up);
	assert_string_equal(t.event, "svc:land up ok");
	assert_int_equal(t.rows[CLASS_SERVICE][SVC_UP], 1);
	assert_int_equal(t.rows[CLASS_SERVICE][SVC_CONNECT], 1234); /* 1.234 ms with three decimals */
	t = tell(&service, &r, false);
	assert_true(t.states == 1 && t.urgents == 0 && !t.event[0]);
	r = probe_result_none();
	r.reason = REASON_LOCAL;
	t = tell(&service, &r, true);
	assert_true(t.row_count == 1 && t.states == 0 && !t.event[0]); /* our own trouble accuses nobody */
	assert_int_equal(t.rows[CLASS_SERVICE][SVC_UP], METRIC_UNKNOWN);
	assert_int_equal(t.rows[CLASS_SERVICE][SVC_REASON], REASON_LOCAL);
	assert_int_equal(tell(&path, &r, true).row_count, 0); /* no echo was sent: nothing was seen */
	r.reason = REASON_TIMEOUT;
	r.sent = 5;
	t = tell(&path, &r, false);
	assert_true(t.row_count == 1 && t.states == 1 && !t.up);
	assert_int_equal(t.rows[CLASS_PATH][PATH_LOSS], 10000);
	assert_int_equal(t.rows[CLASS_PATH][PATH_RTT], METRIC_UNKNOWN);
	r.received = 4;
	r.rtt_us = 1500;
	t = tell(&path, &r, false);
	assert_int_equal(t.rows[CLASS_PATH][PATH_LOSS], 2000);
	assert_int_equal(t.rows[CLASS_PATH][PATH_RTT], 1500);
}

static void test_details(void **state)
{
	static const struct probe_type detailed = {.name = "ntp", .has_detail = true, .detail = CLASS_NTP};
	static const struct probe_type mtu = {.name = "mtu", .has_detail = true, .detail = CLASS_MTU};
	struct check_spec service = {.class_id = CLASS_SERVICE, .instance = "clock", .type = &detailed};
	struct check_spec line = {.class_id = CLASS_MTU, .instance = "", .type = &mtu};
	struct probe_result r = probe_result_none();
	struct told t;

	(void)state;
	strcpy(r.note, "HTTP 502");
	t = tell(&service, &r, true);
	assert_int_equal(t.row_count, 1); /* nothing was measured: no row of details */
	assert_string_equal(t.event, "svc:clock down timeout HTTP 502");
	r.detail[NTP_OFFSET] = -1500;
	t = tell(&service, &r, false);
	assert_int_equal(t.row_count, 2);
	assert_int_equal(t.rows[CLASS_NTP][NTP_OFFSET], -1500);
	r = probe_result_none();
	r.detail[MTU_FULL_OK] = 0;
	t = tell(&line, &r, true);
	assert_true(t.row_count == 1 && t.states == 1 && !t.event[0]);
	assert_int_equal(t.rows[CLASS_MTU][MTU_FULL_OK], 0);
}

static void test_talk_there_and_back(void **state)
{
	struct talk_result in = {.flags = TALK_ROW | TALK_STATE,
	        .class_id = CLASS_SERVICE,
	        .instance = "land",
	        .boot_ms = 123456789,
	        .values = {1, METRIC_UNKNOWN, -5, 3},
	        .up = true,
	        .reason = REASON_RESET};
	struct talk_result out = {0};
	struct buf b = {0};
	struct cursor c;

	(void)state;
	talk_put(&b, &in);
	c = cursor_of(b.data, b.len);
	assert_true(talk_get(&c, &out));
	assert_int_equal(out.class_id, CLASS_SERVICE);
	assert_string_equal(out.instance, "land");
	assert_int_equal(out.boot_ms, 123456789);
	assert_int_equal(out.values[1], METRIC_UNKNOWN);
	assert_int_equal(out.values[2], -5);
	assert_true(out.up);
	assert_int_equal(out.reason, REASON_RESET);
	assert_false(talk_get(&c, &out));
	assert_false(c.failed);
	for (size_t len = 1; len < b.len; len++) { /* cut anywhere: refused, never read beyond */
		c = cursor_of(b.data, len);
		assert_false(talk_get(&c, &out));
		assert_true(c.failed);
	}
	b.data[1] = 200; /* no such class */
	c = cursor_of(b.data, b.len);
	assert_false(talk_get(&c, &out));
	buf_free(&b);
}

static void test_talk_of_events(void **state)
{
	struct talk_result in = {.flags = TALK_EVENT, .boot_ms = -5, .kind = "trap", .text = "mk-sw1/ge-1 linkDown"};
	struct talk_result out = {0};
	struct buf b = {0};
	struct cursor c;

	(void)state;
	in.text_len = strlen(in.text);
	talk_put(&b, &in);
	c = cursor_of(b.data, b.len);
	assert_true(talk_get(&c, &out));
	assert_int_equal(out.flags, TALK_EVENT);
	assert_int_equal(out.boot_ms, -5);
	assert_string_equal(out.kind, "trap");
	assert_int_equal(out.text_len, in.text_len);
	assert_memory_equal(out.text, in.text, in.text_len);
	for (size_t len = 1; len < b.len; len++) {
		c = cursor_of(b.data, len);
		assert_false(talk_get(&c, &out));
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_checks),
	        cmocka_unit_test(test_results),
	        cmocka_unit_test(test_details),
	        cmocka_unit_test(test_talk_there_and_back),
	        cmocka_unit_test(test_talk_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
