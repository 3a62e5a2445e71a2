/* model: polls, full and light, of devices of our own making: interfaces, clocks, vitals. */
#include "agent/poll/model.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmprec.h"

#define IFNAME(i, name) "1.3.6.1.2.1.31.1.1.1.1." i "|4|" name "\n"
#define DESCR(i, name) "1.3.6.1.2.1.2.2.1.2." i "|4|" name "\n"
#define ADMIN(i, v) "1.3.6.1.2.1.2.2.1.7." i "|2|" v "\n"
#define OPER(i, v) "1.3.6.1.2.1.2.2.1.8." i "|2|" v "\n"
#define SPEED(i, v) "1.3.6.1.2.1.2.2.1.5." i "|66|" v "\n"
#define HIGHSPEED(i, v) "1.3.6.1.2.1.31.1.1.1.15." i "|66|" v "\n"
#define IN32(i, v) "1.3.6.1.2.1.2.2.1.10." i "|65|" v "\n"
#define OUT32(i, v) "1.3.6.1.2.1.2.2.1.16." i "|65|" v "\n"
#define IN64(i, v) "1.3.6.1.2.1.31.1.1.1.6." i "|70|" v "\n"
#define OUT64(i, v) "1.3.6.1.2.1.31.1.1.1.10." i "|70|" v "\n"

static struct model *polled(const char *lines)
{
	struct model *m = model_new();

	snmprec_poll(m, true, lines);
	return m;
}

static void test_interfaces(void **state)
{
	struct model *m = polled(IFNAME("1", "ge1") IFNAME("2", "") DESCR("1", "Gigabit 1") DESCR(
	        "2", "Gigabit 2") DESCR("7", "") ADMIN("1", "1") ADMIN("2", "2") OPER("1", "7") SPEED("1", "4294967295")
	                HIGHSPEED("1", "10000") SPEED("2", "64000") HIGHSPEED("2", "0") HIGHSPEED("7", "0")
	                        IN64("1", "5000000000") OUT64("1", "18446744073709551615") IN32("1", "705032704")
	                                IN32("2", "77") "1.3.6.1.2.1.2.2.1.14.1|65|3\n"
	                                                "1.3.6.1.2.1.2.2.1.13.1|70|4294967300\n"
	                                                "1.3.6.1.2.1.31.1.1.1.7.1|70|10\n"
	                                                "1.3.6.1.2.1.31.1.1.1.9.1|70|5\n"
	                                                "1.3.6.1.2.1.2.2.1.17.2|65|9\n");
	const struct model_interface *i = m->interfaces;

	(void)state;
	assert_int_equal(m->interface_count, 3);
	assert_int_equal(m->refused, 0);
	assert_string_equal(i[0].name, "ge1");
	assert_string_equal(i[1].name, "Gigabit 2"); /* an empty ifName is none */
	assert_string_equal(i[2].name, "7");
	assert_true(i[0].admin == 1 && i[0].oper == 7 && i[1].admin == 2 && i[1].oper == MODEL_UNKNOWN);
	assert_int_equal(i[0].speed_bps, 10000000000);
	assert_int_equal(i[1].speed_bps, 64000);
	assert_true(i[2].speed_bps == MODEL_UNKNOWN);
	assert_int_equal(i[0].in_octets, 5000000000); /* the wide one, though there is a narrow one */
	assert_int_equal(i[0].out_octets, INT64_MAX);
	assert_int_equal(i[0].counter_bits, 64);
	assert_int_equal(i[1].in_octets, 77);
	assert_true(i[1].out_octets == MODEL_UNKNOWN);
	assert_int_equal(i[1].counter_bits, 32);
	assert_int_equal(i[2].counter_bits, 0);
	assert_int_equal(i[0].in_errors, 3);
	assert_int_equal(i[0].in_discards, 4); /* a Counter64 where 32 bits belong */
	assert_int_equal(i[0].in_packets, 15);
	assert_int_equal(i[0].packet_bits, 64);
	assert_int_equal(i[1].out_packets, 9);
	assert_int_equal(i[1].packet_bits, 32);
	model_free(m);
}

/* Any order of indexes gives rising ones. */
static void test_order(void **state)
{
	struct model *m = polled(IN32("9", "9") IN32("3", "3") IN32("5", "5") OUT32("3", "33") OUT32("1", "11"));

	(void)state;
	assert_int_equal(m->interface_count, 4);
	for (size_t k = 0; k < 4; k++)
		assert_int_equal(m->interfaces[k].index, ((int[]){1, 3, 5, 9})[k]);
	assert_true(m->interfaces[1].in_octets == 3 && m->interfaces[1].out_octets == 33);
	model_free(m);
}

static bool has_root(struct model *m, const char *name)
{
	size_t count;
	const struct walk_root *roots = model_roots(m, &count);

	for (size_t r = 0; r < count; r++)
		for (size_t a = 0; a < model_asks_count; a++)
			if (roots[r].oid == model_asks[a].root && !strcmp(model_asks[a].name, name))
				return true;
	return false;
}

static void test_light_polls(void **state)
{
	struct model *m = model_new();

	(void)state;
	model_begin(m, false); /* the first is full whatever is asked */
	assert_true(m->full);
	assert_true(has_root(m, "upsBatteryStatus") && has_root(m, "ifInOctets") && has_root(m, "lldpRemSysName"));
	model_finish(m);
	snmprec_poll(
	        m, true, IFNAME("1", "a") IFNAME("2", "b") OPER("1", "1") OPER("2", "1") IN64("1", "1") IN64("2", "2"));
	snmprec_poll(m, false, OPER("1", "1") OPER("2", "2") IN64("1", "11") IN64("2", "12"));
	assert_false(m->full || m->stranger);
	assert_false(has_root(m, "upsBatteryStatus") || has_root(m, "ifInOctets") || has_root(m, "ifName"));
	assert_true(has_root(m, "ifHCInOctets"));
	assert_string_equal(m->interfaces[1].name, "b"); /* kept from the full one */
	assert_true(m->interfaces[1].oper == 2 && m->interfaces[1].in_octets == 12);
	snmprec_poll(m, false, OPER("1", "1"));
	assert_true(m->stranger); /* one is missing */
	assert_true(m->interfaces[0].in_octets == MODEL_UNKNOWN);
	snmprec_poll(m, false, OPER("1", "1") OPER("2", "2") OPER("3", "2"));
	assert_true(m->stranger); /* one is new */
	snmprec_poll(m, true, IFNAME("3", "b") OPER("3", "1"));
	assert_int_equal(m->interface_count, 1);
	assert_false(m->stranger);
	model_free(m);
}

/* One interface without wide counters is enough to ask for narrow ones. */
static void test_light_polls_of_narrow_counters(void **state)
{
	struct model *m = polled(IN64("1", "1") IN32("1", "1") IN32("2", "4"));

	(void)state;
	snmprec_poll(m, false, IN64("1", "2") IN32("2", "5"));
	assert_true(has_root(m, "ifInOctets"));
	assert_int_equal(m->interfaces[1].in_octets, 5);
	snmprec_poll(m, false, IN64("1", "2")); /* it does not answer: that does not end the asking */
	model_begin(m, false);
	assert_true(has_root(m, "ifInOctets"));
	model_finish(m);
	model_free(m);
}

static void assert_uptime(const char *ticks, const char *engine_s, int64_t expected)
{
	char lines[256];
	struct model *m;

	snprintf(lines, sizeof(lines), "1.3.6.1.2.1.1.3.0|67|%s\n1.3.6.1.6.3.10.2.1.3.0|2|%s\n", ticks, engine_s);
	m = polled(lines);
	assert_int_equal(m->system.uptime_s, expected);
	model_free(m);
}

static void test_uptime(void **state)
{
	struct model *m = polled("1.3.6.1.2.1.1.3.0|67|12345\n1.3.6.1.2.1.25.1.1.0|67|99999\n");

	(void)state;
	assert_true(m->system.uptime_s == 123 && m->system.host_ticks == 99999 && m->system.engine_s == MODEL_UNKNOWN);
	model_free(m);
	assert_uptime("4215722485", "85106898", 85106897); /* wrapped once: a NAS, 985 days */
	assert_uptime("718475737", "7184994", 7184757);    /* began together, never wrapped */
	assert_uptime("2829326080", "2939697", 28293260);  /* the engine began later: no word about wraps */
	assert_uptime("1000", "30000000", 10);             /* an engine's clock that has nothing to do with it */
	assert_uptime("1000", "-5", 10);
	m = polled("");
	assert_true(m->system.uptime_s == MODEL_UNKNOWN);
	model_free(m);
}

static void test_system(void **state)
{
	struct model *m = polled("1.3.6.1.2.1.1.1.0|4|A switch\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1208\n"
	                         "1.3.6.1.2.1.1.5.0|4x|6d6b2d737731\n1.3.6.1.2.1.1.6.0|2|7\n");

	(void)state;
	assert_string_equal(m->system.descr.data, "A switch");
	assert_string_equal(m->system.name.data, "mk-sw1");
	assert_string_equal(m->system.object_id, "1.3.6.1.4.1.9.1.1208");
	assert_null(m->system.location.data); /* a number is no place */
	assert_int_equal(m->refused, 1);
	model_free(m);
}

/* Indexes and types that no device should answer with. */
static void test_refused(void **state)
{
	struct model *m = polled("1.3.6.1.2.1.2.2.1.10.1.2|65|5\n"          /* two indexes */
	                         "1.3.6.1.2.1.2.2.1.10.4294967295|65|5\n"   /* no InterfaceIndex */
	                         "1.3.6.1.2.1.2.2.1.10.1|4|many\n"          /* words for a counter */
	                         "1.3.6.1.2.1.2.2.1.2.1|2|5\n"              /* a number for a name */
	                         "1.0.8802.1.1.2.1.4.1.1.5.1.2.3.4.5|4|x\n" /* an index of five */
	                         "1.3.6.1.2.1.25.2.3.1.5.1|4|x\n"
	                         "1.0.8802.1.1.2.1.3.7.1.2.1|4|x\n");

	(void)state;
	assert_int_equal(m->refused, 7);
	assert_int_equal(m->interface_count, 0);
	assert_int_equal(m->neighbour_count, 0);
	model_free(m);
}

static void test_bounded(void **state)
{
	struct model *m = model_new();
	char line[128];

	(void)state;
	model_begin(m, true);
	for (int i = 1; i <= INTERFACES_MAX + 10; i++) {
		snprintf(line, sizeof(line), IN32("%d", "1"), i);
		line[strlen(line) - 1] = 0;
		snmprec_line(m, line);
	}
	for (int i = 1; i <= NEIGHBOURS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "1.0.8802.1.1.2.1.4.1.1.9.0.%d.1|4|x", i);
		snmprec_line(m, line);
	}
	for (int i = 1; i <= SENSORS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "1.3.6.1.2.1.99.1.1.1.1.%d|2|8", i);
		snmprec_line(m, line);
	}
	for (int i = 1; i <= PORTS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "1.0.8802.1.1.2.1.3.7.1.3.%d|4|p", i);
		snmprec_line(m, line);
	}
	assert_int_equal(m->refused, 40);
	model_finish(m);
	assert_int_equal(m->interface_count, INTERFACES_MAX);
	assert_int_equal(m->neighbour_count, 0); /* none had a chassis or a port */
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_interfaces),
	        cmocka_unit_test(test_order),
	        cmocka_unit_test(test_light_polls),
	        cmocka_unit_test(test_light_polls_of_narrow_counters),
	        cmocka_unit_test(test_uptime),
	        cmocka_unit_test(test_system),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
