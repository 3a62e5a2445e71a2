/* agent: every node is found again, whatever the table's size. */
#include "collector/intake/agent.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void all_are_found_again(void **state)
{
	struct agents t = {0};
	char id[WIRE_NODE_MAX];
	struct agent *seen[5000];

	(void)state;
	assert_null(agents_find(&t, "n0"));
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		seen[i] = agents_get(&t, id);
		assert_string_equal(seen[i]->id, id);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		assert_ptr_equal(agents_find(&t, id), seen[i]); /* sessions hold these pointers */
		assert_ptr_equal(agents_get(&t, id), seen[i]);
	}
	assert_null(agents_find(&t, "n5000"));
	assert_int_equal(t.count, 5000);
	agents_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_are_found_again)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
