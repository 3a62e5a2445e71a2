/* oids: every row is well formed, none shadows another, and an OID finds its own. */
#include "agent/poll/oids.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < model_asks_count; i++) {
		const struct model_ask *a = &model_asks[i];

		assert_true(a->root_len >= 8 && a->root_len <= MODEL_ROOT_MAX);
		assert_true(a->root[0] == 1 && a->root[a->root_len - 1] != 0);
		for (size_t k = 0; k < i; k++) {
			const struct model_ask *b = &model_asks[k];
			size_t len = a->root_len < b->root_len ? a->root_len : b->root_len;

			assert_string_not_equal(a->name, b->name);
			if (!memcmp(a->root, b->root, len * sizeof(a->root[0])))
				fail_msg("%s and %s overlap", a->name, b->name);
		}
	}
}

/* The columns of a table are asked side by side only when they stand together, scalars before all. */
static void test_tables_stand_together(void **state)
{
	bool seen[256] = {false};

	(void)state;
	for (size_t i = 0; i < model_asks_count; i++) {
		uint8_t table = model_asks[i].table;

		if (i && table == model_asks[i - 1].table)
			continue;
		assert_false(seen[table]);
		assert_true((table == 0) == (i == 0));
		seen[table] = true;
	}
}

static void test_fields_in_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < model_asks_count; i++) {
		const struct model_ask *a = &model_asks[i];
		unsigned most = a->thing == THING_INTERFACE        ? IFACE_NUMBERS
		                : a->thing == THING_INTERFACE_TEXT ? IFACE_MAC + 1
		                : a->thing == THING_STORAGE        ? (unsigned)STORAGE_FIELDS
		                : a->thing == THING_SENSOR         ? (unsigned)SENSOR_FIELDS
		                : a->thing == THING_PORT           ? PORT_DESCR + 1
		                : a->thing == THING_NEIGHBOUR      ? PEER(PEERS_CDP, 15)
		                : a->thing <= THING_SUM            ? (unsigned)FIGURE_COUNT
		                                                   : TEXT_LOCATION + 1;

		assert_true(a->field < most);
	}
}

static void test_lookup(void **state)
{
	static const unsigned long octets[] = {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 7};
	static const unsigned long unknown[] = {1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 99, 7};
	int row = model_ask_of(octets, 12);

	(void)state;
	assert_true(row >= 0);
	assert_string_equal(model_asks[row].name, "ifHCInOctets");
	assert_int_equal(model_ask_of(octets, 11), -1); /* a root has no instance */
	assert_int_equal(model_ask_of(unknown, 12), -1);
	assert_int_equal(model_ask_of(unknown, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rows),
	        cmocka_unit_test(test_tables_stand_together),
	        cmocka_unit_test(test_fields_in_range),
	        cmocka_unit_test(test_lookup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
