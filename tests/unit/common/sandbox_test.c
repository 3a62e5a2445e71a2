/* sandbox: each forbidden thing is tried from inside, in a child of its own. */
#include "common/sandbox.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/wait.h>

/* 0 allowed, else the errno met. */
static int try_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int try_read(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int try_socket(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int try_exec(const char *unused)
{
	(void)unused;
	execl("/bin/true", "true", NULL);
	return errno;
}

static int try_fork(const char *unused)
{
	(void)unused;
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	return pid < 0 ? errno : 0;
}

struct attempt {
	unsigned calls;
	int (*what)(const char *);
	const char *path;
	bool allowed;
};

static int try_inet(const char *unused)
{
	(void)unused;
	return try_socket(AF_INET);
}

static int try_raw(const char *unused)
{
	(void)unused;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	return fd < 0 ? errno : 0;
}

static int attempt_in_child(const struct attempt *a, const char *folder)
{
	const struct sandbox_path paths[] = {{folder, SANDBOX_WRITE}, {"/etc", SANDBOX_READ}, {0}};
	const struct sandbox rules = {.calls = a->calls, .paths = paths};
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(sandbox_enter(&rules) ? 255 : a->what(a->path));
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_attempts(void **state)
{
	char folder[] = "/tmp/sandbox_test.XXXXXX", inside[64];
	const struct attempt attempts[] = {
	        {SANDBOX_FILES, try_write, inside, true},
	        {SANDBOX_FILES, try_write, "/tmp/sandbox_test.outside", false},
	        {0, try_write, inside, false},
	        {0, try_read, "/etc/passwd", true},
	        {0, try_read, "/proc/self/maps", false},
	        {0, try_inet, NULL, false},
	        {SANDBOX_CONNECT, try_inet, NULL, true},
	        {SANDBOX_CONNECT | SANDBOX_LISTEN | SANDBOX_FILES, try_raw, NULL, false},
	        {SANDBOX_CONNECT | SANDBOX_LISTEN | SANDBOX_FILES, try_exec, NULL, false},
	        {SANDBOX_CONNECT | SANDBOX_LISTEN | SANDBOX_FILES, try_fork, NULL, false},
	};

	(void)state;
	unsetenv("SANSANG_SANDBOX");
	assert_non_null(mkdtemp(folder));
	snprintf(inside, sizeof(inside), "%s/file", folder);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int got = attempt_in_child(&attempts[i], folder);
		if ((got == 0) != attempts[i].allowed || got == 255)
			fail_msg("attempt %zu: status %d (%s)", i, got, strerror(got));
	}
	unlink(inside);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
