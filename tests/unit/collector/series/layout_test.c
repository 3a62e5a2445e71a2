#include "collector/series/layout.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_layout(
        enum metric_class_id id, unsigned step_s, bool simulated, const char *const *archives, const char *first_source)
{
	struct layouts all = {0};
	struct layout *l = layouts_get(&all, metric_class(id), step_s, simulated);
	char *argv[ARGUMENTS_MAX];
	unsigned argc = layout_arguments(l, argv, ARGUMENTS_MAX), columns = l->class->count, i = 0;

	assert_string_equal(argv[0], first_source);
	for (; archives[i]; i++) {
		assert_true(columns + i < argc);
		assert_string_equal(argv[columns + i], archives[i]);
	}
	assert_int_equal(argc, columns + i);
	for (i = 0; i < argc; i++)
		free(argv[i]);
	assert_ptr_equal(l, layouts_get(&all, metric_class(id), step_s, simulated));
	layouts_free(&all);
}

static void test_ten_seconds(void **state)
{
	static const char *const host[] = {"RRA:AVERAGE:0.98:1:17280", "RRA:AVERAGE:0.98:30:17280",
	        "RRA:MAX:0.98:30:17280", "RRA:MIN:0.98:30:17280", "RRA:AVERAGE:0.98:360:17520",
	        "RRA:MAX:0.98:360:17520", "RRA:MIN:0.98:360:17520", NULL};
	static const char *const uplink[] = {"RRA:AVERAGE:0.98:1:17280", "RRA:AVERAGE:0.98:30:115200",
	        "RRA:MAX:0.98:30:115200", "RRA:AVERAGE:0.98:360:17520", "RRA:MAX:0.98:360:17520", NULL};

	(void)state;
	assert_layout(CLASS_HOST, 10, false, host, "DS:uptime_s:GAUGE:25:U:U");
	assert_layout(CLASS_UPLINK, 10, false, uplink, "DS:loss_pct:GAUGE:25:U:100");
}

/* At five minutes the finest archive is the 5-minute one, once and without extremes. */
static void test_five_minutes(void **state)
{
	static const char *const interface[] = {"RRA:AVERAGE:0.98:1:17280", "RRA:AVERAGE:0.98:12:17520",
	        "RRA:MAX:0.98:12:17520", "RRA:MIN:0.98:12:17520", NULL};
	static const char *const simulated[] = {
	        "RRA:AVERAGE:0.98:1:11520", "RRA:AVERAGE:0.98:12:4320", "RRA:MAX:0.98:12:4320", NULL};

	(void)state;
	assert_layout(CLASS_INTERFACE, 300, false, interface, "DS:in_octets:DERIVE:750:0:12500000000");
	assert_layout(CLASS_PATH, 300, true, simulated, "DS:loss_pct:GAUGE:750:U:100");
}

static void test_counters_span_thinned_rows(void **state)
{
	char *s = source_argument(&metric_class(CLASS_INTERFACE)->metrics[IF_OUT_OCTETS], 10);

	(void)state;
	assert_string_equal(s, "DS:out_octets:DERIVE:310:0:12500000000");
	free(s);
}

static void test_odd_steps(void **state)
{
	static const unsigned steps[] = {1, 7, 60, 299, 301, 900, 3600};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct layouts all = {0};
		char dir[] = "/tmp/layout-XXXXXX", path[64], command[64];

		assert_non_null(mkdtemp(dir));
		snprintf(path, sizeof(path), "%s/s/n/f.rrd", dir);
		assert_int_equal(
		        layout_create(layouts_get(&all, metric_class(CLASS_AGENT), steps[i], true), path, 1751300000),
		        0);
		assert_int_equal(access(path, R_OK), 0);
		layouts_free(&all);
		snprintf(command, sizeof(command), "rm -r %s", dir);
		assert_int_equal(system(command), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_ten_seconds),
	        cmocka_unit_test(test_five_minutes),
	        cmocka_unit_test(test_counters_span_thinned_rows),
	        cmocka_unit_test(test_odd_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
