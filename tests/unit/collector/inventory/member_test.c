/* member: units, sites and checks follow the day that is asked for. */
#include "collector/inventory/member.c"

#include "tests/unit/collector/inventory/province.h"

static void test_units_follow_the_date(void **state)
{
	struct inventory *inv = province_load(province_text);
	const struct unit *old = inventory_unit(inv, "tt-muong-khuong"), *now = inventory_unit(inv, "muong-khuong");
	const struct site *s = inventory_site(inv, "mk-hq");

	(void)state;
	assert_true(unit_in_force(old, BEFORE) && !unit_in_force(old, AFTER));
	assert_true(!unit_in_force(now, BEFORE) && unit_in_force(now, AFTER));
	assert_ptr_equal(site_unit(inv, s, BEFORE), old);
	assert_ptr_equal(site_unit(inv, s, AFTER), now);
	assert_null(site_unit(inv, inventory_site(inv, "core-site"), AFTER));
	inventory_free(inv);
}

static void test_successors(void **state)
{
	struct inventory *inv = province_load(province_text);
	const struct unit *old = inventory_unit(inv, "thanh-binh"), *now = inventory_unit(inv, "muong-khuong");

	(void)state;
	assert_ptr_equal(unit_successor(inv, old, BEFORE), old);
	assert_ptr_equal(unit_successor(inv, old, AFTER), now);
	assert_ptr_equal(unit_successor(inv, now, AFTER), now);
	assert_null(unit_successor(inv, now, BEFORE));
	inventory_free(inv);
}

static void test_chains_and_rings_end(void **state)
{
	struct inventory *inv =
	        province_load("province: { id: p, name: P }\nunits:\n"
	                      "  - { id: a, name: A, until: 2001-01-01, formed_from: z }\n"
	                      "  - { id: b, name: B, from: 2001-01-01, until: 2010-01-01, formed_from: a }\n"
	                      "  - { id: c, name: C, from: 2010-01-01, formed_from: b }\n"
	                      "  - { id: y, name: Y, until: 2001-01-01, formed_from: z }\n"
	                      "  - { id: z, name: Z, until: 2001-01-01, formed_from: y }\n");

	(void)state;
	assert_string_equal(unit_successor(inv, inventory_unit(inv, "a"), AFTER)->id, "c");
	assert_string_equal(unit_successor(inv, inventory_unit(inv, "z"), AFTER)->id, "c");
	inventory_free(inv);
}

static void test_who_checks_a_service(void **state)
{
	struct inventory *inv = province_load(province_text);
	const struct node *server = inventory_node(inv, "mk-srv1"), *gear = inventory_node(inv, "mk-sw1"),
	                  *core = inventory_node(inv, "core-srv");
	const struct service *land = inventory_service(inv, "land"), *portal = inventory_service(inv, "portal"),
	                     *names = inventory_service(inv, "names");

	(void)state;
	assert_true(service_checked_by(inv, land, server, BEFORE) && service_checked_by(inv, land, core, BEFORE));
	assert_false(service_checked_by(inv, land, gear, AFTER));
	assert_true(service_checked_by(inv, portal, server, AFTER)); /* by its unit */
	assert_false(service_checked_by(inv, portal, server, BEFORE));
	assert_false(service_checked_by(inv, portal, core, AFTER));
	assert_true(service_checked_by(inv, names, server, AFTER));   /* by its site */
	assert_false(service_checked_by(inv, names, server, BEFORE)); /* not used yet */
	inventory_free(inv);
}

static const char gear_text[] = "province: { id: p, name: P, collector_node: core }\n"
                                "sites: [ { id: a, name: A }, { id: b, name: B }, { id: c, name: C } ]\n"
                                "nodes:\n"
                                "  - { id: a-sw, site: a, kind: gear, address: h }\n"
                                "  - { id: a1, site: a }\n"
                                "  - { id: a2, site: a }\n"
                                "  - { id: b-sw, site: b, kind: gear, address: h }\n"
                                "  - { id: b-ups, site: b, kind: gear, address: h, polled_by: a2 }\n"
                                "  - { id: core, site: c }\n";

static void test_who_reads_gear(void **state)
{
	struct inventory *inv = province_load(gear_text);

	(void)state;
	assert_string_equal(inventory_poller(inv, inventory_node(inv, "a-sw"))->id, "a1");   /* the first of its site */
	assert_string_equal(inventory_poller(inv, inventory_node(inv, "b-sw"))->id, "core"); /* nobody is there */
	assert_string_equal(inventory_poller(inv, inventory_node(inv, "b-ups"))->id, "a2");  /* as it is said */
	assert_null(inventory_poller(inv, inventory_node(inv, "a1")));
	inventory_free(inv);
}

static void test_who_speaks_for_gear(void **state)
{
	struct inventory *inv = province_load(gear_text);
	const struct node *a1 = inventory_node(inv, "a1"), *a2 = inventory_node(inv, "a2"),
	                  *core = inventory_node(inv, "core"), *gear = inventory_node(inv, "a-sw");

	(void)state;
	assert_ptr_equal(inventory_speaks_for(inv, a1, "a-sw"), gear);
	assert_ptr_equal(inventory_speaks_for(inv, a2, "a-sw"), gear);   /* stands beside it */
	assert_ptr_equal(inventory_speaks_for(inv, core, "a-sw"), gear); /* stands beside the collector */
	assert_non_null(inventory_speaks_for(inv, a2, "b-ups"));         /* reads it */
	assert_null(inventory_speaks_for(inv, a1, "b-ups"));
	assert_null(inventory_speaks_for(inv, a1, "b-sw"));
	assert_null(inventory_speaks_for(inv, a1, "a2")); /* no gear */
	assert_null(inventory_speaks_for(inv, a1, "none"));
	assert_null(inventory_speaks_for(inv, gear, "a-sw")); /* no agent */
	inventory_free(inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_units_follow_the_date),
	        cmocka_unit_test(test_successors),
	        cmocka_unit_test(test_chains_and_rings_end),
	        cmocka_unit_test(test_who_checks_a_service),
	        cmocka_unit_test(test_who_reads_gear),
	        cmocka_unit_test(test_who_speaks_for_gear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
