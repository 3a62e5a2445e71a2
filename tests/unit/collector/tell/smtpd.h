/* Starts tests/lab/smtpd.py (run from the project's folder) on a free port of 127.0.0.1. */
#ifndef TESTS_TELL_SMTPD_H
#define TESTS_TELL_SMTPD_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct smtpd {
	pid_t pid;
	int port;
	char dir[64], url[64];
};

static inline int port_free(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || getsockname(fd, (struct sockaddr *)&a, &len))
		abort();
	close(fd);
	return ntohs(a.sin_port);
}

/* A folder and an address; nobody listens there yet. */
static inline void smtpd_prepare(struct smtpd *s)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->dir, "/tmp/smtpd-XXXXXX");
	if (!mkdtemp(s->dir))
		abort();
	s->port = port_free();
	snprintf(s->url, sizeof(s->url), "smtp://127.0.0.1:%d", s->port);
}

/* option: "--refuse=550" and the like, or NULL. Waits until it listens. */
static inline void smtpd_start(struct smtpd *s, const char *option, const char *more)
{
	char port[16], word;
	int out[2];

	snprintf(port, sizeof(port), "%d", s->port);
	if (pipe(out))
		abort();
	s->pid = fork();
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves none behind */
		dup2(out[1], 1);
		execl("/usr/bin/python3", "python3", "tests/lab/smtpd.py", port, s->dir, option, more, NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], &word, 1) != 1)
		abort();
	close(out[0]);
}

static inline void smtpd_stop(struct smtpd *s)
{
	if (!s->pid)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

/* The n-th mail (from 1), malloc'ed; NULL when there is none. */
static inline char *smtpd_mail(const struct smtpd *s, int n)
{
	char path[128], *text = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%04d.eml", s->dir, n);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0)
		abort();
	fclose(f);
	return text;
}

static inline void smtpd_clear(struct smtpd *s)
{
	char path[128];

	smtpd_stop(s);
	for (int n = 1; n < 100; n++) {
		snprintf(path, sizeof(path), "%s/%04d.eml", s->dir, n);
		unlink(path);
	}
	rmdir(s->dir);
}

#endif
