#include "agent/sense/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/memory.h"

#define READ_BYTES 8192
#define SLOW_STEPS 6   /* steps between looks at the list of mounts */
#define COUNT_STEPS 60 /* steps between counts of all processes */
#define MOUNTS_MAX 32
#define MOUNT_PATH_MAX 256

enum proc_file { PROC_UPTIME, PROC_LOAD, PROC_STAT, PROC_MEMORY, PROC_MOUNTS, PROC_SELF, PROC_FILES };

static const char *const proc_names[PROC_FILES] = {
        [PROC_UPTIME] = "uptime",
        [PROC_LOAD] = "loadavg",
        [PROC_STAT] = "stat",
        [PROC_MEMORY] = "meminfo",
        [PROC_MOUNTS] = "self/mounts",
        [PROC_SELF] = "self/statm",
};

/* Local file systems that can fill up; a network's may hang us, an image is always full. */
static const char *const disk_types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs",
        "vfat", "exfat", "ntfs", "ntfs3", "bcachefs", "overlay", NULL};

struct host {
	char root[128];
	int files[PROC_FILES]; /* -1: not there */
	uint64_t cpu_busy, cpu_all;
	bool cpu_known;
	unsigned step;
	int64_t other_links; /* of the folder: its link count without processes */
	char mounts[MOUNTS_MAX][MOUNT_PATH_MAX];
	size_t mount_count;
	char text[READ_BYTES];
};

void host_close(struct host *h)
{
	if (!h)
		return;
	for (int i = 0; i < PROC_FILES; i++)
		if (h->files[i] >= 0)
			close(h->files[i]);
	free(h);
}

/* The beginning of a file as text; "" when it cannot be read. */
static const char *read_text(struct host *h, enum proc_file file)
{
	ssize_t got = h->files[file] < 0 ? -1 : pread(h->files[file], h->text, READ_BYTES - 1, 0);

	h->text[got > 0 ? got : 0] = '\0';
	return h->text;
}

static int64_t scaled(enum host_column column, double value)
{
	return metric_scaled(&metric_class(CLASS_HOST)->metrics[column], value);
}

static void read_number(struct host *h, enum proc_file file, enum host_column column, int64_t *values)
{
	double v;

	if (sscanf(read_text(h, file), "%lf", &v) == 1)
		values[column] = scaled(column, v);
}

static void read_cpu(struct host *h, int64_t *values)
{
	unsigned long long t[8] = {0}; /* user nice system idle iowait irq softirq steal */
	uint64_t all = 0, idle;

	if (sscanf(read_text(h, PROC_STAT), "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3],
	            &t[4], &t[5], &t[6], &t[7]) < 4)
		return;
	for (int i = 0; i < 8; i++)
		all += t[i];
	idle = t[3] + t[4];
	/* iowait may run backwards */
	if (h->cpu_known && all > h->cpu_all && all - idle >= h->cpu_busy)
		values[HOST_CPU] =
		        scaled(HOST_CPU, 100.0 * (double)(all - idle - h->cpu_busy) / (double)(all - h->cpu_all));
	h->cpu_all = all;
	h->cpu_busy = all - idle;
	h->cpu_known = true;
}

static int64_t memory_bytes(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	unsigned long long kb;

	return at && sscanf(at + strlen(key), " %llu kB", &kb) == 1 && kb < INT64_MAX / 1024 ? (int64_t)kb * 1024 : -1;
}

static void read_memory(struct host *h, int64_t *values)
{
	const char *text = read_text(h, PROC_MEMORY);
	int64_t total = memory_bytes(text, "MemTotal:"), available = memory_bytes(text, "MemAvailable:");
	int64_t swap = memory_bytes(text, "SwapTotal:"), swap_free = memory_bytes(text, "SwapFree:");

	if (available < 0) /* kernels before 3.14 */
		available = memory_bytes(text, "MemFree:");
	if (total >= 0)
		values[HOST_MEM_TOTAL] = total;
	if (total >= 0 && available >= 0 && available <= total)
		values[HOST_MEM_USED] = total - available;
	if (swap >= 0 && swap_free >= 0 && swap_free <= swap)
		values[HOST_SWAP_USED] = swap - swap_free;
}

static bool is_disk(const char *type)
{
	for (const char *const *t = disk_types; *t; t++)
		if (!strcmp(*t, type))
			return true;
	return false;
}

/* "\040" stands for a space in the list of mounts. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *p = path; *p; p++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		        p[3] <= '7') {
			*to++ = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + p[3] - '0');
			p += 3;
			continue;
		}
		*to++ = *p;
	}
	*to = '\0';
}

/* One line "device path type options 0 0"; the same device is looked at once. */
static void add_mount(struct host *h, const char *line, char *devices, size_t size)
{
	char device[128], path[MOUNT_PATH_MAX], type[32], key[136];

	if (h->mount_count == MOUNTS_MAX || sscanf(line, "%127s %255s %31s", device, path, type) != 3 || !is_disk(type))
		return;
	snprintf(key, sizeof(key), "\n%s\n", device);
	if (device[0] == '/' && strstr(devices, key))
		return;
	if (strlen(devices) + strlen(key) < size)
		strcat(devices, key);
	unescape(path);
	strcpy(h->mounts[h->mount_count++], path);
}

static void read_mounts(struct host *h)
{
	char devices[4096] = "\n", *rest;

	read_text(h, PROC_MOUNTS);
	h->mount_count = 0;
	for (char *line = strtok_r(h->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		add_mount(h, line, devices, sizeof(devices));
}

static void read_disks(struct host *h, int64_t *values)
{
	double worst = -1;

	for (size_t i = 0; i < h->mount_count; i++) {
		struct statvfs v;
		double used, seen;

		if (statvfs(h->mounts[i], &v) || !v.f_blocks)
			continue;
		/* as df does: what root alone may use counts neither as used nor as free */
		seen = (double)(v.f_blocks - v.f_bfree) + (double)v.f_bavail;
		used = seen > 0 ? 100.0 * (double)(v.f_blocks - v.f_bfree) / seen : 0;
		if (used <= worst)
			continue;
		worst = used;
		values[HOST_DISK_USED] = scaled(HOST_DISK_USED, used);
		values[HOST_DISK_FREE] = scaled(HOST_DISK_FREE, (double)v.f_bavail * (double)v.f_frsize);
	}
}

static int64_t count_processes(const char *root)
{
	DIR *d = opendir(root);
	struct dirent *e;
	int64_t count = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		count += e->d_name[0] >= '1' && e->d_name[0] <= '9';
	closedir(d);
	return count;
}

/* The kernel adds the number of processes to the link count of /proc: cheaper than reading the folder each step. */
static void read_processes(struct host *h, int64_t *values)
{
	struct stat st;

	if (stat(h->root, &st))
		return;
	if (h->step % COUNT_STEPS == 0) {
		int64_t count = count_processes(h->root);

		if (count < 0)
			return;
		h->other_links = (int64_t)st.st_nlink - count;
	}
	values[HOST_PROCESSES] = (int64_t)st.st_nlink - h->other_links;
}

struct host *host_open(const char *proc_root)
{
	struct host *h = mem_alloc(sizeof(*h));
	int64_t unused[METRIC_COLUMNS_MAX];
	char path[256];

	snprintf(h->root, sizeof(h->root), "%s", proc_root);
	for (int i = 0; i < PROC_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", proc_root, proc_names[i]);
		h->files[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	/* the first row's CPU figure is of the time since now */
	read_cpu(h, unused);
	return h;
}

void host_read(struct host *h, int64_t values[METRIC_COLUMNS_MAX])
{
	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		values[i] = METRIC_UNKNOWN;
	read_number(h, PROC_UPTIME, HOST_UPTIME, values);
	read_number(h, PROC_LOAD, HOST_LOAD1, values);
	read_cpu(h, values);
	read_memory(h, values);
	if (h->step % SLOW_STEPS == 0)
		read_mounts(h);
	read_disks(h, values);
	read_processes(h, values);
	h->step++;
}

void host_self(struct host *h, int64_t *cpu_us, int64_t *rss_bytes)
{
	struct rusage u;
	long size, resident;

	getrusage(RUSAGE_SELF, &u);
	*cpu_us = (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
	*rss_bytes = sscanf(read_text(h, PROC_SELF), "%ld %ld", &size, &resident) == 2
	                     ? (int64_t)resident * sysconf(_SC_PAGESIZE)
	                     : METRIC_UNKNOWN;
}
