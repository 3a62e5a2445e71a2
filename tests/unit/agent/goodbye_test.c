#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "agent/goodbye.c"

static void run_with(char *folder, const char *name, const char *expected)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_string_equal(goodbye_reason(folder), expected);
	assert_int_equal(unlink(path), 0);
	assert_string_equal(goodbye_reason(folder), "asked to stop");
}

static void shutdown_is_told_apart(void **state)
{
	char folder[] = "/tmp/goodbye.XXXXXX", path[64];

	(void)state;
	if (run_level_ends())
		skip(); /* this machine is going down */
	assert_non_null(mkdtemp(folder));
	assert_string_equal(goodbye_reason(folder), "asked to stop");
	run_with(folder, "nologin", "host shutting down");
	run_with(folder, "other", "asked to stop");
	snprintf(path, sizeof(path), "%s/systemd", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/systemd/shutdown", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	run_with(folder, "systemd/shutdown/scheduled", "host shutting down");
	rmdir(path);
	snprintf(path, sizeof(path), "%s/systemd", folder);
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(shutdown_is_told_apart)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
