/* metric: names fit RRD, scaling is exact, instances cannot leave their folder. */
#include "common/metric.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_tables(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CLASS_COUNT; i++) {
		const struct metric_class *c = metric_class((enum metric_class_id)i);
		assert_ptr_equal(metric_class_named(c->name), c);
		assert_int_equal(c->id, i);
		assert_in_range(c->count, 1, METRIC_COLUMNS_MAX);
		for (unsigned k = 0; k < c->count; k++)
			assert_in_range(strlen(c->metrics[k].name), 1, 19);
	}
	assert_null(metric_class_named("nothing"));
}

static void test_scaling(void **state)
{
	const struct metric *m = &path_metrics[PATH_RTT];

	(void)state;
	assert_int_equal(metric_scaled(m, 1.2345), 1235);
	assert_true(metric_scaled(m, NAN) == METRIC_UNKNOWN);
	assert_true(metric_scaled(m, 1e300) == METRIC_UNKNOWN);
	assert_true(isnan(metric_value(m, METRIC_UNKNOWN)));
	assert_true(fabs(metric_value(m, 1235) - 1.235) < 1e-12);
}

static void test_instances(void **state)
{
	static const char *const bad[] = {"../x", ".hidden", "a/b", "a b", "ă"};
	char name[80];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(metric_instance_valid(bad[i]));
	assert_true(metric_instance_valid("eth0.10"));
	assert_true(metric_instance_valid(""));
	metric_file_name(metric_class(CLASS_UPLINK), "", name, sizeof(name));
	assert_string_equal(name, "uplink");
	metric_file_name(metric_class(CLASS_SERVICE), "land", name, sizeof(name));
	assert_string_equal(name, "svc-land");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_tables),
	        cmocka_unit_test(test_scaling),
	        cmocka_unit_test(test_instances),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
