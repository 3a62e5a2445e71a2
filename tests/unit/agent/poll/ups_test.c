/* ups: each MIB's battery, and which one is believed. */
#include "agent/poll/ups.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmprec.h"

#define RFC1628(oid, v) "1.3.6.1.2.1.33.1." oid "|2|" v "\n"
#define APC(oid, v) "1.3.6.1.4.1.318.1.1.1." oid "|66|" v "\n"
#define XUPS(oid, v) "1.3.6.1.4.1.534.1." oid "|2|" v "\n"
#define MGE(oid, v) "1.3.6.1.4.1.705.1." oid "|2|" v "\n"

static struct model_ups ups_of(const char *lines)
{
	struct model *m = model_new();
	struct model_ups u;

	snmprec_poll(m, true, lines);
	u = m->ups;
	model_free(m);
	return u;
}

static void test_none(void **state)
{
	struct model_ups u =
	        ups_of("1.3.6.1.2.1.33.1.1.1.0|4|APC\n" XUPS("6.1.0", "21")); /* a maker and a room's heat */

	(void)state;
	assert_null(u.source);
	assert_true(u.charge_pct == MODEL_UNKNOWN && u.on_battery == -1);
}

static void test_ups_mib(void **state)
{
	struct model_ups u = ups_of(RFC1628("2.1.0", "2") RFC1628("2.2.0", "0") RFC1628("2.3.0", "43") RFC1628("2.4.0",
	        "97") RFC1628("2.5.0", "810") RFC1628("2.7.0", "25") RFC1628("4.1.0", "3") RFC1628("3.3.1.3.1", "229")
	                RFC1628("4.4.1.2.1", "230") RFC1628("4.4.1.5.1", "59") RFC1628("4.4.1.5.2", "71"));

	(void)state;
	assert_string_equal(u.source, "UPS-MIB");
	assert_true(u.battery_status == 2 && u.runtime_s == 43 * 60 && u.charge_pct == 97 && u.on_battery == 0);
	assert_true(u.battery_dv == 810 && u.input_dv == 2290 && u.output_dv == 2300 && u.temperature_c == 25);
	assert_int_equal(u.load_pct, 71); /* of the phase that bears most */
	assert_int_equal(ups_of(RFC1628("4.1.0", "5")).on_battery, 1);
	assert_int_equal(ups_of(RFC1628("4.1.0", "4")).on_battery, 0); /* bypass: mains */
	assert_int_equal(ups_of(RFC1628("2.2.0", "12")).on_battery, 1);
	assert_int_equal(ups_of(RFC1628("2.2.0", "0")).on_battery, 0);
}

static void test_powernet(void **state)
{
	struct model_ups u = ups_of(APC("2.1.1.0", "3") "1.3.6.1.4.1.318.1.1.1.2.2.3.0|67|570900\n" APC("2.2.1.0", "99")
	                APC("2.3.1.0", "1000") APC("4.1.1.0", "3") APC("4.3.3.0", "202") APC("3.2.1.0", "0")
	                        APC("2.2.2.0", "31"));

	(void)state;
	assert_string_equal(u.source, "PowerNet-MIB");
	assert_true(u.battery_status == 3 && u.runtime_s == 5709 && u.charge_pct == 100 && u.on_battery == 1);
	assert_true(u.load_pct == 20 && u.input_dv == 0 && u.temperature_c == 31);
	u = ups_of(APC("2.2.1.0", "87") APC("4.1.1.0", "2") APC("4.2.3.0", "12"));
	assert_true(u.charge_pct == 87 && u.on_battery == 0 && u.load_pct == 12);
}

static void test_xups(void **state)
{
	struct model_ups u = ups_of(XUPS("2.1.0", "1800") XUPS("2.2.0", "54") XUPS("2.4.0", "66") XUPS("4.5.0", "5")
	                XUPS("4.1.0", "30") XUPS("3.4.1.2.1", "0") XUPS("4.4.1.2.1", "230"));

	(void)state;
	assert_string_equal(u.source, "XUPS-MIB");
	assert_true(
	        u.battery_status == MODEL_UNKNOWN && u.runtime_s == 1800 && u.charge_pct == 66 && u.on_battery == 1);
	assert_true(u.load_pct == 30 && u.input_dv == 0 && u.output_dv == 2300 && u.battery_dv == 540);
	assert_int_equal(ups_of(XUPS("2.5.0", "2")).on_battery, 1); /* discharging */
	assert_int_equal(ups_of(XUPS("2.5.0", "3")).on_battery, 0);
	assert_true(ups_of(XUPS("2.1.0", "-1") XUPS("2.4.0", "50")).runtime_s == MODEL_UNKNOWN);
}

static void test_mge(void **state)
{
	struct model_ups u = ups_of(MGE("5.1.0", "2594") MGE("5.2.0", "100") MGE("5.5.0", "810") MGE("5.14.0", "1")
	                MGE("7.3.0", "1") MGE("7.2.1.4.1", "59") MGE("7.2.1.2.1", "2290") MGE("6.2.1.2.1.0", "2280"));

	(void)state;
	assert_string_equal(u.source, "MG-SNMP-UPS-MIB");
	assert_true(u.battery_status == 3 && u.runtime_s == 2594 && u.charge_pct == 100 && u.on_battery == 1);
	assert_true(u.load_pct == 59 && u.input_dv == 2280 && u.output_dv == 2290 && u.battery_dv == 810);
	u = ups_of(MGE("5.14.0", "2") MGE("7.3.0", "2"));
	assert_true(u.battery_status == 2 && u.on_battery == 0);
}

/* The one that tells most is the source; the others fill in what it leaves out. */
static void test_several(void **state)
{
	struct model_ups u = ups_of(RFC1628("2.1.0", "2") APC("2.3.1.0", "900") APC("4.1.1.0", "2"));

	(void)state;
	assert_string_equal(u.source, "PowerNet-MIB");
	assert_true(u.battery_status == 2 && u.charge_pct == 90 && u.on_battery == 0);
	u = ups_of(RFC1628("2.4.0", "80") RFC1628("4.1.0", "3") MGE("5.2.0", "81") MGE("7.3.0", "1"));
	assert_string_equal(u.source, "UPS-MIB"); /* equal: the standard one */
	assert_true(u.charge_pct == 80 && u.on_battery == 0);
}

static void test_impossible(void **state)
{
	struct model_ups u = ups_of(
	        RFC1628("2.1.0", "9") RFC1628("2.3.0", "999999") RFC1628("2.4.0", "255") RFC1628("2.7.0", "9999")
	                RFC1628("4.1.0", "3") RFC1628("3.3.1.3.1", "65535") RFC1628("2.5.0", "-9223372036854775807"));

	(void)state;
	assert_int_equal(u.on_battery, 0);
	assert_true(u.battery_status == MODEL_UNKNOWN && u.runtime_s == MODEL_UNKNOWN &&
	            u.charge_pct == MODEL_UNKNOWN && u.temperature_c == MODEL_UNKNOWN && u.input_dv == MODEL_UNKNOWN &&
	            u.battery_dv == MODEL_UNKNOWN);
}

/* A light poll asks a UPS for what the full one was answered, and forgets the old values. */
static void test_light(void **state)
{
	struct model *m = model_new();

	(void)state;
	snmprec_poll(m, true, RFC1628("4.1.0", "3") RFC1628("2.4.0", "100"));
	snmprec_poll(m, false, RFC1628("4.1.0", "5") RFC1628("2.3.0", "7"));
	assert_string_equal(m->ups.source, "UPS-MIB");
	assert_int_equal(m->ups.on_battery, 1);
	assert_true(m->ups.charge_pct == MODEL_UNKNOWN && m->ups.runtime_s == MODEL_UNKNOWN);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_none),
	        cmocka_unit_test(test_ups_mib),
	        cmocka_unit_test(test_powernet),
	        cmocka_unit_test(test_xups),
	        cmocka_unit_test(test_mge),
	        cmocka_unit_test(test_several),
	        cmocka_unit_test(test_impossible),
	        cmocka_unit_test(test_light),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
