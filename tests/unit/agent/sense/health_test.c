/* The whole of health on a folder of its own: what it reads, what it says, and what stays unknown. */
#include "agent/sense/health.c"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "tests/unit/agent/sense/recorder.h"

struct fixture {
	char folder[64], proc[80], sys[80], etc[80];
	struct recorder r;
	struct sense_context context;
	void *health;
	int64_t now_ms;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/sansang-health-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->proc, sizeof(f->proc), "%s/proc", f->folder);
	snprintf(f->sys, sizeof(f->sys), "%s/sys", f->folder);
	snprintf(f->etc, sizeof(f->etc), "%s/etc", f->folder);
	recorder_init(&f->r);
	f->context = (struct sense_context){
	        .sink = &f->r.sink, .proc_root = f->proc, .sys_root = f->sys, .etc_root = f->etc};
	f->now_ms = 1000000;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->health)
		sense_health.close(f->health);
	folder_remove(f->folder);
	free(f);
	return 0;
}

static const struct recorder_row *read_minute_later(struct fixture *f)
{
	if (!f->health)
		f->health = sense_health.open(&f->context);
	f->now_ms += 60000;
	sense_health.read(f->health, f->now_ms);
	return recorder_last_row(&f->r);
}

static void test_a_host_that_tells_nothing(void **state)
{
	struct fixture *f = *state;
	const struct recorder_row *row = read_minute_later(f);

	assert_int_equal(row->class_id, CLASS_HEALTH);
	assert_string_equal(row->subject, "");
	assert_int_equal(row->boot_ms, f->now_ms);
	assert_true(row->values[HEALTH_CPU_STALL] == METRIC_UNKNOWN);
	assert_true(row->values[HEALTH_INODES] == METRIC_UNKNOWN);
	assert_true(row->values[HEALTH_TEMPERATURE] == METRIC_UNKNOWN);
	assert_int_equal(row->values[HEALTH_READONLY], 0);
	assert_int_equal(row->values[HEALTH_DISKS_BAD], 0);
	assert_int_equal(f->r.event_count, 0);
	assert_true(f->r.state.up);
}

static void test_pressure_each_step(void **state)
{
	struct fixture *f = *state;

	folder_write(f->proc, "pressure/cpu", "some avg10=12.34 avg60=1.00 avg300=0.10 total=5\n");
	folder_write(f->proc, "pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=9.00\n");
	folder_write(f->proc, "pressure/io", "rubbish");
	const struct recorder_row *row = read_minute_later(f);
	assert_int_equal(row->values[HEALTH_CPU_STALL], 1234);
	assert_int_equal(row->values[HEALTH_MEM_STALL], 0);
	assert_true(row->values[HEALTH_IO_STALL] == METRIC_UNKNOWN);
	folder_write(f->proc, "pressure/cpu", "some avg10=100.00 avg60=1.00 avg300=0.10 total=5\n");
	sense_health.read(f->health, f->now_ms + 10000);
	assert_int_equal(recorder_last_row(&f->r)->values[HEALTH_CPU_STALL], 10000);
}

static void test_heat_of_real_sensors_only(void **state)
{
	struct fixture *f = *state;

	folder_write(f->sys, "class/thermal/thermal_zone0/temp", "41500\n");
	folder_write(f->sys, "class/hwmon/hwmon0/name", "nct6775\n");
	folder_write(f->sys, "class/hwmon/hwmon0/temp2_input", "119000\n");
	folder_write(f->sys, "class/hwmon/hwmon1/name", "drivetemp\n");
	folder_write(f->sys, "class/hwmon/hwmon1/temp1_input", "53000\n");
	folder_write(f->sys, "class/hwmon/hwmon1/temp1_max", "60000\n");
	folder_write(f->sys, "class/hwmon/hwmon2/name", "coretemp\n");
	folder_write(f->sys, "class/hwmon/hwmon2/temp1_input", "127500\n");
	folder_write(f->sys, "class/hwmon/hwmon2/temp2_input", "x\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_TEMPERATURE], 530);
}

static void test_a_file_system_that_went_read_only(void **state)
{
	static const char writable[] = "27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
	                               "28 27 8:2 / /gone\\040data rw - ext4 /dev/sda2 rw\n"
	                               "29 27 8:3 / /gone/meant-ro ro - ext4 /dev/sda3 ro\n"
	                               "30 27 8:4 / /gone/fstab ro - ext4 /dev/sda4 ro\n"
	                               "31 27 8:2 / /gone/view ro - ext4 /dev/sda2 rw\n"
	                               "32 27 0:9 / /gone/tmp ro - tmpfs tmp ro\n";
	char text[sizeof(writable) + 16];
	struct fixture *f = *state;

	strcpy(text, writable);
	folder_write(f->proc, "self/mountinfo", text);
	folder_write(f->etc, "fstab",
	        "# x\n/dev/sda4 /gone/fstab ext4 defaults 0 2\n/dev/sda3 /gone/meant-ro ext4 noatime,ro 0 2\n");
	/* one is read-only though fstab wants to write */
	assert_int_equal(read_minute_later(f)->values[HEALTH_READONLY], 1);
	assert_true(recorder_last_row(&f->r)->values[HEALTH_INODES] >= 0); /* of the real "/" */
	assert_int_equal(f->r.event_count, 1);
	assert_string_equal(recorder_last_event(&f->r), "readonly: /gone/fstab went read-only (ext4 on /dev/sda4)");
	assert_false(f->r.state.up);
	assert_int_equal(f->r.state.reason, REASON_LOCAL);

	/* ext4 saw an error: only the super block's options change */
	strcpy(strstr(text, "/dev/sda2 rw") + 10, "ro\n");
	folder_write(f->proc, "self/mountinfo", text);
	assert_int_equal(read_minute_later(f)->values[HEALTH_READONLY], 1); /* the others are gone from this list */
	assert_string_equal(recorder_last_event(&f->r), "readonly: /gone data went read-only (ext4 on /dev/sda2)");
	assert_int_equal(read_minute_later(f)->values[HEALTH_READONLY], 1);
	assert_int_equal(f->r.event_count, 2);

	folder_write(f->proc, "self/mountinfo", writable);
	read_minute_later(f);
	assert_string_equal(f->r.events[2], "readonly: /gone data is writable again (ext4 on /dev/sda2)");
}

static void test_inodes_of_the_real_root(void **state)
{
	struct fixture *f = *state;

	folder_write(f->proc, "self/mountinfo", "27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n");
	int64_t inodes = read_minute_later(f)->values[HEALTH_INODES];
	assert_true(inodes == METRIC_UNKNOWN || (inodes >= 0 && inodes <= 10000));
}

static void test_disks_that_die_and_come_back(void **state)
{
	struct fixture *f = *state;

	folder_write(f->sys, "block/sda/device/state", "running\n");
	folder_write(f->sys, "block/sda/ro", "0\n");
	folder_write(f->sys, "block/nvme0n1/device/state", "live\n");
	folder_write(f->sys, "block/md0/md/degraded", "0\n");
	folder_write(f->sys, "block/mmcblk0/device/life_time", "0x01 0x0a\n");
	folder_write(f->sys, "block/mmcblk0/device/pre_eol_info", "0x01\n");
	folder_write(f->sys, "block/loop0/ro", "1\n");
	folder_write(f->sys, "block/sdb/ro", "1\n"); /* a write-protected stick was so from the beginning */
	folder_write(f->sys, "fs/ext4/sda1/errors_count", "0\n");
	folder_write(f->sys, "fs/ext4/features/lazy_itable_init", "supported\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0);
	assert_int_equal(f->r.event_count, 0);

	folder_write(f->sys, "block/sda/device/state", "offline\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 1);
	assert_string_equal(recorder_last_event(&f->r), "disk: sda failing: offline");
	folder_write(f->sys, "block/md0/md/degraded", "1\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 2);
	assert_string_equal(recorder_last_event(&f->r), "disk: md0 failing: degraded: members missing: 1");
	folder_write(f->sys, "block/mmcblk0/device/life_time", "0x01 0x0b\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 3);
	folder_write(f->sys, "fs/ext4/sda1/errors_count", "7\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 4);
	assert_string_equal(recorder_last_event(&f->r), "disk: sda1 failing: ext4 counted errors: 7");
	assert_false(f->r.state.up);
	folder_write(f->sys, "block/sda/device/state", "running\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 3);
	assert_string_equal(recorder_last_event(&f->r), "disk: sda well");
	assert_int_equal(f->r.event_count, 5);
}

static void test_a_disk_that_became_read_only_or_hangs(void **state)
{
	struct fixture *f = *state;

	folder_write(f->sys, "block/sda/ro", "0\n");
	folder_write(f->sys, "block/sda/stat", " 10 0 80 5 20 0 160 9 3 14 14 0 0 0 0 1 1\n");
	read_minute_later(f);
	folder_write(f->sys, "block/sda/stat", " 11 0 80 5 20 0 160 9 3 14 14 0 0 0 0 1 1\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0); /* busy, but it gets on */
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 1);
	assert_string_equal(recorder_last_event(&f->r), "disk: sda failing: hangs");
	folder_write(f->sys, "block/sda/stat", " 12 0 80 5 20 0 160 9 0 14 14 0 0 0 0 1 1\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0);
	folder_write(f->sys, "block/sda/ro", "1\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 1);
	assert_string_equal(recorder_last_event(&f->r), "disk: sda failing: read-only");
}

static void test_a_state_that_passes_is_told_when_it_stays(void **state)
{
	struct fixture *f = *state;

	folder_write(f->sys, "block/nvme0n1/device/state", "resetting\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0);
	folder_write(f->sys, "block/nvme0n1/device/state", "live\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0);
	folder_write(f->sys, "block/nvme0n1/device/state", "connecting\n");
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 0);
	assert_int_equal(read_minute_later(f)->values[HEALTH_DISKS_BAD], 1);
	assert_string_equal(recorder_last_event(&f->r), "disk: nvme0n1 failing: connecting");
}

/* A real file system, remounted: root in a mount namespace of its own. */
static void test_a_real_remount(void **state)
{
	struct fixture *f = *state;
	char where[128], command[512], list[256];

	snprintf(where, sizeof(where), "%s/mnt", f->folder);
	mkdir(where, 0755);
	snprintf(command, sizeof(command), "mount -t tmpfs tmpfs %s 2>/dev/null", where);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || system(command)) {
		print_message("# skipped: only root may mount\n");
		skip();
	}
	snprintf(list, sizeof(list), "28 27 8:2 / %s rw - ext4 /dev/sda2 rw\n", where);
	folder_write(f->proc, "self/mountinfo", list);
	assert_int_equal(read_minute_later(f)->values[HEALTH_READONLY], 0);
	snprintf(command, sizeof(command), "mount -o remount,ro %s", where);
	assert_int_equal(system(command), 0);
	sense_health.read(f->health, f->now_ms + 1000); /* the next step knows, the list is not read for that */
	int64_t readonly = recorder_last_row(&f->r)->values[HEALTH_READONLY];
	snprintf(command, sizeof(command), "umount %s", where);
	assert_int_equal(system(command), 0);
	assert_int_equal(readonly, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_host_that_tells_nothing, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_pressure_each_step, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_heat_of_real_sensors_only, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_file_system_that_went_read_only, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_inodes_of_the_real_root, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_disks_that_die_and_come_back, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_disk_that_became_read_only_or_hangs, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_state_that_passes_is_told_when_it_stays, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(test_a_real_remount, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
