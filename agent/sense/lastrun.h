/*
 * lastrun: the file that says how far this run of the host came, for the next one to read; and other witnesses of its end.
 *
 * Text, one line, overwritten in place: "BOOT_ID(32 hex) running|stopped BOOT_MS WALL_MS". Runs in the agent process.
 */
#ifndef SANSANG_LASTRUN_H
#define SANSANG_LASTRUN_H

#include <stdbool.h>

#include "common/clock.h"

struct lastrun {
	uint8_t boot_id[BOOT_ID_BYTES];
	bool stopped;             /* the agent was asked to stop */
	int64_t boot_ms, wall_ms; /* by that run's own clocks, when it was last written */
};

/* 0; -ENOENT: the first run; -EINVAL: it makes no sense; -errno. */
int lastrun_read(const char *state_dir, struct lastrun *out);
/* A descriptor for lastrun_write, or -errno. */
int lastrun_open(const char *state_dir);
/* 0 or -errno; `sync` waits until it is on the disk. */
int lastrun_write(int fd, const struct lastrun *r, bool sync);

enum ending { ENDING_UNKNOWN, ENDING_CLEAN, ENDING_UNCLEAN };

/*
 * What wtmp (utmp(5), <var>/log/wtmp) says of the run before the boot that began at `boot_wall_ms`: whether a shutdown record stands
 * before that boot's record. Unknown when there is no record of this very boot (within ten minutes).
 */
enum ending lastrun_wtmp(const char *var_root, int64_t boot_wall_ms);
/* The kernel left its last words in <sys>/fs/pstore, or systemd-pstore put them aside since `boot_wall_ms`. */
bool lastrun_panicked(const char *sys_root, const char *var_root, int64_t boot_wall_ms);

#endif
