/* vitals: load, memory and heat from whichever table tells, nonsense left out. */
#include "agent/poll/vitals.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmprec.h"

#define LOAD(i, v) "1.3.6.1.2.1.25.3.3.1.2." i "|2|" v "\n"
#define UCD(oid, v) "1.3.6.1.4.1.2021." oid ".0|2|" v "\n"
#define RAM(size, used)                                                                                                \
	"1.3.6.1.2.1.25.2.3.1.2.1|6|1.3.6.1.2.1.25.2.1.4\n1.3.6.1.2.1.25.2.3.1.2.5|6|1.3.6.1.2.1.25.2.1.2\n"           \
	"1.3.6.1.2.1.25.2.3.1.5.1|2|9\n1.3.6.1.2.1.25.2.3.1.5.5|2|" size "\n"                                          \
	"1.3.6.1.2.1.25.2.3.1.6.1|2|1\n1.3.6.1.2.1.25.2.3.1.6.5|2|" used "\n"
#define SENSOR(i, type, scale, precision, value, status)                                                               \
	"1.3.6.1.2.1.99.1.1.1.1." i "|2|" type "\n1.3.6.1.2.1.99.1.1.1.2." i "|2|" scale "\n"                          \
	"1.3.6.1.2.1.99.1.1.1.3." i "|2|" precision "\n1.3.6.1.2.1.99.1.1.1.4." i "|2|" value "\n"                     \
	"1.3.6.1.2.1.99.1.1.1.5." i "|2|" status "\n"
#define FORTI(oid, v) "1.3.6.1.4.1.12356.101.4.1." oid ".0|66|" v "\n"
#define HUAWEI(column, i, v) "1.3.6.1.4.1.2011.5.25.31.1.1.1.1." column "." i "|2|" v "\n"
#define POOL(used, free) "1.3.6.1.4.1.9.9.48.1.1.1.5.1|66|" used "\n1.3.6.1.4.1.9.9.48.1.1.1.6.1|66|" free "\n"

static struct model_system system_of(const char *lines)
{
	struct model *m = model_new();
	struct model_system s;

	snmprec_poll(m, true, lines);
	s = m->system;
	model_free(m);
	return s;
}

static void test_cpu(void **state)
{
	(void)state;
	assert_int_equal(system_of(LOAD("1", "10") LOAD("2", "31")).cpu_pct, 20);
	assert_int_equal(system_of(LOAD("1", "0") UCD("11.11", "40")).cpu_pct, 0);
	assert_int_equal(system_of(UCD("11.11", "84")).cpu_pct, 16);
	assert_int_equal(system_of(FORTI("3", "7")).cpu_pct, 7);
	assert_int_equal(system_of(HUAWEI("5", "1", "0") HUAWEI("5", "67108867", "44")).cpu_pct, 44);
	assert_true(system_of(LOAD("1", "-7")).cpu_pct == MODEL_UNKNOWN);
	assert_true(system_of(UCD("11.11", "101")).cpu_pct == MODEL_UNKNOWN);
	assert_true(system_of("").cpu_pct == MODEL_UNKNOWN);
	assert_true(system_of(LOAD("1", "9223372036854775807") LOAD("2", "9")).cpu_pct == MODEL_UNKNOWN);
}

static void test_memory(void **state)
{
	(void)state;
	assert_int_equal(system_of(RAM("1000", "250")).memory_used_pct, 250);
	assert_int_equal(
	        system_of(UCD("4.5", "1000") UCD("4.6", "100") UCD("4.14", "50") UCD("4.15", "250") RAM("9", "9"))
	                .memory_used_pct,
	        600); /* caches are free */
	assert_int_equal(system_of(UCD("4.5", "1000") UCD("4.6", "100") UCD("4.14", "99999")).memory_used_pct, 900);
	assert_int_equal(system_of(FORTI("4", "41")).memory_used_pct, 410);
	assert_int_equal(system_of(POOL("300", "700")).memory_used_pct, 300);
	assert_true(system_of(POOL("0", "0")).memory_used_pct == MODEL_UNKNOWN);
	assert_true(system_of(RAM("0", "0")).memory_used_pct == MODEL_UNKNOWN);
	assert_true(system_of(RAM("10", "11")).memory_used_pct == MODEL_UNKNOWN);
	assert_true(system_of("").memory_used_pct == MODEL_UNKNOWN);
}

static void test_temperature(void **state)
{
	(void)state;
	assert_int_equal(system_of(SENSOR("11", "8", "9", "0", "31", "1")).temperature_c, 31);
	assert_int_equal(system_of(SENSOR("11", "8", "9", "1", "456", "1")).temperature_c, 46);   /* tenths */
	assert_int_equal(system_of(SENSOR("11", "8", "8", "0", "38500", "1")).temperature_c, 39); /* thousandths */
	assert_int_equal(system_of(SENSOR("1", "8", "9", "0", "31", "1") SENSOR("2", "8", "9", "0", "48", "1")
	                                   SENSOR("3", "8", "9", "0", "99", "2") /* not available */
	                         SENSOR("4", "10", "9", "0", "90", "1")          /* a fan */
	                         SENSOR("5", "8", "9", "0", "-999", "1"))
	                         .temperature_c,
	        48);
	assert_int_equal(system_of("1.3.6.1.4.1.14988.1.1.3.10.0|66|354\n").temperature_c, 35);
	assert_int_equal(
	        system_of(HUAWEI("11", "1", "0") HUAWEI("11", "2", "42") HUAWEI("11", "3", "2147483647")).temperature_c,
	        42); /* the highest is Huawei's word for none */
	assert_true(system_of("").temperature_c == MODEL_UNKNOWN);
}

/* What a sensor is and in which unit is asked at full polls only; its value is forgotten before each. */
static void test_light(void **state)
{
	struct model *m = model_new();

	(void)state;
	snmprec_poll(m, true, SENSOR("11", "8", "9", "1", "456", "1") RAM("1000", "250"));
	snmprec_poll(m, false,
	        "1.3.6.1.2.1.99.1.1.1.4.11|2|501\n1.3.6.1.2.1.99.1.1.1.5.11|2|1\n"
	        "1.3.6.1.2.1.25.2.3.1.5.5|2|1000\n1.3.6.1.2.1.25.2.3.1.6.5|2|500\n");
	assert_int_equal(m->system.temperature_c, 50);
	assert_int_equal(m->system.memory_used_pct, 500);
	snmprec_poll(m, false, "");
	assert_true(m->system.temperature_c == MODEL_UNKNOWN && m->system.memory_used_pct == MODEL_UNKNOWN);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_cpu),
	        cmocka_unit_test(test_memory),
	        cmocka_unit_test(test_temperature),
	        cmocka_unit_test(test_light),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
