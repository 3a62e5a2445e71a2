/* outages: a month of a carrier, counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/judge/outages.c"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const char province[] =
        "province: { id: lao-cai, name: \"Lào Cai\", go_live: 2025-07-01T00:00:00+07:00 }\n"
        "units: [ { id: a, name: \"=Xã A\", kind: commune }, { id: b, name: \"Xã B\", kind: commune } ]\n"
        "sites:\n"
        "  - { id: a-hq, name: \"Trụ sở \\\"A\\\"\", role: service-centre, required: yes, units: [ { unit: a } ], "
        "uplinks: [\n"
        "      { id: a-ts, kind: tslcd, carrier: VNPT, circuit: \"+LCI-1\", hotline: \"0214 119\", terminal: 10.1.1.1 "
        "},\n"
        "      { id: a-net, kind: internet, carrier: Viettel, terminal: 203.0.113.1 } ] }\n"
        "  - { id: b-hq, name: \"Trụ sở B\", role: service-centre, required: yes, units: [ { unit: b } ], uplinks: [\n"
        "      { id: b-ts, kind: tslcd, carrier: VNPT, circuit: LCI-2, terminal: 10.1.2.1 } ] }\n";

struct world {
	struct inventory *inv;
	struct zone *zone;
	char path[64];
	int64_t from, until;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct conf_errors errors = {0};
	snprintf(w->path, sizeof w->path, "/tmp/sansang-outages-XXXXXX");
	int fd = mkstemp(w->path);
	assert_true(fd >= 0 && write(fd, province, strlen(province)) == (ssize_t)strlen(province));
	close(fd);
	int rc = inventory_load(w->path, "Asia/Ho_Chi_Minh", 0, &w->inv, &errors);
	conf_errors_print(&errors);
	assert_int_equal(rc, 0);
	assert_int_equal(zone_load("Asia/Ho_Chi_Minh", &w->zone), 0);
	assert_true(outages_month("2025-07", w->zone, &w->from, &w->until));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	unlink(w->path);
	inventory_free(w->inv);
	zone_free(w->zone);
	free(w);
	return 0;
}

static json_t *outage(const char *id, const char *site, const char *uplink, int64_t from, int64_t to)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", id, "site", site, "uplink", uplink, "cause",
	        "uplink-down", "state", to ? "resolved" : "open", "responsible", "carrier", "opened_at",
	        (json_int_t)from);
	json_object_set_new(o, "resolved_at", to ? json_integer(to) : json_null());
	return o;
}

static void add(struct outages *o, json_t *incident)
{
	outages_add(o, incident);
	json_decref(incident);
}

static const json_t *circuit(const json_t *report, const char *uplink)
{
	size_t k, m;
	json_t *carrier, *c;
	json_array_foreach(json_object_get(report, "carriers"), k, carrier) json_array_foreach(
	        json_object_get(carrier, "circuits"), m, c) if (!strcmp(word_of(c, "uplink"), uplink)) return c;
	return NULL;
}

static long long number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void test_months_are_of_the_zone(void **state)
{
	struct world *w = *state;
	int64_t from, until;
	char month[8];
	assert_int_equal(w->from, 1751302800000LL); /* 1 July 2025, 00:00 +07 */
	assert_int_equal(w->until - w->from, 31 * DAY);
	assert_true(outages_month("2025-12", w->zone, &from, &until));
	assert_int_equal(until - from, 31 * DAY);
	assert_true(outages_month("2024-02", NULL, &from, &until));
	assert_int_equal(until - from, 29 * DAY);
	outages_month_of(w->from - 1, w->zone, month);
	assert_string_equal(month, "2025-06");
	outages_month_of(w->from, w->zone, month);
	assert_string_equal(month, "2025-07");
	static const char *const bad[] = {
	        "", "2025", "2025-7", "2025-13", "2025-00", "2025-07-01", "abcd-ef", "-025-07"};
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
		assert_false(outages_month(bad[k], w->zone, &from, &until));
}

static void test_what_overlaps_counts_once_and_the_month_is_cut(void **state)
{
	struct world *w = *state;
	struct outages *o = outages_new(w->inv, NULL, w->from, w->until, w->until + DAY);
	add(o, outage("i1", "a-hq", "a-ts", w->from - HOUR, w->from + HOUR));
	add(o, outage("i2", "a-hq", "a-ts", w->from + 30 * MINUTE, w->from + 90 * MINUTE));
	add(o, outage("i3", "a-hq", "a-ts", w->until - HOUR, 0));
	add(o, outage("i4", "a-hq", "a-ts", w->until + HOUR, 0));
	json_t *service = outage("i5", "a-hq", "a-ts", w->from + 5 * HOUR, w->from + 6 * HOUR);
	json_object_set_new(service, "responsible", json_string("province"));
	add(o, service);
	const struct interval up[] = {{.start = w->from, .stop = w->from + 10 * HOUR},
	        {.start = w->from + 2 * HOUR, .stop = w->from + 3 * HOUR}};
	outages_seen_up(o, "a-hq", "a-ts", up, 2);
	json_t *report = outages_json(o);
	const json_t *c = circuit(report, "a-ts");
	assert_int_equal(number(c, "outages"), 3);
	assert_int_equal(number(c, "minutes"), 90 + 60);
	/* 8.5 h measured up, 2.5 h down */
	assert_int_equal(number(c, "measured_minutes"), 660);
	assert_true(fabs(json_real_value(json_object_get(c, "availability")) - 8.5 / 11) < 1e-9);
	assert_int_equal(json_array_size(json_object_get(c, "list")), 3);
	assert_true(json_is_null(json_object_get(circuit(report, "b-ts"), "availability")));
	json_decref(report);
	outages_free(o);
}

static void test_excused_minutes_stand_apart(void **state)
{
	struct world *w = *state;
	struct outages *o = outages_new(w->inv, "VNPT", w->from, w->until, w->until);
	json_t *drill = outage("i1", "a-hq", "a-ts", w->from, w->from + HOUR);
	json_object_set_new(drill, "excused", json_string("drill:dt-1"));
	json_object_set_new(drill, "tickets", json_pack("[{s:s}]", "ticket", "=cmd|x"));
	add(o, drill);
	add(o, outage("i2", "a-hq", "a-ts", w->from + 30 * MINUTE, w->from + 40 * MINUTE));
	json_t *report = outages_json(o);
	const json_t *c = circuit(report, "a-ts");
	assert_int_equal(number(c, "outages"), 1);
	assert_int_equal(number(c, "minutes"), 10);
	assert_int_equal(number(c, "excused_minutes"), 50);
	assert_null(circuit(report, "a-net")); /* another carrier's */
	json_decref(report);
	outages_free(o);
}

static void test_a_wide_one_counts_for_each_circuit(void **state)
{
	struct world *w = *state;
	struct outages *o = outages_new(w->inv, NULL, w->from, w->until, w->until);
	json_t *wide = outage("w1", "", "", w->from, w->from + 20 * MINUTE);
	json_object_set_new(wide, "uplink", json_null());
	json_object_set_new(wide, "carrier", json_string("VNPT"));
	json_object_set_new(wide, "sites", json_pack("[s, s]", "a-hq", "b-hq"));
	add(o, wide);
	json_t *vague = outage("v1", "a-hq", "", w->from, w->from + 7 * MINUTE);
	add(o, vague);
	json_t *merged = outage("m1", "a-hq", "a-ts", w->from, w->from + HOUR);
	json_object_set_new(merged, "state", json_string("merged"));
	add(o, merged);
	json_t *report = outages_json(o);
	assert_int_equal(number(circuit(report, "a-ts"), "minutes"), 20);
	assert_int_equal(number(circuit(report, "b-ts"), "minutes"), 20);
	assert_int_equal(number(circuit(report, "a-net"), "minutes"), 0);
	const json_t *rest = json_object_get(report, "unattributed");
	assert_int_equal(json_array_size(rest), 1);
	assert_int_equal(number(json_array_get(rest, 0), "minutes"), 7);
	json_decref(report);
	outages_free(o);
}

static void test_a_spreadsheet_runs_nothing(void **state)
{
	struct world *w = *state;
	struct outages *o = outages_new(w->inv, NULL, w->from, w->until, w->until);
	json_t *one = outage("i1", "a-hq", "a-ts", w->from, w->from + HOUR);
	json_object_set_new(one, "tickets", json_pack("[{s:s}]", "ticket", " =HYPERLINK(\"http://x\")\r\n@SUM(A1)"));
	add(o, one);
	json_t *report = outages_json(o);
	char *csv = outages_csv(report, w->zone, false);
	assert_memory_equal(csv, "\xef\xbb\xbf\"Nhà mạng\",", 12);
	assert_non_null(strstr(csv, "\"'=Xã A\""));
	assert_non_null(strstr(csv, "\"'+LCI-1\""));
	assert_non_null(strstr(csv, "\"Trụ sở \"\"A\"\"\""));
	assert_non_null(strstr(csv, "\"' =HYPERLINK(\"\"http://x\"\")  @SUM(A1)\""));
	assert_non_null(strstr(csv, "\"2025-07-01 00:00:00\",\"2025-07-01 01:00:00\",\"60\""));
	assert_non_null(strstr(csv, "tổng: 1 lần, mức khả dụng chưa đo"));
	/* a row an outage, a row of sums a circuit, a head; a line break ends a row and nothing else */
	unsigned rows = 0;
	for (const char *p = csv; (p = strstr(p, "\r\n")); p += 2)
		rows++;
	assert_int_equal(rows, 1 + 1 + 3);
	free(csv);
	csv = outages_csv(report, w->zone, true);
	assert_non_null(strstr(csv, "\"Carrier\""));
	assert_non_null(strstr(csv, "total: 1 outages"));
	free(csv);
	json_decref(report);
	outages_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_months_are_of_the_zone, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_overlaps_counts_once_and_the_month_is_cut, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_excused_minutes_stand_apart, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_wide_one_counts_for_each_circuit, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_spreadsheet_runs_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
