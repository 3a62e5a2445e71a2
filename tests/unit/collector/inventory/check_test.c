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
	        "tls, http, dns, ntp, icmp, name, ca_file, verify, status, header, body, redirects, count");
}

#define CHECK(text) "services: [ { id: v, name: V, check: { " text " } } ]\n"

static void test_options_go_with_their_kind(void **state)
{
	(void)state;
	expect_error(CHECK("tcp: \"a:1\", verify: no"),
	        ":2:60: services[v].check.verify: does not go with tcp, expected no option");
	expect_error(CHECK("tls: \"a:1\", status: 200"),
	        ":2:60: services[v].check.status: does not go with tls, expected name, ca_file or verify");
	expect_error(CHECK("http: \"http://a/\", count: 5"), ":2:66: services[v].check.count: does not go with http, "
	                                                     "expected status, header, body, redirects, name, "
	                                                     "ca_file or verify");
	expect_error(CHECK("dns: { server: system, name: a }, name: b"),
	        ":2:80: services[v].check.name: does not go with dns, expected server, name and expect within dns");
	expect_error(CHECK("ntp: a, redirects: 0"),
	        ":2:59: services[v].check.redirects: does not go with ntp, expected no option");
	expect_error(CHECK("icmp: a, body: x"), ":2:55: services[v].check.body: does not go with icmp, expected count");
}

static void test_options_have_their_shape(void **state)
{
	static const char *const statuses[] = {
	        "20", "2000", "200-", "200-199", "99", "600", "200,", "200;300", "ok", "-1"};

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		char *text = mem_printf(CHECK("http: \"http://a/\", status: \"%s\""), statuses[i]);
		char *error =
		        mem_printf(":2:67: services[v].check.status: \"%s\" is not right, expected statuses such as "
		                   "200, 200-399 or 200,204,301-308",
		                statuses[i]);
		expect_error(text, error);
		free(text);
		free(error);
	}
	expect_error(CHECK("http: \"http://a/\", header: Server"),
	        ":2:67: services[v].check.header: \"Server\" is not right, expected \"Name: text\", a header and what "
	        "it "
	        "must hold");
	expect_error(CHECK("http: \"http://a/\", header: \"X: a\\r\\nY: b\""),
	        ":2:67: services[v].check.header: \"X: a\r\nY: b\" is not right, expected text without control "
	        "characters");
	expect_error(CHECK("http: \"http://a/\", redirects: 21"),
	        ":2:70: services[v].check.redirects: 21 is out of range, expected 0 to 20");
	expect_error(CHECK("tls: \"a:1\", ca_file: /etc/ca.pem"),
	        ":2:61: services[v].check.ca_file: \"/etc/ca.pem\" is not right, expected a file in province.yaml's "
	        "folder "
	        "or below it");
	expect_error(CHECK("tls: \"a:1\", ca_file: ca/../../x"), ":2:61: services[v].check.ca_file: \"ca/../../x\" is "
	                                                         "not right, expected a file in province.yaml's folder "
	                                                         "or below it");
	expect_error(CHECK("dns: { server: s, name: a, expect: b }"),
	        ":2:75: services[v].check.dns.expect: \"b\" is not right, expected an IPv4 or IPv6 address that the "
	        "answer "
	        "must hold");
}

static void test_good_options_are_kept(void **state)
{
	struct inventory *inv = province_load(
	        "province: { id: p, name: P }\n"
	        "services:\n"
	        "  - { id: a, name: A, check: { http: \"https://a/\", status: \"200,204,301-308\", header: \"Server: "
	        "x\", "
	        "body: Chào, redirects: 0, name: b, ca_file: ca/a.pem, verify: no } }\n"
	        "  - { id: b, name: B, check: { icmp: h, count: 20 } }\n"
	        "  - { id: c, name: C, check: { dns: { server: system, name: a, expect: \"2001:db8::1\" } } }\n"
	        "  - { id: d, name: D, check: { tls: \"h:443\" } }\n");
	const struct check_options *a = &inventory_service(inv, "a")->options,
	                           *d = &inventory_service(inv, "d")->options;

	(void)state;
	assert_string_equal(a->status, "200,204,301-308");
	assert_string_equal(a->header, "Server: x");
	assert_string_equal(a->body, "Chào");
	assert_string_equal(a->server_name, "b");
	assert_string_equal(a->ca_file, "ca/a.pem");
	assert_false(a->verify);
	assert_int_equal(a->redirects, 0);
	assert_int_equal(a->count, -1);
	assert_int_equal(inventory_service(inv, "b")->options.count, 20);
	assert_string_equal(inventory_service(inv, "c")->target, "system");
	assert_true(d->verify);
	assert_int_equal(d->redirects, -1);
	assert_null(d->ca_file);
	inventory_free(inv);
}

#define GEAR(snmp)                                                                                                     \
	SITE "nodes:\n  - { id: s1, site: s }\n  - { id: g, site: s, kind: gear, address: h, snmp: { " snmp " } }\n"

static void test_gear(void **state)
{
	(void)state;
	expect_error(SITE "nodes: [ { id: g, site: s, kind: gear, address: h } ]\n",
	        ":3:16: nodes[g].polled_by: missing, and there is no server at site s and no province.collector_node; "
	        "expected the id of a server");
	expect_error(SITE "nodes: [ { id: n, site: s, every: 10s } ]\n",
	        ":3:35: nodes[n].every: goes with gear only, expected kind: gear beside it");
	expect_error(SITE "nodes: [ { id: n, site: s, snmp: { version: 3 } } ]\n",
	        ":3:45: nodes[n].snmp.version: goes with gear only, expected kind: gear beside it");
	expect_error(SITE "nodes: [ { id: n, site: s }, { id: g, site: s, kind: gear, address: h, every: 1s } ]\n",
	        ":3:79: nodes[g].every: 1s is out of range, expected 5s to 1h");
	expect_error(SITE "nodes: [ { id: n, site: s }, { id: g, site: s, kind: gear, address: \"h:0\" } ]\n",
	        ":3:69: nodes[g].address: \"h:0\" is not right, expected a host name or an address, HOST:PORT or [IPv6 "
	        "address]:PORT");
	expect_error(GEAR("version: 3"), ":5:64: nodes[g].snmp.user: missing, expected the SNMPv3 user");
	expect_error(
	        GEAR("user: u"), ":5:61: nodes[g].snmp.user: goes with version 3 only, expected version: 3 beside it");
	expect_error(GEAR("version: 3, user: u, community_file: c"),
	        ":5:92: nodes[g].snmp.community_file: does not go with version 3, expected user, auth and privacy");
	expect_error(GEAR("version: 3, user: u, auth: SHA256"),
	        ":5:82: nodes[g].snmp.auth_file: missing, expected the file with its pass phrase");
	expect_error(GEAR("version: 3, user: u, privacy: AES, privacy_file: p"),
	        ":5:85: nodes[g].snmp.privacy: needs authentication, expected auth and auth_file beside it");
	expect_error(GEAR("version: 3, user: u, auth: SHA256, auth_file: a, privacy: AES"),
	        ":5:113: nodes[g].snmp.privacy_file: missing, expected the file with its pass phrase");
	expect_error(GEAR("community_file: ../c"),
	        ":5:71: nodes[g].snmp.community_file: \"../c\" is not right, expected a "
	        "file in province.yaml's folder or below it");
}

static void test_lines_have_interfaces(void **state)
{
	(void)state;
	expect_error("sites:\n  - { id: s, name: S, uplink: { interface: \"eth 0\" } }\n",
	        ":3:44: sites[s].uplink.interface: \"eth 0\" is not right, expected the name of a network interface, "
	        "at "
	        "most 15 letters");
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
	        cmocka_unit_test(test_options_go_with_their_kind),
	        cmocka_unit_test(test_options_have_their_shape),
	        cmocka_unit_test(test_good_options_are_kept),
	        cmocka_unit_test(test_gear),
	        cmocka_unit_test(test_lines_have_interfaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
