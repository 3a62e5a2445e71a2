/* place: the site that a caller means, in the real province. */
#include "collector/inventory/place.c"

#include "tests/unit/collector/inventory/province.h"

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

static int place(void **state, const char *words, struct place *out, struct place *candidates, size_t *count)
{
	return inventory_place(*state, words, AFTER, out, candidates, count);
}

static void test_a_former_name_leads_to_the_house_of_its_successor(void **state)
{
	static const char *const said[] = {
	        "ta ngai cho", "Tả Ngài Chồ", "xa ta ngai cho", "ta-ngai-cho", "unit:ta-ngai-cho"};
	struct place p, more[PLACE_CANDIDATES_MAX];
	size_t count;

	for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
		assert_int_equal(place(state, said[k], &p, more, &count), 0);
		assert_string_equal(p.unit->name, "Xã Pha Long");
		assert_string_equal(p.site->id, "pha-long-hq");
		assert_string_equal(p.former->name, "Xã Tả Ngài Chồ");
	}
}

static void test_a_name_in_force_is_no_former_one(void **state)
{
	static const char *const said[] = {
	        "pha long", "Xã Pha Long", "pha-long", "pha-long-hq", "site:pha-long-hq", "node:pha-long-srv"};
	struct place p, more[PLACE_CANDIDATES_MAX];
	size_t count;

	for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
		assert_int_equal(place(state, said[k], &p, more, &count), 0);
		assert_string_equal(p.site->id, "pha-long-hq");
		assert_null(p.former);
	}
}

static void test_two_places_of_one_name_are_not_guessed(void **state)
{
	struct place p, more[PLACE_CANDIDATES_MAX];
	size_t count;

	assert_int_equal(place(state, "thanh binh", &p, more, &count), -EEXIST);
	assert_int_equal(count, 2);
	assert_string_not_equal(more[0].unit->id, more[1].unit->id);
	assert_string_equal(more[0].former->name, "Xã Thanh Bình");
	assert_int_equal(place(state, "nam chay", &p, more, &count), -EEXIST);
	/* with its accents it is one of them */
	assert_int_equal(place(state, "Nậm Chảy", &p, more, &count), 0);
	assert_string_equal(p.former->name, "Xã Nậm Chảy");
	assert_int_equal(place(state, "Nậm Chày", &p, more, &count), 0);
	assert_string_equal(p.unit->name, "Xã Nậm Chày");
}

static void test_nothing_is_called_so(void **state)
{
	static const char *const said[] = {"Atlantis", "", " ", "site:nowhere", "!!!", "unit:"};
	struct place p, more[PLACE_CANDIDATES_MAX];
	size_t count;

	for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
		assert_int_equal(place(state, said[k], &p, more, &count), -ENOENT);
		assert_int_equal(count, 0);
		assert_null(p.site);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                test_a_former_name_leads_to_the_house_of_its_successor, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_name_in_force_is_no_former_one, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_two_places_of_one_name_are_not_guessed, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_nothing_is_called_so, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
