/*
 * mounts: the local file systems: which has the fewest inodes left, and which stopped taking writes.
 *
 * A file system is read-only against its will when it was writable at first sight, or <etc>/fstab wants it so, and it is not
 * now: that is how a dying disk ends under ext4's errors=remount-ro, which the kernel does not announce. Bind mounts of one
 * device count once. Runs in the agent process; fstab is read in mounts_open().
 */
#ifndef SANSANG_MOUNTS_H
#define SANSANG_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct mounts;

struct mounts_handlers {
	/* `path` (where), `type` ("ext4") and `device` are borrowed during the call. */
	void (*on_readonly)(void *arg, const char *path, const char *type, const char *device, bool readonly);
	void *arg;
};

/* `proc_root` "/proc", `etc_root` "/etc"; what cannot be read has no file systems. Borrows both and `handlers`. */
struct mounts *mounts_open(const char *proc_root, const char *etc_root, const struct mounts_handlers *handlers);
void mounts_close(struct mounts *m);
/* Reads the kernel's list anew: once a minute. */
void mounts_list(struct mounts *m);
/*
 * Looks at each: how many are read-only against their will, and share of used inodes of the fullest in percent (NAN unknown;
 * file systems without fixed inodes, as btrfs, say nothing).
 */
int64_t mounts_look(struct mounts *m, double *inodes_pct);

#endif
