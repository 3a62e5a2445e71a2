/* check: every dangling reference and every wrong date is told with its place, its key and what was expected. */
#include "collector/inventory/check.c"

#include "common/memory.h"
#include "tests/unit/collector/inventory/province.h"

#define HEAD "province: { id: p, name: P }\n"

/* The text (behind HEAD, so it begins at line 2) gives exactly this one error. */
static void expect_error(const char *text, const char *error)
{
	struct conf_errors errors = {0};
	struct inventory *inv = NULL;
	char *whole = mem_printf("%s%s", HEAD, text);

	assert_int_equal(province_load_bytes(whole, strlen(whole), &inv, &errors), -EINVAL);
	assert_null(inv);
	assert_string_equal(strchr(errors.lines[0], ':'), error);
	assert_int_equal(errors.count, 1);
	conf_errors_free(&errors);
	free(whole);
}

static void test_units(void **state)
{
	(void)state;
	expect_error("units: [ { id: a, name: A, formed_from: [b, a2] }, { id: b, name: B } ]\n",
	        ":2:45: units[a].formed_from: no unit has the id \"a2\", expected the id of a unit");
	expect_error("units: [ { id: a, name: A, formed_from: a } ]\n",
	        ":2:41: units[a].formed_from: names the unit itself, expected an older unit");
	expect_error("units: [ { id: a, name: A, from: 2025-07-01, until: 2025-07-01 } ]\n",
	        ":2:53: units[a].until: is not after from, expected a later time");
	expect_error("units: [ { id: a, name: A }, { id: a, name: B } ]\n",
	        ":2:36: units[a].id: duplicate id \"a\", first at line 2 column 16; expected one of its own");
}

static void test_sites(void **state)
{
	(void)state;
	expect_error("sites: [ { id: s, name: S, units: [ { unit: nope } ] } ]\n",
	        ":2:45: sites[s].units[1].unit: no unit has the id \"nope\", expected the id of a unit");
	expect_error("units: [ { id: a, name: A } ]\nsites: [ { id: s, name: S, units: [ { unit: a, from: 2025-07-01, "
	             "until: 2025-06-01 } ] } ]\n",
	        ":3:73: sites[s].units[1].until: is not after from, expected a later time");
	expect_error("units: [ { id: a, name: A } ]\nsites: [ { id: s, name: S, units: [ { unit: a, until: 2025-07-01 "
	             "}, { unit: a, from: 2025-06-30 } ] } ]\n",
	        ":3:77: sites[s].units[2]: overlaps the dates of \"a\" at line 3, expected one unit at a time");
	expect_error("sites: [ { id: s, name: S, from: 2025-02-01, until: 2025-01-01 } ]\n",
	        ":2:53: sites[s].until: is not after from, expected a later time");
	expect_error("sites:\n  - { id: s, name: S, uplinks: [ { id: l } ] }\n  - { id: t, name: T, uplinks: [ { id: l "
	             "} ] }\n",
	        ":4:40: sites[t].uplinks[l].id: duplicate id \"l\", first at line 3 column 40; expected one of its "
	        "own");
	expect_error("sites:\n  - { id: s, name: S, uplink: { kind: 5g } }\n",
	        ":3:39: sites[s].uplink.kind: \"5g\" is not right, expected one of tslcd, internet, 4g; did you mean "
	        "\"4g\"?");
}

#define SITE "sites: [ { id: s, name: S } ]\n"

static void test_nodes(void **state)
{
	(void)state;
	expect_error("nodes: [ { id: n, site: nope } ]\n",
	        ":2:25: nodes[n].site: no site has the id \"nope\", expected the id of a site");
	expect_error(SITE "nodes: [ { id: n, site: s, kind: gear } ]\n",
	        ":3:16: nodes[n].address: missing, expected the address where this gear answers");
	expect_error(SITE "nodes: [ { id: n, site: s, kind: gear, address: 10.0.0.1, polled_by: x } ]\n",
	        ":3:70: nodes[n].polled_by: no node has the id \"x\", expected the id of a server");
	expect_error(SITE "nodes: [ { id: n, site: s, kind: gear, address: 10.0.0.1, polled_by: n } ]\n",
	        ":3:70: nodes[n].polled_by: \"n\" is gear, expected the id of a server");
	expect_error(SITE "nodes: [ { id: n, site: s, kind: gear, address: \"a b\" } ]\n",
	        ":3:49: nodes[n].address: \"a b\" is not right, expected a host name or an address");
}

#define SERVICE(rest) "services: [ { id: v, name: V, check: { icmp: h }, " rest " } ]\n"

static void test_services(void **state)
{
	(void)state;
	expect_error(SERVICE("checked_by: [s]"), ":2:64: services[v].checked_by: no site or unit has the id \"s\", "
	                                         "expected all or ids of sites or units");
	expect_error(SERVICE("succeeds: w"),
	        ":2:61: services[v].succeeds: no service has the id \"w\", expected the id of a service");
	expect_error(SERVICE("succeeds: v"),
	        ":2:61: services[v].succeeds: names the service itself, expected an older service");
	expect_error(SERVICE("via: internet"), ":2:56: services[v].via: no line is or has the kind \"internet\", "
	                                       "expected tslcd, internet, 4g or the id of a line");
	expect_error(SERVICE("from: 2025-07-01, until: 2025-06-01"),
	        ":2:76: services[v].until: is not after from, expected a later time");
	expect_error(
	        SERVICE("checked_by: []"), ":2:63: services[v].checked_by: an empty list, expected at least one value");
}

static void test_checks_are_one_of_their_kinds(void **state)
{
	(void)state;
	expect_error("services: [ { id: v, name: V } ]\n", ":2:13: services[v].check: missing, expected a value");
	expect_error("services: [ { id: v, name: V, check: {} } ]\n",
	        ":2:38: services[v].check: holds 0 checks, expected exactly one of tcp, tls, http, dns, ntp, icmp");
	expect_error("services: [ { id: v, name: V, check: { tcp: \"a:1\", ntp: b } } ]\n",
	        ":2:38: services[v].check: holds 2 checks, expected exactly one of tcp, tls, http, dns, ntp, icmp");
	expect_error("services: [ { id: v, name: V, check: { tcp: host } } ]\n",
	        ":2:45: services[v].check.tcp: \"host\" is not right, expected host:port or [IPv6 address]:port with a "
	        "port of 1 to 65535");
	expect_error("services: [ { id: v, name: V, check: { http: \"ftp://x\" } } ]\n",
	        ":2:46: services[v].check.http: \"ftp://x\" is not right, expected an address http://HOST/... or "
	        "https://HOST/...");
	expect_error("services: [ { id: v, name: V, check: { dns: { server: a } } } ]\n",
	        ":2:45: services[v].check.dns.name: missing, expected text");
	expect_error("services: [ { id: v, name: V, check: { ping: a } } ]\n",
	        ":2:40: services[v].check.ping: unknown key, the nearest known one is \"dns\"; expected one of tcp, "
	        "tls, http, dns, ntp, icmp");
}

static void test_province(void **state)
{
	struct conf_errors errors = {0};
	struct inventory *inv = NULL;
	const char *text =
	        "province: { id: p, name: P, trial_from: 2025-07-01, go_live: 2025-06-01, collector_node: x }\n";

	(void)state;
	assert_int_equal(province_load_bytes(text, strlen(text), &inv, &errors), -EINVAL);
	assert_int_equal(errors.count, 2);
	assert_string_equal(strchr(errors.lines[0], ':'),
	        ":1:62: province.go_live: is not after trial_from, expected a later time");
	assert_string_equal(strchr(errors.lines[1], ':'),
	        ":1:90: province.collector_node: no node has the id \"x\", expected the id of a server");
	conf_errors_free(&errors);
	expect_error("contacts: [ { id: c, name: C, mail: nobody } ]\n",
	        ":2:37: contacts[c].mail: \"nobody\" is not right, expected an address NAME@HOST");
	expect_error("milestones: [ { id: m, name: M } ]\n",
	        ":2:15: milestones[m].at: missing, expected a date or a time with its offset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_units),
	        cmocka_unit_test(test_sites),
	        cmocka_unit_test(test_nodes),
	        cmocka_unit_test(test_services),
	        cmocka_unit_test(test_province),
	        cmocka_unit_test(test_checks_are_one_of_their_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
