#include "agent/sense/lastrun.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmp.h>

#define LINE_BYTES 96
#define BOOT_SLACK_MS (10 * 60 * 1000) /* between our reckoning of a boot's begin and another's */
#define WTMP_RECORDS 512               /* looked at from the end */

static int open_file(const char *state_dir, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/running", state_dir);
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static bool hex_read(const char *text, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		if (strspn(text + 2 * i, "0123456789abcdef") < 2 || sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

int lastrun_read(const char *state_dir, struct lastrun *out)
{
	char line[LINE_BYTES + 1], id[33], word[9];
	int fd = open_file(state_dir, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = read(fd, line, LINE_BYTES);
	close(fd);
	if (got < 0)
		return -EIO;
	line[got] = '\0';
	*out = (struct lastrun){0};
	if (sscanf(line, "%32s %8s %" SCNd64 " %" SCNd64, id, word, &out->boot_ms, &out->wall_ms) != 4 ||
	        strlen(id) != 32 || !hex_read(id, out->boot_id, BOOT_ID_BYTES) || out->boot_ms < 0)
		return -EINVAL;
	out->stopped = !strcmp(word, "stopped");
	return out->stopped || !strcmp(word, "running") ? 0 : -EINVAL;
}

int lastrun_open(const char *state_dir)
{
	return open_file(state_dir, O_WRONLY | O_CREAT);
}

int lastrun_write(int fd, const struct lastrun *r, bool sync)
{
	char line[LINE_BYTES + 1];
	int len = 0;

	for (unsigned i = 0; i < BOOT_ID_BYTES; i++)
		len += snprintf(line + len, sizeof(line) - (size_t)len, "%02x", r->boot_id[i]);
	len += snprintf(line + len, sizeof(line) - (size_t)len, " %s %" PRId64 " %" PRId64,
	        r->stopped ? "stopped" : "running", r->boot_ms, r->wall_ms);
	/* always of one length: it is overwritten in place, in one sector, and nothing of the last one stays behind it */
	memset(line + len, ' ', sizeof(line) - (size_t)len);
	line[LINE_BYTES - 1] = '\n';
	if (pwrite(fd, line, LINE_BYTES, 0) != LINE_BYTES)
		return errno ? -errno : -EIO;
	return sync && fdatasync(fd) ? -errno : 0;
}

/* ---- wtmp ---- */

struct wtmp_walk {
	int64_t boot_wall_ms;
	bool this_boot; /* its record was passed */
};

/* One record, from the end; true: it settles the matter. */
static bool wtmp_step(struct wtmp_walk *w, const struct utmp *u, enum ending *ending)
{
	int64_t at_ms = (int64_t)u->ut_tv.tv_sec * 1000;

	if (u->ut_type == BOOT_TIME && !w->this_boot) {
		w->this_boot = llabs(at_ms - w->boot_wall_ms) <= BOOT_SLACK_MS;
		return !w->this_boot;
	}
	if (u->ut_type == BOOT_TIME)
		*ending = ENDING_UNCLEAN;
	else if (w->this_boot && u->ut_type == RUN_LVL && !strncmp(u->ut_user, "shutdown", sizeof(u->ut_user)))
		*ending = ENDING_CLEAN;
	return *ending != ENDING_UNKNOWN;
}

enum ending lastrun_wtmp(const char *var_root, int64_t boot_wall_ms)
{
	struct wtmp_walk walk = {.boot_wall_ms = boot_wall_ms};
	enum ending ending = ENDING_UNKNOWN;
	char path[PATH_MAX];
	struct utmp u;
	int fd;

	snprintf(path, sizeof(path), "%s/log/wtmp", var_root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ending;
	off_t at = lseek(fd, 0, SEEK_END) / (off_t)sizeof(u);
	for (int i = 0; i < WTMP_RECORDS && at-- > 0; i++)
		if (pread(fd, &u, sizeof(u), at * (off_t)sizeof(u)) != sizeof(u) || wtmp_step(&walk, &u, &ending))
			break;
	close(fd);
	return ending;
}

/* ---- pstore ---- */

/* A name in the folder that begins with `prefix` and was made since. */
static bool holds_since(const char *folder, const char *prefix, int64_t since_wall_ms)
{
	struct dirent *e;
	struct stat st;
	bool found = false;
	DIR *d = opendir(folder);

	while (d && !found && (e = readdir(d)))
		found = e->d_name[0] != '.' && !strncmp(e->d_name, prefix, strlen(prefix)) &&
		        !fstatat(dirfd(d), e->d_name, &st, 0) && (int64_t)st.st_mtime * 1000 >= since_wall_ms;
	if (d)
		closedir(d);
	return found;
}

bool lastrun_panicked(const char *sys_root, const char *var_root, int64_t boot_wall_ms)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/fs/pstore", sys_root);
	if (holds_since(path, "dmesg-", 0))
		return true;
	snprintf(path, sizeof(path), "%s/lib/systemd/pstore", var_root);
	return holds_since(path, "", boot_wall_ms - 60000);
}
