/*
 * witness: what a sense under test told, and a network of its own to be tested in.
 *
 * Include it after the .c under test. A network needs root: network_run() gives -1 without.
 */
#ifndef SANSANG_TESTS_WITNESS_H
#define SANSANG_TESTS_WITNESS_H

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "agent/sense/sense.h"

#define WITNESS_EVENTS 32

struct witness {
	struct sink sink;
	struct sense_context context;
	uv_loop_t loop;
	char events[WITNESS_EVENTS][256]; /* "KIND TEXT" */
	unsigned count, urgents;
};

static inline void witness_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	(void)arg;
	(void)class_id;
	(void)subject;
	(void)boot_ms;
	(void)values;
}

static inline void witness_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct witness *w = arg;

	(void)boot_ms;
	if (w->count < WITNESS_EVENTS)
		snprintf(w->events[w->count++], sizeof(w->events[0]), "%s %s", kind, text);
}

static inline void witness_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	(void)arg;
	(void)boot_ms;
	(void)class_id;
	(void)subject;
	(void)up;
	(void)reason;
}

static inline void witness_urgent(void *arg)
{
	((struct witness *)arg)->urgents++;
}

static inline void witness_open(struct witness *w)
{
	memset(w, 0, sizeof(*w));
	w->sink = (struct sink){
	        .row = witness_row, .event = witness_event, .state = witness_state, .urgent = witness_urgent, .arg = w};
	uv_loop_init(&w->loop);
	w->context = (struct sense_context){
	        .loop = &w->loop, .sink = &w->sink, .proc_root = "/proc", .sys_root = "/sys", .etc_root = "/etc"};
}

/* Whether it told this; "..." at the end stands for anything. */
static inline bool witness_heard(const struct witness *w, const char *what)
{
	size_t len = strlen(what);
	bool begins = len > 3 && !strcmp(what + len - 3, "...");

	for (unsigned i = 0; i < w->count; i++)
		if (begins ? !strncmp(w->events[i], what, len - 3) : !strcmp(w->events[i], what))
			return true;
	return false;
}

static inline void witness_print(const struct witness *w)
{
	for (unsigned i = 0; i < w->count; i++)
		fprintf(stderr, "told: %s\n", w->events[i]);
}

/* Turns the loop until it told so, ten seconds at most. */
static inline bool witness_await(struct witness *w, const char *what)
{
	for (int i = 0; i < 1000 && !witness_heard(w, what); i++) {
		uv_run(&w->loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	if (!witness_heard(w, what))
		witness_print(w);
	return witness_heard(w, what);
}

/* Exit status of `test` in a network of its own with the wire wa (02:00:00:00:00:0a) -- wb; -1: not allowed here. */
static inline int network_run(int (*test)(void))
{
	int status;
	pid_t pid;

	if (geteuid())
		return -1;
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET))
			_exit(77);
		if (system("ip link set lo up && ip link add wa address 02:00:00:00:00:0a type veth peer name wb && "
		           "ip link set wa up && ip link set wb up"))
			_exit(77);
		_exit(test());
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return -1;
	return status;
}

#endif
