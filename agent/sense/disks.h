/*
 * disks: what the kernel knows of dying disks, from <sys>/block and <sys>/fs/ext4.
 *
 * A disk is bad when its device is offline or dead, when it refuses to be written to since we look, when nothing it was asked for
 * came back within a minute, when an md array lacks members, when flash (eMMC) is worn out by its own account (JEDEC 84-B51:
 * life time 0x0b, pre-EOL 3), or when ext4 counted errors on it (by its partition: "sda1"). SMART is not read: that needs rights
 * we do not keep. Runs in the agent process; a look costs some 5 files a disk: once a minute.
 */
#ifndef SANSANG_DISKS_H
#define SANSANG_DISKS_H

#include <stdint.h>

struct disks;

struct disks_handlers {
	/* `name` ("sda", "md0", "sda1") went bad, `fault` says how in words, or is well again (NULL); borrowed during the call. */
	void (*on_disk)(void *arg, const char *name, const char *fault);
	void *arg;
};

/* Borrows both. Never fails: no disks, nothing to tell. */
struct disks *disks_open(const char *sys_root, const struct disks_handlers *handlers);
void disks_close(struct disks *d);
/* How many are bad. */
int64_t disks_look(struct disks *d);

#endif
