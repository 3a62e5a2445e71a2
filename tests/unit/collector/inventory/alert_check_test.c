/* alert_check: whoever would be told of nothing by a slip in `alerts:` is told of the slip, with its place. */
#include "collector/inventory/alert_check.c"

#include "common/memory.h"
#include "tests/unit/collector/inventory/province.h"

#define HEAD                                                                                                           \
	"province: { id: p, name: P }\ncontacts: [ { id: an, name: An, mail: an@x.vn }, { id: binh, name: B, mail: "   \
	"b@x.vn }, { id: tel, name: T } ]\n"
#define ROTA(rest) "alerts: { rotas: [ { id: duty, start: 2025-06-30, " rest " } ] }\n"
#define ROUTE(rest) "alerts: { routes: [ { " rest " } ] }\n"

/* The text (behind HEAD, so it begins at line 3) gives exactly this one error. */
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

static void test_rotas(void **state)
{
	(void)state;
	expect_error(
	        ROTA("members: []"), ":3:26: alerts.rotas[duty].members: missing or empty, expected ids of contacts");
	expect_error(ROTA("handover: \"07:30\""),
	        ":3:26: alerts.rotas[duty].members: missing or empty, expected ids of contacts");
	expect_error(ROTA("members: [an, eve]"),
	        ":3:65: alerts.rotas[duty].members: no contact has the id \"eve\", expected the id of a contact");
	expect_error(ROTA("members: [an, tel]"), ":3:65: alerts.rotas[duty].members: contact \"tel\" has no mail "
	                                         "address, expected one who can be mailed");
	expect_error(ROTA("members: an, turn: 36h"),
	        ":3:70: alerts.rotas[duty].turn: is not whole days, expected 1d, 7d or the like");
	expect_error(ROTA("members: an, handover: \"8:00\""),
	        ":3:74: alerts.rotas[duty].handover: \"8:00\" is not right, expected a time of day HH:MM, in quotes, "
	        "such as \"08:00\"");
	expect_error(ROTA("members: an, handover: \"24:00\""),
	        ":3:74: alerts.rotas[duty].handover: \"24:00\" is not right, expected a time of day HH:MM, in quotes, "
	        "such as \"08:00\"");
	expect_error(ROTA("members: an, holidays: [ { from: 2025-09-01, until: 2025-09-03, who: eve } ]"),
	        ":3:120: alerts.rotas[duty].holidays[1].who: no contact has the id \"eve\", expected the id of a "
	        "contact");
	expect_error(ROTA("members: an, holidays: [ { from: 2025-09-03, until: 2025-09-03, who: an } ]"),
	        ":3:103: alerts.rotas[duty].holidays[1].until: is not after from, expected a later time");
	expect_error("alerts: { rotas: [ { id: an, start: 2025-06-30, members: an } ] }\n",
	        ":3:26: alerts.rotas[an].id: a contact has that id too, expected one of its own");
}

static void test_routes(void **state)
{
	(void)state;
	expect_error(ROUTE("to: [eve]"), ":3:28: alerts.routes[1].to: no contact or rota has the id \"eve\", expected "
	                                 "the id of a contact or a rota");
	expect_error(ROUTE("sites: x"), ":3:21: alerts.routes[1].to: missing, expected a list of values, or one value");
	expect_error(ROUTE("to: an, sites: [x]"),
	        ":3:39: alerts.routes[1].sites: no site has the id \"x\", expected the id of a site");
	expect_error(ROUTE("to: an, units: [x]"),
	        ":3:39: alerts.routes[1].units: no unit has the id \"x\", expected the id of a unit");
	expect_error(ROUTE("to: an, sectors: [x]"), ":3:41: alerts.routes[1].sectors: no service is of the sector "
	                                            "\"x\", expected a service's sector");
	expect_error(ROUTE("to: an, causes: [power]"),
	        ":3:40: alerts.routes[1].causes: \"power\" is not right, expected a cause such as site-power, "
	        "uplink-down or service-down");
	expect_error(ROUTE("to: an, webhooks: [x]"),
	        ":3:42: alerts.routes[1].webhooks: no webhook has the id \"x\", expected the id of a webhook");
	expect_error(ROUTE("to: an, escalate: [ { after: 15m, to: eve } ]"),
	        ":3:61: alerts.routes[1].escalate[1].to: no contact or rota has the id \"eve\", expected the id of a "
	        "contact or a rota");
	expect_error(ROUTE("to: an, escalate: [ { after: 15m, to: an }, { after: 15m, to: binh } ]"),
	        ":3:76: alerts.routes[1].escalate[2].after: is not later than the step before it, expected a longer "
	        "time");
	expect_error(ROUTE("to: an, severity: warning, escalate: [ { after: 15m, to: an } ]"),
	        ":3:41: alerts.routes[1].escalate: warnings are told once a day, expected severity: alarm");
}

static void test_the_rest(void **state)
{
	(void)state;
	expect_error("alerts: { webhooks: [ { id: h, url: \"ftp://h/x\" } ] }\n",
	        ":3:37: alerts.webhooks[h].url: \"ftp://h/x\" is not right, expected https://HOST/PATH or "
	        "http://HOST/PATH, without a name or password in it");
	expect_error("alerts: { webhooks: [ { id: h, url: \"https://me:pw@h/x\" } ] }\n",
	        ":3:37: alerts.webhooks[h].url: \"https://me:pw@h/x\" is not right, expected https://HOST/PATH or "
	        "http://HOST/PATH, without a name or password in it");
	expect_error("alerts: { webhooks: [ { id: h, url: \"https://h/x\", secret_file: ../s } ] }\n",
	        ":3:65: alerts.webhooks[h].secret_file: \"../s\" is not right, expected a file in province.yaml's "
	        "folder or below it");
	expect_error("alerts: { digest: { at: 7h } }\n",
	        ":3:25: alerts.digest.at: \"7h\" is not right, expected a time "
	        "of day HH:MM, in quotes, such as \"08:00\"");
	expect_error("alerts: { digest: { to: eve } }\n",
	        ":3:25: alerts.digest.to: no contact or rota has the id \"eve\", expected the id of a contact or a "
	        "rota");
	expect_error("alerts: { storm: { sites: 0 } }\n",
	        ":3:27: alerts.storm.sites: 0 is out of range, expected 1 to 100000");
	expect_error("alerts: { rutes: [] }\n", ":3:11: alerts.rutes: unknown key, did you mean \"routes\"?");
}

static void test_maintenance(void **state)
{
	(void)state;
	expect_error(
	        "maintenance: [ { id: m, targets: [\"site:x\"], from: 2025-07-05, until: 2025-07-06, reason: r } ]\n",
	        ":3:35: maintenance[m].targets: no site has the id \"x\"");
	expect_error(
	        "maintenance: [ { id: m, targets: \"uplink:x\", from: 2025-07-05, until: 2025-07-06, reason: r } ]\n",
	        ":3:34: maintenance[m].targets: no line has the id \"x\", expected the id of a line");
	expect_error(
	        "maintenance: [ { id: m, targets: \"province:p\", from: 2025-07-05, until: 2025-07-05, reason: r } "
	        "]\n",
	        ":3:73: maintenance[m].until: is not after from, expected a later time");
}

static void test_what_is_right_is_read(void **state)
{
	struct inventory *inv = province_load(
	        HEAD "sites: [ { id: s, name: S, uplink: {} } ]\n"
	             "alerts:\n"
	             "  rotas: [ { id: duty, members: [an, binh], start: 2025-06-30,\n"
	             "      holidays: [ { from: 2025-09-01, until: 2025-09-03, who: an } ] } ]\n"
	             "  routes:\n"
	             "    - { sites: s, severity: alarm, to: [duty], escalate: [ { after: 15m, to: an } ], webhooks: h "
	             "}\n"
	             "    - { to: an }\n"
	             "  webhooks: [ { id: h, url: \"https://h:8443/x?y=1\", secret_file: h.secret } ]\n"
	             "  storm: { sites: 3 }\n"
	             "maintenance: [ { id: m, targets: [\"uplink:s\", \"site:s\"], from: 2025-07-05, until: never, "
	             "reason: r } ]\n");
	const struct alerts *a = &inv->alerts;
	struct inventory *plain = province_load(HEAD);

	(void)state;
	assert_int_equal(a->rota_count, 1);
	assert_string_equal(a->rotas[0].handover, "08:00");
	assert_true(a->rotas[0].turn_ms == 7 * DAY_MS);
	assert_true(a->rotas[0].start == 1751216400000);
	assert_int_equal(a->rotas[0].holiday_count, 1);
	assert_int_equal(a->route_count, 2);
	assert_int_equal(a->routes[0].severity, ROUTE_ALARM);
	assert_int_equal(a->routes[1].severity, ROUTE_ANY);
	assert_true(a->routes[0].steps[0].after_ms == 900000);
	assert_string_equal(a->webhooks[0].secret_file, "h.secret");
	assert_null(a->webhooks[0].ca_file);
	assert_int_equal(a->storm_sites, 3);
	assert_true(a->storm_every_ms == 1800000);
	assert_int_equal(inv->planned_count, 1);
	assert_true(inv->planned[0].until == INT64_MAX);
	/* and without the section */
	assert_int_equal(plain->alerts.storm_sites, 5);
	assert_string_equal(plain->alerts.digest_at, "07:00");
	assert_int_equal(plain->alerts.route_count, 0);
	inventory_free(inv);
	inventory_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rotas),
	        cmocka_unit_test(test_routes),
	        cmocka_unit_test(test_the_rest),
	        cmocka_unit_test(test_maintenance),
	        cmocka_unit_test(test_what_is_right_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
