/* offset: one a boot, the least of the first measurements, and changed only for good reason. */
#include "collector/intake/offset.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t boot_a[BOOT_ID_BYTES] = {1}, boot_b[BOOT_ID_BYTES] = {2};

static void least_of_the_first_is_taken(void **state)
{
	struct offset o = {0};

	(void)state;
	offset_hello(&o, boot_a, 1000, false, 0);
	assert_int_equal(o.offset_ms, 1000);
	assert_true(offset_measure(&o, 960));
	assert_false(offset_measure(&o, 990));
	for (int i = 0; i < 20; i++)
		offset_measure(&o, 970);
	assert_int_equal(o.offset_ms, 960);
	assert_false(offset_measure(&o, 940)); /* too late, and too little */
	assert_int_equal(o.offset_ms, 960);
}

static void what_the_agent_was_told_is_kept(void **state)
{
	struct offset o = {0};

	(void)state;
	offset_hello(&o, boot_a, 1040, true, 1000);
	assert_int_equal(o.offset_ms, 1000);
	for (int i = 0; i < 20; i++)
		offset_measure(&o, 900);
	assert_int_equal(o.offset_ms, 1000);
	offset_hello(&o, boot_a, 1100, false, 0); /* connected again */
	assert_int_equal(o.offset_ms, 1000);
}

static void a_wrong_one_that_was_told_does_not_last(void **state)
{
	struct offset o = {0};

	(void)state;
	offset_hello(&o, boot_a, 1000, true, 99000);
	assert_int_equal(o.offset_ms, 1000);
}

static void delay_is_not_a_change(void **state)
{
	struct offset o = {0};

	(void)state;
	offset_hello(&o, boot_a, 1000, false, 0);
	for (int i = 0; i < 20; i++)
		offset_measure(&o, i % OFFSET_ROW ? 30000 : 1010); /* a line with long queues */
	assert_int_equal(o.offset_ms, 1000);
}

static void a_clock_that_was_set_is_one(void **state)
{
	struct offset o = {0};
	bool changed = false;

	(void)state;
	offset_hello(&o, boot_a, 1000, false, 0);
	for (int i = 0; i < 2 * OFFSET_ROW; i++)
		changed |= offset_measure(&o, 61000);
	assert_true(changed);
	assert_int_equal(o.offset_ms, 61000);
	assert_true(offset_measure(&o, 1000)); /* and back: at once */
	assert_int_equal(o.offset_ms, 1000);
}

static void another_boot_begins_anew(void **state)
{
	struct offset o = {0};

	(void)state;
	offset_hello(&o, boot_a, 1000, false, 0);
	offset_hello(&o, boot_b, 500000, false, 0);
	assert_int_equal(o.offset_ms, 500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(least_of_the_first_is_taken),
	        cmocka_unit_test(what_the_agent_was_told_is_kept),
	        cmocka_unit_test(a_wrong_one_that_was_told_does_not_last),
	        cmocka_unit_test(delay_is_not_a_change),
	        cmocka_unit_test(a_clock_that_was_set_is_one),
	        cmocka_unit_test(another_boot_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
