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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_units_follow_the_date),
	        cmocka_unit_test(test_successors),
	        cmocka_unit_test(test_chains_and_rings_end),
	        cmocka_unit_test(test_who_checks_a_service),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
