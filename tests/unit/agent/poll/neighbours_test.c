/* neighbours: ports found by what each kind of device answers, and not guessed where it does not tell. */
#include "agent/poll/neighbours.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmprec.h"

#define IFNAME(i, name) "1.3.6.1.2.1.31.1.1.1.1." i "|4|" name "\n"
#define IFTYPE(i, type) "1.3.6.1.2.1.2.2.1.3." i "|2|" type "\n"
#define IFMAC(i, hex) "1.3.6.1.2.1.2.2.1.6." i "|4x|" hex "\n"
#define PORT(column, i, value) "1.0.8802.1.1.2.1.3.7.1." column "." i "|" value "\n"
#define LLDP(column, i, value) "1.0.8802.1.1.2.1.4.1.1." column "." i "|" value "\n"
#define LLDP2(column, i, value) "1.3.111.2.802.1.1.13.1.4.1.1." column "." i "|" value "\n"
#define CDP(column, i, value) "1.3.6.1.4.1.9.9.23.1.2.1.1." column "." i "|" value "\n"
#define PEER_AT(i)                                                                                                     \
	LLDP("4", i, "2|4")                                                                                            \
	LLDP("5", i, "4x|f09fc2000001") LLDP("6", i, "2|5") LLDP("7", i, "4|gi1") LLDP("9", i, "4|mk-sw2")

static struct model *polled(const char *lines)
{
	struct model *m = model_new();

	snmprec_poll(m, true, lines);
	return m;
}

static void assert_local(const char *lines, const char *port, const char *interface)
{
	struct model *m = polled(lines);
	const struct model_neighbour *n = m->neighbours;

	assert_int_equal(m->neighbour_count, 1);
	if (port)
		assert_string_equal(n->local_port.data, port);
	else
		assert_null(n->local_port.data);
	if (interface)
		assert_string_equal(n->local_name, interface);
	else
		assert_null(n->local_name);
	assert_true((n->local_index == MODEL_UNKNOWN) == !interface);
	model_free(m);
}

static void test_lldp(void **state)
{
	struct model *m = polled(PEER_AT("0.3.1") LLDP("8", "0.3.1", "4|Uplink"));
	const struct model_neighbour *n = m->neighbours;

	(void)state;
	assert_int_equal(m->neighbour_count, 1);
	assert_string_equal(n->protocol, "lldp");
	assert_string_equal(n->chassis.data, "f0:9f:c2:00:00:01");
	assert_string_equal(n->port.data, "gi1");
	assert_string_equal(n->port_descr.data, "Uplink");
	assert_string_equal(n->system.data, "mk-sw2");
	assert_int_equal(n->local_number, 3);
	model_free(m);
}

static void test_local_port(void **state)
{
	(void)state;
	/* the device names its port, and an interface has that name: the number need not be its index */
	assert_local(IFNAME("17", "ge3") IFNAME("3", "vlan3") PORT("3", "3", "4|ge3") PEER_AT("0.3.1"), "ge3", "ge3");
	/* it names it otherwise: the number is the index */
	assert_local(IFNAME("3", "0/3") PORT("3", "3", "4|Port 3") PEER_AT("0.3.1"), "Port 3", "0/3");
	/* by its MAC; a VLAN interface bears it too */
	assert_local(IFNAME("2", "vlan1") IFTYPE("2", "53") IFMAC("2", "247121a37f03") IFNAME("8", "gi8")
	                     IFTYPE("8", "6") IFMAC("8", "247121a37f03") PORT("2", "3", "2|3")
	                             PORT("3", "3", "4x|247121a37f03") PEER_AT("0.3.1"),
	        "gi8", "gi8");
	/* by a MAC that is not told to be one, and that no interface has */
	assert_local(IFNAME("3", "gi3") PORT("3", "3", "4x|247121a37fff") PEER_AT("0.3.1"), "gi3", "gi3");
	/* only described */
	assert_local(PORT("3", "3", "4x|0000") PORT("4", "3", "4|Third port") PEER_AT("0.3.1"), "Third port", NULL);
	/* no table of ports: the index is what is left */
	assert_local(IFNAME("3", "wan2") PEER_AT("247671677.3.1"), "wan2", "wan2");
	/* a table of ports that does not know this one: nothing is guessed */
	assert_local(IFNAME("3", "vlan3") PORT("3", "9", "4|ge9") PEER_AT("0.3.1"), NULL, NULL);
	/* RouterOS: every port is 0. TP-Link: the time mark is left out, and what looks like a port may be anything */
	assert_local(IFNAME("1", "ether1") PEER_AT("0.0.1"), NULL, NULL);
	assert_local(IFNAME("18", "ge18") PORT("3", "18", "4|ge18") PEER_AT("18.1"), NULL, NULL);
}

static void assert_identity(const char *lines, const char *chassis, const char *port)
{
	struct model *m = polled(lines);

	assert_string_equal(m->neighbours[0].chassis.data, chassis);
	assert_string_equal(m->neighbours[0].port.data, port);
	model_free(m);
}

static void test_identifiers(void **state)
{
	(void)state;
	/* RouterOS sends a MAC as words: they stay as they came */
	assert_identity(LLDP("4", "0.0.1", "2|4") LLDP("5", "0.0.1", "4|2C:C8:1B:97:04:1C") LLDP("6", "0.0.1", "2|3")
	                        LLDP("7", "0.0.1", "4x|2cc81b97041c"),
	        "2C:C8:1B:97:04:1C", "2c:c8:1b:97:04:1c");
	assert_identity(LLDP("4", "0.1.1", "2|5") LLDP("5", "0.1.1", "4x|010a140102") LLDP("6", "0.1.1", "2|4")
	                        LLDP("7", "0.1.1", "4x|02fe800000000000000000000000000001"),
	        "10.20.1.2", "fe80::1");
	/* six letters are a name, unless they are said to be a MAC */
	assert_identity(LLDP("4", "0.1.1", "2|7") LLDP("5", "0.1.1", "4|switch") LLDP("7", "0.1.1", "4x|f09fc2000001"),
	        "switch", "f0:9f:c2:00:00:01");
	assert_identity(LLDP("4", "0.1.1", "2|4") LLDP("5", "0.1.1", "4|switch") LLDP("7", "0.1.1", "4|1"),
	        "73:77:69:74:63:68", "1");
	/* an address that is none */
	assert_identity(
	        LLDP("4", "0.1.1", "2|5") LLDP("5", "0.1.1", "4|office") LLDP("7", "0.1.1", "4|1"), "office", "1");
}

static void test_cdp(void **state)
{
	struct model *m = polled(IFNAME("10103", "Gi1/0/3") CDP("6", "10103.1", "4|ap-011") CDP("7", "10103.1", "4|Gi0")
	                CDP("6", "10104.2", "4|SEP0011") CDP("7", "10104.2", "4|Port 1")
	                        CDP("17", "10104.2", "4|phone"));
	const struct model_neighbour *n = m->neighbours;

	(void)state;
	assert_int_equal(m->neighbour_count, 2);
	assert_string_equal(n[0].protocol, "cdp");
	assert_string_equal(n[0].local_port.data, "Gi1/0/3");
	assert_int_equal(n[0].local_index, 10103);
	assert_string_equal(n[0].chassis.data, "ap-011");
	assert_string_equal(n[0].system.data, "ap-011");
	assert_string_equal(n[0].port.data, "Gi0");
	assert_null(n[1].local_port.data); /* no such interface */
	assert_string_equal(n[1].system.data, "phone");
	model_free(m);
}

/* The MIB of 2009, whose index has the ifIndex. A device that answers both says everything twice. */
static void test_lldp_v2(void **state)
{
	static const char v2[] = IFNAME("4", "ge4") LLDP2("5", "0.4.1.1", "2|4") LLDP2(
	        "6", "0.4.1.1", "4x|f09fc2000002") LLDP2("8", "0.4.1.1", "4|gi2") LLDP2("10", "0.4.1.1", "4|mk-sw3");
	struct model *m = polled(v2);
	char both[2048];

	(void)state;
	assert_int_equal(m->neighbour_count, 1);
	assert_string_equal(m->neighbours[0].local_port.data, "ge4");
	assert_string_equal(m->neighbours[0].chassis.data, "f0:9f:c2:00:00:02");
	model_free(m);
	snprintf(both, sizeof(both), "%s%s", v2, PEER_AT("0.4.1"));
	m = polled(both);
	assert_int_equal(m->neighbour_count, 1);
	assert_string_equal(m->neighbours[0].system.data, "mk-sw2");
	model_free(m);
}

/* A row that went away while the table was read is no neighbour. Light polls keep the last ones. */
static void test_halves_and_light_polls(void **state)
{
	struct model *m = polled(LLDP("8", "0.1.1", "4|port") LLDP("9", "0.1.1", "4|gone") PEER_AT("0.2.1"));

	(void)state;
	assert_int_equal(m->neighbour_count, 1);
	snmprec_poll(m, false, "");
	assert_int_equal(m->neighbour_count, 1);
	assert_string_equal(m->neighbours[0].chassis.data, "f0:9f:c2:00:00:01");
	snmprec_poll(m, true, "");
	assert_int_equal(m->neighbour_count, 0);
	model_free(m);
}

static void test_json(void **state)
{
	struct model *m = polled(IFNAME("1", "ge1") PEER_AT("0.1.1") PEER_AT("0.2.1") LLDP("9", "0.3.1", "4x|ff00fe")
	                LLDP("7", "0.3.1", "4|1"));
	char *json = model_neighbours_json(m, 100000);

	(void)state;
	assert_string_equal(json,
	        "[{\"protocol\":\"lldp\",\"local_port\":\"ge1\",\"local_interface\":\"ge1\",\"chassis\":\"f0:9f:c2:00:"
	        "00:01\","
	        "\"port\":\"gi1\",\"port_description\":null,\"system\":\"mk-sw2\"},"
	        "{\"protocol\":\"lldp\",\"local_port\":null,\"local_interface\":null,\"chassis\":\"f0:9f:c2:00:00:01\","
	        "\"port\":\"gi1\",\"port_description\":null,\"system\":\"mk-sw2\"},"
	        "{\"protocol\":\"lldp\",\"local_port\":null,\"local_interface\":null,\"chassis\":null,"
	        "\"port\":\"1\",\"port_description\":null,\"system\":{\"hex\":\"ff00fe\"}}]");
	for (size_t limit = 2; limit < 600; limit += 7) {
		char *cut = model_neighbours_json(m, limit);

		assert_true(strlen(cut) <= limit);
		assert_true(cut[0] == '[' && cut[strlen(cut) - 1] == ']');
		free(cut);
	}
	free(json);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_lldp),
	        cmocka_unit_test(test_local_port),
	        cmocka_unit_test(test_identifiers),
	        cmocka_unit_test(test_cdp),
	        cmocka_unit_test(test_lldp_v2),
	        cmocka_unit_test(test_halves_and_light_polls),
	        cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
