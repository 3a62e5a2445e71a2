/* host: figures from a folder that looks like /proc; what is missing is unknown, not zero. */
#include "agent/sense/host.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void write_file(const char *root, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "r+");
	if (!f)
		f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(ftruncate(fileno(f), (off_t)strlen(text)), 0);
	fclose(f);
}

static void make_dir(const char *root, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state)
{
	static char root[64];

	strcpy(root, "/tmp/host-test-XXXXXX");
	*state = mkdtemp(root);
	make_dir(root, "self");
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	return system(command);
}

static void test_figures(void **state)
{
	const char *root = *state;
	int64_t v[METRIC_COLUMNS_MAX], cpu_us, rss;
	struct host *h;

	write_file(root, "uptime", "123456.78 900.00\n");
	write_file(root, "loadavg", "1.25 0.50 0.10 2/345 6789\n");
	write_file(root, "stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n");
	write_file(root, "meminfo",
	        "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:   400 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\n");
	write_file(root, "self/mounts",
	        "proc /proc proc rw 0 0\n/dev/x / ext4 rw 0 0\n/dev/x /again ext4 rw 0 0\n"
	        "server:/x /mnt nfs rw 0 0\n/dev/y /no\\040such xfs rw 0 0\n");
	write_file(root, "self/statm", "1000 25 3 4 5\n");
	make_dir(root, "1");
	make_dir(root, "4711");
	h = host_open(root);
	host_read(h, v);
	assert_int_equal(v[HOST_UPTIME], 123457);
	assert_int_equal(v[HOST_LOAD1], 125);
	assert_int_equal(v[HOST_CPU], METRIC_UNKNOWN); /* of no time yet */
	assert_int_equal(v[HOST_MEM_TOTAL], 1000 * 1024);
	assert_int_equal(v[HOST_MEM_USED], 600 * 1024);
	assert_int_equal(v[HOST_SWAP_USED], 30 * 1024);
	assert_int_equal(h->mount_count, 2);
	assert_string_equal(h->mounts[0], "/");
	assert_string_equal(h->mounts[1], "/no such");
	assert_in_range(v[HOST_DISK_USED], 0, 10000);
	assert_true(v[HOST_DISK_FREE] >= 0);
	assert_int_equal(v[HOST_PROCESSES], 2);
	write_file(root, "stat", "cpu  150 0 100 750 100 0 0 0 0 0\n");
	make_dir(root, "4712");
	host_read(h, v);
	assert_int_equal(v[HOST_CPU], 5000);
	assert_int_equal(v[HOST_PROCESSES], 3); /* by the link count alone */
	write_file(root, "stat", "cpu  150 0 100 760 90 0 0 0 0 0\n");
	host_read(h, v);
	assert_int_equal(v[HOST_CPU], METRIC_UNKNOWN); /* no time went by */
	host_self(h, &cpu_us, &rss);
	assert_int_equal(rss, 25 * sysconf(_SC_PAGESIZE));
	assert_true(cpu_us > 0);
	host_close(h);
}

static void test_nothing_there(void **state)
{
	int64_t v[METRIC_COLUMNS_MAX], cpu_us, rss;
	struct host *h = host_open("/nonexistent");

	(void)state;
	host_read(h, v);
	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		assert_int_equal(v[i], METRIC_UNKNOWN);
	host_self(h, &cpu_us, &rss);
	assert_int_equal(rss, METRIC_UNKNOWN);
	host_close(h);
}

static void test_nonsense_is_unknown(void **state)
{
	const char *root = *state;
	int64_t v[METRIC_COLUMNS_MAX];
	struct host *h;

	write_file(root, "uptime", "much\n");
	write_file(root, "loadavg", "");
	write_file(root, "stat", "cpu a b c\n");
	write_file(root, "meminfo", "MemTotal: many kB\nMemAvailable: 99999999999999999999999 kB\n");
	write_file(root, "self/mounts", "x\n\n");
	h = host_open(root);
	host_read(h, v);
	for (unsigned i = 0; i < HOST_PROCESSES; i++)
		assert_int_equal(v[i], METRIC_UNKNOWN);
	host_close(h);
}

static void test_this_host(void **state)
{
	int64_t v[METRIC_COLUMNS_MAX];
	struct host *h = host_open("/proc");

	(void)state;
	host_read(h, v);
	assert_true(v[HOST_UPTIME] > 0);
	assert_true(v[HOST_MEM_TOTAL] > v[HOST_MEM_USED]);
	assert_true(v[HOST_PROCESSES] > 0);
	host_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
	        cmocka_unit_test(test_nothing_there),
	        cmocka_unit_test_setup_teardown(test_nonsense_is_unknown, setup, teardown),
	        cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
