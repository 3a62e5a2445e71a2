/* find: what callers say, in the real province. */
#include "collector/inventory/find.c"

#include "tests/unit/collector/inventory/province.h"

#define HITS 20

static int set_up(void **state)
{
	*state = example_load();
	return 0;
}

static int tear_down(void **state)
{
	inventory_free(*state);
	return 0;
}

static void test_a_former_name_gives_its_successor(void **state)
{
	static const char *const said[] = {"ta ngai cho", "Tả Ngài Chồ", "xã tả ngài chồ", "TA NGAI CHO",
	        "Ta\xcc\x89 Nga\xcc\x80i Cho\xcc\x82\xcc\x80"};
	struct find_hit hits[HITS];

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_in_range(inventory_find(*state, said[i], AFTER, hits, HITS), 1, HITS);
		assert_int_equal(hits[0].kind, FIND_UNIT);
		assert_string_equal(hits[0].name, "Xã Tả Ngài Chồ");
		assert_string_equal(hits[0].unit->name, "Xã Pha Long");
	}
	inventory_find(*state, "ta ngai cho", BEFORE, hits, HITS);
	assert_string_equal(hits[0].unit->name, "Xã Tả Ngài Chồ");
}

static void test_the_same_name_gives_all(void **state)
{
	struct find_hit hits[HITS];

	assert_in_range(inventory_find(*state, "thanh binh", AFTER, hits, HITS), 2, HITS);
	assert_string_equal(hits[0].name, "Xã Thanh Bình");
	assert_string_equal(hits[1].name, "Xã Thanh Bình");
	assert_string_not_equal(hits[0].unit->id, hits[1].unit->id);
	assert_in_range(inventory_find(*state, "nam chay", AFTER, hits, HITS), 2, HITS);
	assert_string_equal(hits[0].name, "Xã Nậm Chày"); /* in force comes first */
	assert_string_equal(hits[1].name, "Xã Nậm Chảy");
	inventory_find(*state, "Nậm Chảy", AFTER, hits, HITS);
	assert_string_equal(hits[1].name, "Xã Nậm Chảy");
}

static void test_a_name_kept_is_told_once(void **state)
{
	struct find_hit hits[HITS];
	size_t count = inventory_find(*state, "pha long", AFTER, hits, HITS), units = 0;

	assert_string_equal(hits[0].id, "pha-long");
	for (size_t i = 0; i < count; i++)
		units += hits[i].kind == FIND_UNIT;
	assert_int_equal(units, 1);
	assert_int_equal(hits[1].kind, FIND_SITE);
	assert_string_equal(hits[1].unit->id, "pha-long");
}

static void test_other_things_and_beginnings(void **state)
{
	struct find_hit hits[HITS];

	inventory_find(*state, "dat dai", AFTER, hits, HITS);
	assert_int_equal(hits[0].kind, FIND_SERVICE);
	assert_string_equal(hits[0].id, "land");
	inventory_find(*state, "pha-long-srv", AFTER, hits, HITS);
	assert_int_equal(hits[0].kind, FIND_NODE);
	inventory_find(*state, "muong khuo", AFTER, hits, HITS);
	assert_string_equal(hits[0].unit->id, "muong-khuong");
	assert_int_equal(inventory_find(*state, "a", AFTER, hits, 3), 3);
	assert_int_equal(inventory_find(*state, "", AFTER, hits, HITS), 0);
	assert_int_equal(inventory_find(*state, " - ", AFTER, hits, HITS), 0);
	assert_int_equal(inventory_find(*state, "zzzz qqq", AFTER, hits, HITS), 0);
	assert_int_equal(inventory_find(*state, "pha long", AFTER, hits, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_former_name_gives_its_successor, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_the_same_name_gives_all, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_name_kept_is_told_once, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_other_things_and_beginnings, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
