/* target: one thing is meant, or the candidates are told. */
#include "collector/inventory/target.c"

#include "tests/unit/collector/inventory/province.h"

static void test_named_kinds(void **state)
{
	struct inventory *inv = province_load(province_text);
	struct target t;
	char why[256];

	(void)state;
	assert_int_equal(inventory_target(inv, "unit:thanh-binh", &t, why, sizeof(why)), 0);
	assert_ptr_equal(t.unit, inventory_unit(inv, "thanh-binh"));
	assert_int_equal(inventory_target(inv, "site:mk-hq", &t, why, sizeof(why)), 0);
	assert_ptr_equal(t.site, inventory_site(inv, "mk-hq"));
	assert_null(t.unit);
	assert_int_equal(inventory_target(inv, "node:mk-srv1", &t, why, sizeof(why)), 0);
	assert_non_null(t.node);
	assert_int_equal(inventory_target(inv, "service:land", &t, why, sizeof(why)), 0);
	assert_non_null(t.service);
	assert_int_equal(inventory_target(inv, "province:lao-cai", &t, why, sizeof(why)), 0);
	assert_true(t.province);
	assert_int_equal(inventory_target(inv, "site:thanh-binh", &t, why, sizeof(why)), -ENOENT);
	assert_string_equal(why, "no site has the id \"thanh-binh\"");
	assert_int_equal(inventory_target(inv, "place:x", &t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "expected unit:ID"));
	inventory_free(inv);
}

static void test_bare_ids(void **state)
{
	struct inventory *inv = example_load();
	struct target t;
	char why[256];

	(void)state;
	assert_int_equal(inventory_target(inv, "pha-long-hq", &t, why, sizeof(why)), 0);
	assert_non_null(t.site);
	assert_int_equal(inventory_target(inv, "lao-cai", &t, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "\"lao-cai\" is ambiguous, expected one of unit:lao-cai, province:lao-cai");
	assert_false(t.province || t.unit);
	assert_int_equal(inventory_target(inv, "", &t, why, sizeof(why)), -ENOENT);
	assert_int_equal(inventory_target(inv, ":", &t, why, sizeof(why)), -ENOENT);
	inventory_free(inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_named_kinds), cmocka_unit_test(test_bare_ids)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
