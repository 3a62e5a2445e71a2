#include "common/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

/* ---- capabilities and user ---- */

static int set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (unsigned i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(keep >> 32 * i);
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int switch_user(const char *name, bool keep_some)
{
	struct passwd *pw = getpwnam(name);

	if (!pw) {
		log_error("user %s does not exist: make it (adduser --system %s) or leave `user` out", name, name);
		return -ENOENT;
	}
	if (keep_some && prctl(PR_SET_KEEPCAPS, 1))
		return -errno;
	if (initgroups(name, pw->pw_gid) || setgid(pw->pw_gid) || setuid(pw->pw_uid)) {
		log_error("cannot become user %s: %s", name, strerror(errno));
		return -errno;
	}
	return 0;
}

static int drop_privileges(const struct sandbox *rules)
{
	bool root = !geteuid();

	for (unsigned cap = 0; root && cap < 64; cap++)
		if (!(rules->keep_capabilities >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) && errno != EINVAL)
			break; /* no CAP_SETPCAP: what we do not have we cannot pass on either */
	if (root && rules->user) {
		int err = switch_user(rules->user, rules->keep_capabilities);
		if (err)
			return err;
	}
	int err = set_capabilities(root ? rules->keep_capabilities : 0);
	if (err && root) {
		log_error("cannot give up capabilities: %s", strerror(-err));
		return err;
	}
	/* a change of user forgets who our supervisor is */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

/* ---- Landlock ---- */

#define LANDLOCK_TRUNCATE (UINT64_C(1) << 14) /* ABI 3, younger than Debian 12's header */
#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_TRUNCATE)
#define RIGHTS_WRITE                                                                                                   \
	(RIGHTS_READ | RIGHTS_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                  \
	        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |             \
	        LANDLOCK_ACCESS_FS_REFER)

static int allow_path(int ruleset, const struct sandbox_path *p, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {
	        .allowed_access = p->mode == SANDBOX_WRITE ? RIGHTS_WRITE : RIGHTS_READ};
	struct stat st;

	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= RIGHTS_FILE;
	rule.allowed_access &= handled;
	int err = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
	close(rule.parent_fd);
	return err;
}

static int enter_landlock(const struct sandbox *rules)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		log_debug("this kernel has no Landlock: files are guarded by ownership only");
		return 0;
	}
	struct landlock_ruleset_attr attr = {.handled_access_fs = abi >= 3 ? 0x7fff : abi == 2 ? 0x3fff : 0x1fff};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0), err = 0;
	if (fd < 0)
		return -errno;
	for (const struct sandbox_path *p = rules->paths; p && p->path && !err; p++) {
		err = allow_path(fd, p, attr.handled_access_fs);
		if (err)
			log_error("Landlock: %s: %s", p->path, strerror(-err));
	}
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err;
}

/* ---- seccomp ---- */

#define C(name) SCMP_SYS(name)

/* What libuv, glibc and threads need in every role. */
static const int calls_common[] = {C(read), C(write), C(readv), C(writev), C(pread64), C(pwrite64), C(preadv),
        C(pwritev), C(close), C(fstat), C(newfstatat), C(stat), C(lstat), C(statx), C(lseek), C(mmap), C(mprotect),
        C(munmap), C(mremap), C(brk), C(madvise), C(futex), C(epoll_wait), C(epoll_pwait), C(epoll_pwait2),
        C(epoll_ctl), C(epoll_create1), C(eventfd2), C(pipe2), C(clock_gettime), C(clock_getres), C(clock_nanosleep),
        C(nanosleep), C(gettimeofday), C(time), C(gettid), C(getpid), C(getppid), C(getrandom), C(rt_sigaction),
        C(rt_sigprocmask), C(rt_sigreturn), C(rt_sigpending), C(sigaltstack), C(exit), C(exit_group),
        C(set_robust_list), C(rseq), C(sched_yield), C(sched_getaffinity), C(prlimit64), C(getrlimit), C(getrusage),
        C(times), C(sysinfo), C(uname), C(recvmsg), C(sendmsg), C(recvfrom), C(sendto), C(recvmmsg), C(sendmmsg),
        C(getsockopt), C(setsockopt), C(getsockname), C(getpeername), C(shutdown), C(ioctl), C(fcntl), C(dup), C(dup2),
        C(dup3), C(access), C(faccessat), C(faccessat2), C(readlink), C(readlinkat), C(getdents64), C(getcwd), C(poll),
        C(ppoll), C(select), C(pselect6), C(restart_syscall), C(tgkill), C(membarrier), C(statfs), C(fstatfs), C(umask),
        C(getuid), C(geteuid), C(getgid), C(getegid), C(timerfd_create), C(timerfd_settime), C(mlock), C(munlock),
        C(prctl), C(arch_prctl), C(set_tid_address), C(socketpair), C(get_mempolicy), C(getcpu), C(sched_getparam),
        C(sched_getscheduler), C(sched_get_priority_max), C(sched_get_priority_min), C(adjtimex), C(clock_adjtime),
        C(capget)};

static const int calls_files[] = {C(open), C(openat), C(creat), C(fsync), C(fdatasync), C(ftruncate), C(truncate),
        C(rename), C(renameat), C(renameat2), C(unlink), C(unlinkat), C(mkdir), C(mkdirat), C(rmdir), C(flock),
        C(fallocate), C(fadvise64), C(msync), C(syncfs), C(sync_file_range), C(chmod), C(fchmod), C(fchmodat), C(chown),
        C(fchown), C(lchown), C(fchownat), C(utimensat), C(link), C(linkat), C(copy_file_range), C(sendfile)};

static const int calls_connect[] = {C(connect)};
static const int calls_listen[] = {C(bind), C(listen), C(accept), C(accept4)};
static const int calls_netlink[] = {C(bind)};
static const int calls_spawn[] = {C(fork), C(vfork), C(execve), C(wait4), C(waitid), C(kill), C(clone)};

static const struct {
	unsigned group; /* 0: always */
	const int *calls;
	size_t count;
	int families[4]; /* of socket() that come with it; 0 ends */
} groups[] = {
#define GROUP(g, table, ...)                                                                                           \
	{                                                                                                              \
		g, table, sizeof(table) / sizeof((table)[0]),                                                          \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
        GROUP(0, calls_common, 0),
        GROUP(SANDBOX_FILES, calls_files, 0),
        GROUP(SANDBOX_CONNECT, calls_connect, AF_INET, AF_INET6, AF_UNIX),
        GROUP(SANDBOX_LISTEN, calls_listen, AF_INET, AF_INET6, AF_UNIX),
        GROUP(SANDBOX_NETLINK, calls_netlink, AF_NETLINK),
        GROUP(SANDBOX_SPAWN, calls_spawn, 0),
};

/* Threads only: clone() with CLONE_THREAD; clone3 says ENOSYS so that glibc falls back to clone. */
static int allow_threads(scmp_filter_ctx ctx)
{
	int err = seccomp_rule_add(
	        ctx, SCMP_ACT_ALLOW, C(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));

	return err ? err : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), C(clone3), 0);
}

static int allow_reading(scmp_filter_ctx ctx)
{
	const unsigned writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, C(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));

	return err ? err
	           : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, C(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

static int fill_filter(scmp_filter_ctx ctx, unsigned wanted)
{
	int err = wanted & SANDBOX_SPAWN ? 0 : allow_threads(ctx);

	if (!err && !(wanted & SANDBOX_FILES))
		err = allow_reading(ctx);
	for (size_t g = 0; !err && g < sizeof(groups) / sizeof(groups[0]); g++) {
		if (groups[g].group && !(wanted & groups[g].group))
			continue;
		for (size_t i = 0; !err && i < groups[g].count; i++)
			err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, groups[g].calls[i], 0);
		for (size_t i = 0; !err && groups[g].families[i]; i++)
			err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, C(socket), 1,
			        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)groups[g].families[i], 0));
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

static int enter_seccomp(unsigned wanted)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return -ENOMEM;
	int err = fill_filter(ctx, wanted);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

int sandbox_enter(const struct sandbox *rules)
{
	const char *setting = getenv("SANSANG_SANDBOX");
	int err = drop_privileges(rules);

	if (err)
		return err;
	if (setting && !strcmp(setting, "off")) {
		log_warn("SANSANG_SANDBOX=off: neither seccomp nor Landlock guards this process");
		return 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	err = enter_landlock(rules);
	if (!err)
		err = enter_seccomp(rules->calls);
	if (err)
		log_error("cannot enter the sandbox: %s", strerror(-err));
	return err;
}
