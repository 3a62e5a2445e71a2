/* picture: the JSON and the page of a device of our own making; every real recording of ../shared/data as its expected.json says. */
#include "agent/poll/picture.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmprec.h"

#define SHARED "../shared/data/snmp"

static const char device[] = "1.3.6.1.2.1.1.1.0|4|Switch\n1.3.6.1.2.1.1.3.0|67|8640000\n"
                             "1.3.6.1.2.1.1.5.0|4|xã-sw1\n1.3.6.1.2.1.2.2.1.2.1|4|Gigabit 1\n"
                             "1.3.6.1.2.1.2.2.1.3.1|2|6\n1.3.6.1.2.1.2.2.1.7.1|2|1\n1.3.6.1.2.1.2.2.1.8.1|2|2\n"
                             "1.3.6.1.2.1.2.2.1.14.1|65|7\n1.3.6.1.2.1.31.1.1.1.1.1|4|ge1\n"
                             "1.3.6.1.2.1.31.1.1.1.6.1|70|123456789\n1.3.6.1.2.1.31.1.1.1.15.1|66|1000\n"
                             "1.3.6.1.2.1.31.1.1.1.18.1|4|Mường Khương\n"
                             "1.3.6.1.2.1.2.2.1.7.2|2|2\n1.3.6.1.2.1.2.2.1.5.2|66|64000\n"
                             "1.0.8802.1.1.2.1.4.1.1.5.0.1.1|4x|f09fc2000001\n1.0.8802.1.1.2.1.4.1.1.7.0.1.1|4|gi1\n"
                             "1.3.6.1.2.1.33.1.2.1.0|2|3\n1.3.6.1.2.1.33.1.2.3.0|2|5\n1.3.6.1.2.1.33.1.2.4.0|2|20\n"
                             "1.3.6.1.2.1.33.1.4.1.0|2|5\n1.3.6.1.2.1.33.1.3.3.1.3.1|2|0\n";

static void assert_json(const json_t *o, const char *key, const char *expected)
{
	char *text = json_dumps(json_object_get(o, key), JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(7));

	assert_string_equal(text, expected);
	free(text);
}

static void test_json(void **state)
{
	struct model *m = model_new();
	json_t *o;

	(void)state;
	snmprec_poll(m, true, device);
	o = picture_json(m);
	assert_json(o, "sys_name", "\"xã-sw1\"");
	assert_json(o, "uptime_s", "86400");
	assert_json(o, "sys_location", "null");
	assert_json(o, "ups",
	        "{\"source\":\"UPS-MIB\",\"battery_status\":3,\"charge_pct\":20,\"runtime_min\":5,\"on_battery\":true,"
	        "\"load_pct\":null,\"input_v\":0.0,\"output_v\":null,\"battery_v\":null,\"temperature_c\":null}");
	assert_json(o, "neighbours",
	        "[{\"protocol\":\"lldp\",\"local_port\":\"ge1\",\"local_interface\":\"ge1\",\"chassis\":\"f0:9f:c2:00:"
	        "00:01\","
	        "\"port\":\"gi1\",\"port_description\":null,\"system\":null}]");
	assert_json(json_array_get(json_object_get(o, "interfaces"), 0), "name", "\"ge1\"");
	assert_json(o, "interfaces",
	        "[{\"index\":1,\"name\":\"ge1\",\"descr\":\"Gigabit 1\",\"alias\":\"Mường Khương\",\"type\":6,"
	        "\"speed_bps\":1000000000,\"admin\":1,\"oper\":2,\"in_octets\":123456789,\"out_octets\":null,"
	        "\"counter_bits\":64,\"in_packets\":null,\"out_packets\":null,\"in_errors\":7,\"out_errors\":null,"
	        "\"in_discards\":null,\"out_discards\":null,\"last_change_s\":null},"
	        "{\"index\":2,\"name\":\"2\",\"descr\":null,\"alias\":null,\"type\":null,\"speed_bps\":64000,\"admin\":"
	        "2,"
	        "\"oper\":null,\"in_octets\":null,\"out_octets\":null,\"counter_bits\":null,\"in_packets\":null,"
	        "\"out_packets\":null,\"in_errors\":null,\"out_errors\":null,\"in_discards\":null,\"out_discards\":"
	        "null,"
	        "\"last_change_s\":null}]");
	json_decref(o);
	snmprec_poll(m, true, "");
	o = picture_json(m);
	assert_json(o, "sys_name", "null");
	assert_json(o, "uptime_s", "null");
	assert_json(o, "ups", "null");
	assert_json(o, "interfaces", "[]");
	assert_json(o, "neighbours", "[]");
	json_decref(o);
	model_free(m);
}

static char *page_of(const struct model *m, bool colour)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	picture_print(out, m, colour);
	fclose(out);
	return text;
}

static void test_page(void **state)
{
	struct model *m = model_new();
	char *page;

	(void)state;
	snmprec_poll(m, true, device);
	page = page_of(m, false);
	assert_null(strchr(page, '\033'));
	assert_string_equal(page, "xã-sw1\nSwitch\nup 1 d 00:00  \n\n2 interfaces\n"
	                          "   index name      state        bit/s     in B    out B   errors  alias\n"
	                          "       1 ge1       down            1G     123M        -        7  Mường Khương\n"
	                          "       2 2         off            64k        -        -        0  \n"
	                          "\n1 neighbour\n"
	                          "  lldp  ge1                      -> gi1 (f0:9f:c2:00:00:01)\n"
	                          "\nUPS  ON BATTERY, battery low, 20 % charged, 5 min left, input 0 V (UPS-MIB)\n");
	free(page);
	page = page_of(m, true);
	assert_non_null(strstr(page, RED "down"));
	assert_non_null(strstr(page, GREY "off"));
	assert_non_null(strstr(page, RED "ON BATTERY"));
	free(page);
	/* what a device says cannot colour the page itself */
	snmprec_poll(m, true, "1.3.6.1.2.1.1.5.0|4x|1b5b33316d726564\n1.3.6.1.2.1.31.1.1.1.1.1|4x|1b5b324a\n");
	page = page_of(m, false);
	assert_null(strchr(page, '\033'));
	free(page);
	model_free(m);
}

static void test_figures(void **state)
{
	char n[32];

	(void)state;
	assert_string_equal(speed_text(0, n, sizeof(n)), "-");
	assert_string_equal(speed_text(100000000, n, sizeof(n)), "100M");
	assert_string_equal(speed_text(2500000000, n, sizeof(n)), "2.5G");
	assert_string_equal(speed_text(54000000, n, sizeof(n)), "54M");
	assert_string_equal(count_text(9999, n, sizeof(n)), "9999");
	assert_string_equal(count_text(10000, n, sizeof(n)), "10.0k");
	assert_string_equal(count_text(INT64_MAX, n, sizeof(n)), "9223P");
	assert_string_equal(state_text(7), "lower-down");
	assert_string_equal(state_text(99), "?");
	assert_string_equal(state_text(MODEL_UNKNOWN), "?");
}

/* One field of ours against one of expected.json; what is missing there is null. */
static void assert_same(const char *where, const json_t *ours, const char *key, const json_t *expected, unsigned *count)
{
	json_t *o = json_object_get(ours, key);

	++*count;
	if (!expected || json_is_null(expected) ? !json_is_null(o) : !json_equal(o, expected))
		fail_msg("%s: %s differs", where, key);
}

static const json_t *either(const json_t *o, const char *first, const char *second)
{
	const json_t *v = json_object_get(o, first);

	return v && !json_is_null(v) && json_string_length(v) + !json_is_string(v) ? v : json_object_get(o, second);
}

static void interface_compare(const char *where, const json_t *ours, const json_t *e, unsigned *count)
{
	static const struct {
		const char *ours, *first, *second;
	} rows[] = {{"index", "ifIndex", ""}, {"name", "ifName", "ifDescr"}, {"descr", "ifDescr", ""},
	        {"alias", "ifAlias", ""}, {"type", "ifType", ""}, {"speed_bps", "speed_bps", ""},
	        {"admin", "ifAdminStatus", ""}, {"oper", "ifOperStatus", ""},
	        {"in_octets", "ifHCInOctets", "ifInOctets"}, {"out_octets", "ifHCOutOctets", "ifOutOctets"},
	        {"counter_bits", "counter_bits", ""}, {"in_errors", "ifInErrors", ""},
	        {"out_errors", "ifOutErrors", ""}, {"in_discards", "ifInDiscards", ""},
	        {"out_discards", "ifOutDiscards", ""}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_same(where, ours, rows[i].ours,
		        rows[i].second[0] ? either(e, rows[i].first, rows[i].second)
		                          : json_object_get(e, rows[i].first),
		        count);
}

static void neighbours_compare(
        const char *where, const json_t *ours, const json_t *lldp, const json_t *cdp, unsigned *count)
{
	size_t l = json_array_size(lldp), c = json_array_size(cdp);

	assert_int_equal(json_array_size(ours), l + c);
	for (size_t i = 0; i < l; i++) {
		assert_same(where, json_array_get(ours, i), "chassis",
		        json_object_get(json_array_get(lldp, i), "chassisId"), count);
		assert_same(where, json_array_get(ours, i), "port", json_object_get(json_array_get(lldp, i), "portId"),
		        count);
		assert_same(where, json_array_get(ours, i), "system",
		        json_object_get(json_array_get(lldp, i), "sysName"), count);
	}
	for (size_t i = 0; i < c; i++) {
		assert_same(where, json_array_get(ours, l + i), "chassis",
		        json_object_get(json_array_get(cdp, i), "deviceId"), count);
		assert_same(where, json_array_get(ours, l + i), "port",
		        json_object_get(json_array_get(cdp, i), "devicePort"), count);
	}
}

static void recording_compare(const char *name, const json_t *e, unsigned *count)
{
	const json_t *system = json_object_get(e, "system"), *interfaces = json_object_get(e, "interfaces");
	struct model *m = model_new();
	char path[256];
	json_t *o;

	snprintf(path, sizeof(path), SHARED "/%s.snmprec", name);
	assert_int_equal(snmprec_poll_file(m, true, path), 0);
	assert_int_equal(m->refused, 0);
	o = picture_json(m);
	assert_same(name, o, "sys_name", json_object_get(system, "sysName"), count);
	assert_same(name, o, "sys_descr", json_object_get(system, "sysDescr"), count);
	assert_same(name, o, "sys_object_id", json_object_get(system, "sysObjectID"), count);
	assert_int_equal(json_array_size(json_object_get(o, "interfaces")), json_array_size(interfaces));
	for (size_t i = 0; i < json_array_size(interfaces); i++)
		interface_compare(name, json_array_get(json_object_get(o, "interfaces"), i),
		        json_array_get(interfaces, i), count);
	neighbours_compare(name, json_object_get(o, "neighbours"), json_object_get(e, "lldp_neighbours"),
	        json_object_get(e, "cdp_neighbours"), count);
	json_decref(o);
	model_free(m);
}

static void test_recordings(void **state)
{
	json_t *expected = json_load_file(SHARED "/expected.json", 0, NULL), *e;
	unsigned count = 0, devices = 0;
	const char *name;

	(void)state;
	if (!expected) {
		print_message("skipped: no recordings at " SHARED "\n");
		skip();
	}
	json_object_foreach(json_object_get(expected, "devices"), name, e)
	{
		recording_compare(name, e, &count);
		devices++;
	}
	print_message("%u fields of %u devices as expected\n", count, devices);
	assert_true(devices > 0 && count > 1000);
	json_decref(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_json),
	        cmocka_unit_test(test_page),
	        cmocka_unit_test(test_figures),
	        cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
