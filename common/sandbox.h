/*
 * sandbox: what a role keeps after start-up; all else is gone for good.
 *
 * Drops every capability but those named, sets no_new_privs, undumpable, switches to
 * `user` when started as root and one is named, applies Landlock file rules
 * (best effort: said in the log where the kernel has none) and a seccomp filter:
 * a common set of system calls that every libuv process needs plus the groups
 * named. A forbidden call gives EPERM.
 */
#ifndef SANSANG_SANDBOX_H
#define SANSANG_SANDBOX_H

#include <stdint.h>

enum sandbox_calls {
	SANDBOX_CONNECT = 1 << 0, /* socket(), connect(): AF_INET, AF_INET6, AF_UNIX */
	SANDBOX_LISTEN = 1 << 1,  /* bind(), listen(), accept4() */
	SANDBOX_NETLINK = 1 << 2, /* AF_NETLINK sockets */
	SANDBOX_FILES = 1 << 3,   /* open for writing, rename, unlink, mkdir, fsync, flock (Landlock says where) */
	SANDBOX_SPAWN = 1 << 4,   /* threads are always allowed; this adds fork and exec */
};

enum sandbox_path_mode { SANDBOX_READ, SANDBOX_WRITE }; /* WRITE includes making and removing files below */

struct sandbox_path {
	const char *path; /* a missing path is left out silently */
	enum sandbox_path_mode mode;
};

struct sandbox {
	const char *user;                 /* NULL: keep the uid */
	unsigned calls;                   /* of enum sandbox_calls */
	uint64_t keep_capabilities;       /* bits 1 << CAP_x */
	const struct sandbox_path *paths; /* ends with path NULL; NULL means no file at all */
};

/* 0, or -errno with the reason logged: the role must then exit. SANSANG_SANDBOX=off in the environment skips seccomp and Landlock (debuggers, sanitizers). */
int sandbox_enter(const struct sandbox *rules);

#endif
