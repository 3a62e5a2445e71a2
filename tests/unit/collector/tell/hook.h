/* Starts tests/lab/hook.py (run from the project's folder) on a free port of 127.0.0.1. */
#ifndef TESTS_TELL_HOOK_H
#define TESTS_TELL_HOOK_H

#include "tests/unit/collector/tell/smtpd.h"

struct hook {
	pid_t pid;
	int port;
	char dir[64], url[64];
};

static inline void hook_prepare(struct hook *h)
{
	memset(h, 0, sizeof(*h));
	strcpy(h->dir, "/tmp/hook-XXXXXX");
	if (!mkdtemp(h->dir))
		abort();
	h->port = port_free();
	snprintf(h->url, sizeof(h->url), "http://127.0.0.1:%d/alarm", h->port);
}

/* `a`, `b`: the statuses of the first and of all further posts; b may be NULL. */
static inline void hook_start(struct hook *h, const char *a, const char *b)
{
	char port[16], word;
	int out[2];

	hook_prepare(h);
	snprintf(port, sizeof(port), "%d", h->port);
	if (pipe(out))
		abort();
	h->pid = fork();
	if (!h->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves none behind */
		dup2(out[1], 1);
		execl("/usr/bin/python3", "python3", "tests/lab/hook.py", port, h->dir, a, b, NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], &word, 1) != 1)
		abort();
	close(out[0]);
}

/* The n-th post with its headers, or NULL; malloc'ed. */
static inline char *hook_post(const struct hook *h, int n)
{
	char path[96], *text = NULL;
	FILE *f;
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/%d.post", h->dir, n);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	if (getdelim(&text, &len, '\0', f) < 0)
		abort();
	fclose(f);
	return text;
}

static inline void hook_clear(struct hook *h)
{
	char path[96];

	if (h->pid) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	for (int n = 1; n < 100; n++) {
		snprintf(path, sizeof(path), "%s/%d.post", h->dir, n);
		unlink(path);
	}
	rmdir(h->dir);
}

#endif
