/* watch: checks follow from the configuration and the place; results become rows, states and nothing invented. */
#include "agent/watch.c"

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
	assert_int_equal(count, 6); /* a line without target, a broken and an unknown service are left out */
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

static void test_results(void **state)
{
	struct check_spec service = {.class_id = CLASS_SERVICE, .instance = "land"};
	struct check_spec path = {.class_id = CLASS_PATH, .instance = "core"};
	struct probe_result r = probe_result_none();
	struct talk_result t;

	(void)state;
	r.up = true;
	r.reason = REASON_OK;
	r.connect_us = 1234;
	r.total_us = 2000;
	assert_true(watch_result(&service, 77, &r, true, &t));
	assert_int_equal(t.flags, TALK_ROW | TALK_STATE | TALK_CHANGED);
	assert_int_equal(t.values[SVC_UP], 1);
	assert_int_equal(t.values[SVC_CONNECT], 1234); /* 1.234 ms with three decimals */
	r = probe_result_none();
	r.reason = REASON_LOCAL;
	assert_true(watch_result(&service, 77, &r, true, &t));
	assert_int_equal(t.flags, TALK_ROW); /* our own trouble accuses nobody */
	assert_int_equal(t.values[SVC_UP], METRIC_UNKNOWN);
	assert_int_equal(t.values[SVC_REASON], REASON_LOCAL);
	assert_false(watch_result(&path, 77, &r, true, &t)); /* no echo was sent: nothing was seen */
	r.reason = REASON_TIMEOUT;
	r.sent = 5;
	assert_true(watch_result(&path, 77, &r, false, &t));
	assert_int_equal(t.flags, TALK_ROW | TALK_STATE);
	assert_int_equal(t.values[PATH_LOSS], 10000);
	assert_int_equal(t.values[PATH_RTT], METRIC_UNKNOWN);
	r.received = 4;
	r.rtt_us = 1500;
	watch_result(&path, 77, &r, false, &t);
	assert_int_equal(t.values[PATH_LOSS], 2000);
	assert_int_equal(t.values[PATH_RTT], 1500);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_checks),
	        cmocka_unit_test(test_results),
	        cmocka_unit_test(test_talk_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
