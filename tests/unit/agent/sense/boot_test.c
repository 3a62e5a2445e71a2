/* Boots of hosts that were shut down, cut off, had panicked, or woke in 1970. */
#include "agent/sense/boot.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <utmp.h>

#include <cmocka.h>

#include "tests/unit/agent/sense/recorder.h"

#define HOUR_MS INT64_C(3600000)
#define NOW_MS INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */

static const uint8_t other_boot[BOOT_ID_BYTES] = {0xab, 0xcd, 1};

struct fixture {
	char folder[64], sys[80], etc[80];
	struct recorder r;
	struct agent_config config;
	struct sense_context context;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/sansang-boot-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->sys, sizeof(f->sys), "%s/sys", f->folder);
	snprintf(f->etc, sizeof(f->etc), "%s/etc", f->folder);
	mkdir(f->etc, 0755);
	folder_write(f->sys, "class/rtc/rtc0/hctosys", "1\n");
	recorder_init(&f->r);
	f->config.state_dir = f->folder;
	f->context = (struct sense_context){
	        .sink = &f->r.sink, .config = &f->config, .proc_root = "/proc", .sys_root = f->sys, .etc_root = f->etc};
	clock_fake(NOW_MS, 60000);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	clock_real();
	folder_remove(f->folder);
	free(f);
	return 0;
}

/* The last run, of another boot: on for 50 h, then. */
static void leave(struct fixture *f, bool stopped, int64_t wall_ms)
{
	struct lastrun last = {.stopped = stopped, .boot_ms = 50 * HOUR_MS, .wall_ms = wall_ms};
	int fd = lastrun_open(f->folder);

	memcpy(last.boot_id, other_boot, BOOT_ID_BYTES);
	assert_int_equal(lastrun_write(fd, &last, false), 0);
	close(fd);
}

/* One run of the agent; gives what it told. */
static const char *run(struct fixture *f, bool stop)
{
	void *boot = sense_boot.open(&f->context);

	assert_non_null(boot);
	sense_boot.start(boot);
	if (stop)
		sense_boot.stop(boot);
	sense_boot.close(boot);
	return recorder_last_event(&f->r);
}

static void write_wtmp(struct fixture *f, const struct utmp *records, size_t count)
{
	char path[128];

	folder_write(f->folder, "var/log/wtmp", "");
	snprintf(path, sizeof(path), "%s/var/log/wtmp", f->folder);
	FILE *w = fopen(path, "w");
	assert_int_equal(fwrite(records, sizeof(*records), count, w), count);
	fclose(w);
}

static void test_the_first_run_tells_nothing(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(run(f, false), "");
	assert_string_equal(run(f, true), ""); /* the same boot: the agent was restarted */
	assert_string_equal(run(f, true), "");
}

static void test_a_power_cut(void **state)
{
	leave(*state, false, NOW_MS - 60000 - 3 * HOUR_MS - 12 * 60000);
	assert_string_equal(
	        run(*state, false), "boot: host unclean, was on until 2026-11-23T20:47:00Z for 2d2h, away 3h12m");
	((struct fixture *)*state)->r.event_count = 0;
	assert_string_equal(run(*state, false), ""); /* told once */
}

static void test_a_shutdown(void **state)
{
	leave(*state, true, NOW_MS - 60000 - 5000);
	assert_string_equal(
	        run(*state, false), "boot: host clean, was on until 2026-11-23T23:58:55Z for 2d2h, away 5s");
}

static void test_what_a_run_leaves_is_read_by_the_next(void **state)
{
	struct fixture *f = *state;
	void *boot = sense_boot.open(&f->context);
	struct lastrun left;

	sense_boot.start(boot);
	assert_int_equal(lastrun_read(f->folder, &left), 0);
	assert_false(left.stopped);
	assert_int_equal(left.boot_ms, 60000);
	clock_fake_advance(20000);
	sense_boot.read(boot, clock_boot_ms());
	assert_int_equal(lastrun_read(f->folder, &left), 0);
	assert_int_equal(left.boot_ms, 60000); /* not each step */
	clock_fake_advance(10000);
	sense_boot.read(boot, clock_boot_ms());
	assert_int_equal(lastrun_read(f->folder, &left), 0);
	assert_int_equal(left.boot_ms, 90000);
	assert_int_equal(left.wall_ms, NOW_MS + 30000);
	sense_boot.stop(boot);
	sense_boot.close(boot);
	assert_int_equal(lastrun_read(f->folder, &left), 0);
	assert_true(left.stopped);
}

static void test_clocks_of_1970(void **state)
{
	struct fixture *f = *state;

	/* it wakes in 1970: how long it was away cannot be known, that it was cut off can */
	leave(f, false, NOW_MS);
	clock_fake(61000, 60000);
	assert_string_equal(
	        run(f, false), "boot: host unclean, was on until 2026-11-24T00:00:00Z for 2d2h, away unknown");
	/* it never knew the time before */
	leave(f, false, 50 * HOUR_MS);
	clock_fake(NOW_MS, 60000);
	assert_string_equal(run(f, false), "boot: host unclean, was on until unknown for 2d2h, away unknown");
	/* a clock that was set by nobody but the last shutdown's note (fake-hwclock) */
	leave(f, false, NOW_MS - 70000);
	folder_write(f->sys, "class/rtc/rtc0/hctosys", "0\n");
	struct timex t = {0};
	if (adjtimex(&t) >= 0 && t.status & STA_UNSYNC)
		assert_string_equal(
		        run(f, false), "boot: host unclean, was on until 2026-11-23T23:58:50Z for 2d2h, away unknown");
}

static void test_wtmp_has_the_last_word(void **state)
{
	struct fixture *f = *state;
	struct utmp u[4] = {
	        {.ut_type = BOOT_TIME, .ut_user = "reboot", .ut_tv.tv_sec = NOW_MS / 1000 - 400000},
	        {.ut_type = RUN_LVL, .ut_user = "shutdown", .ut_tv.tv_sec = NOW_MS / 1000 - 4000},
	        {.ut_type = BOOT_TIME, .ut_user = "reboot", .ut_tv.tv_sec = NOW_MS / 1000 - 50},
	        {.ut_type = RUN_LVL, .ut_user = "runlevel", .ut_tv.tv_sec = NOW_MS / 1000 - 40},
	};

	leave(f, false, NOW_MS - HOUR_MS); /* the agent was killed, then the host shut down */
	write_wtmp(f, u, 4);
	assert_non_null(strstr(run(f, false), "host clean,"));
	leave(f, true, NOW_MS - HOUR_MS); /* the agent was stopped, later the plug was pulled */
	u[1].ut_type = USER_PROCESS;
	write_wtmp(f, u, 4);
	assert_non_null(strstr(run(f, false), "host unclean,"));
	leave(f, true, NOW_MS - HOUR_MS); /* a wtmp that nobody writes any more */
	u[2].ut_tv.tv_sec -= 86400;
	write_wtmp(f, u, 4);
	assert_non_null(strstr(run(f, false), "host clean,"));
	leave(f, true, NOW_MS - HOUR_MS);
	folder_write(f->folder, "var/log/wtmp", "rubbish");
	assert_non_null(strstr(run(f, false), "host clean,"));
}

static void test_a_panic(void **state)
{
	struct fixture *f = *state;

	leave(f, true, NOW_MS - HOUR_MS);
	folder_write(f->sys, "fs/pstore/dmesg-efi-1", "Oops");
	assert_non_null(strstr(run(f, false), "host unclean kernel panic, was on until"));
	folder_write(f->sys, "fs/pstore/console-ramoops-0", "all is well");
	folder_remove(f->sys);
	leave(f, false, NOW_MS - HOUR_MS);
	assert_non_null(strstr(run(f, false), "host unclean, was on until"));
	/* put aside by systemd-pstore in this boot */
	leave(f, false, NOW_MS - HOUR_MS);
	clock_real();
	folder_write(f->folder, "var/lib/systemd/pstore/172/dmesg.txt", "Oops");
	assert_true(lastrun_panicked(f->sys, "/nonexistent", 0) == false);
	char var[80];
	snprintf(var, sizeof(var), "%s/var", f->folder);
	assert_true(lastrun_panicked(f->sys, var, clock_wall_ms()));
	assert_false(lastrun_panicked(f->sys, var, clock_wall_ms() + HOUR_MS));
}

static void test_a_file_of_rubbish(void **state)
{
	struct fixture *f = *state;
	static const char *const rubbish[] = {"", "x", "zz running 1 2", "abcd running 1 2",
	        "00000000000000000000000000000000 sleeping 1 2", "00000000000000000000000000000000 running -5 2",
	        "00000000000000000000000000000000 running", "000000000000000000000000000000000 running 1 2"};
	struct lastrun left;

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		folder_write(f->folder, "running", rubbish[i]);
		assert_int_equal(lastrun_read(f->folder, &left), -EINVAL);
		assert_string_equal(run(f, false), "");
		assert_int_equal(lastrun_read(f->folder, &left), 0); /* and it is whole again */
	}
	f->config.state_dir = "/nonexistent";
	assert_string_equal(run(f, true), "");
}

static void test_spans(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} spans[] = {{0, "0s"}, {999, "0s"}, {59000, "59s"}, {60000, "1m"}, {61000, "1m1s"}, {3599000, "59m59s"},
	        {HOUR_MS, "1h"}, {24 * HOUR_MS + 59000, "1d"}, {49 * HOUR_MS, "2d1h"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		print_span(spans[i].ms, text, sizeof(text));
		assert_string_equal(text, spans[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_the_first_run_tells_nothing, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_power_cut, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_shutdown, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_what_a_run_leaves_is_read_by_the_next, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_clocks_of_1970, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_wtmp_has_the_last_word, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_panic, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_file_of_rubbish, set_up, tear_down),
	        cmocka_unit_test(test_spans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
