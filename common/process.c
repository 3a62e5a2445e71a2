#include "common/process.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/process_control.h"

#define BACKOFF_LEAST_MS 50
#define BACKOFF_MOST_MS 5000
#define QUICK_DEATH_MS 10000
#define STOP_PATIENCE_MS 10000

struct supervisor;

struct child {
	struct supervisor *sup;
	const struct process_role *role;
	unsigned index;
	pid_t pid;   /* 0 while it does not run */
	int control; /* our end */
	bool ready, was_ready;
	int64_t started_ms;
	uint64_t backoff_ms;
	uv_poll_t poll;
	uv_timer_t restart;
};

struct supervisor {
	const struct process_table *table;
	uv_loop_t loop;
	uv_signal_t sigchld, sigterm, sigint, sighup;
	uv_timer_t patience;
	struct child *children;
	size_t count;
	size_t starting; /* children before this one have been started */
	bool stopping;
	int status;
};

static void stop_next(struct supervisor *s);

static void child_tell(
        struct child *c, enum control_kind kind, const char *name, unsigned index, const char *text, int fd)
{
	if (c->pid)
		control_send(c->control, kind, name, index, text, fd);
}

/* A socket pair for each link of the child to a peer that runs. */
static void join_peers(struct supervisor *s, struct child *c)
{
	for (const struct process_link *l = s->table->links; l->a; l++) {
		bool is_a = !strcmp(l->a, c->role->name), is_b = !strcmp(l->b, c->role->name);
		for (size_t i = 0; (is_a || is_b) && i < s->count; i++) {
			struct child *peer = &s->children[i];
			int pair[2];
			if (!peer->pid || strcmp(peer->role->name, is_a ? l->b : l->a))
				continue;
			if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)) {
				log_error("no channel between %s and %s: %s", l->a, l->b, strerror(errno));
				continue;
			}
			child_tell(c, CONTROL_LINK, peer->role->name, peer->index, "", pair[0]);
			child_tell(peer, CONTROL_LINK, c->role->name, c->index, "", pair[1]);
			close(pair[0]);
			close(pair[1]);
		}
	}
}

/* Beside this binary; "" when that is too long. */
static const char *sister_path(const char *name, char *out, size_t size)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash || (size_t)snprintf(out, size, "%.*s/%s", (int)(slash - self), self, name) >= size)
		return "";
	return out;
}

static void child_exec(struct child *c, int control)
{
	char *const *old = c->sup->table->argv;
	char role[64], path[PATH_MAX];
	size_t n = 0;
	sigset_t none;

	while (old[n])
		n++;
	char **args = mem_alloc((n + 3) * sizeof(char *));
	memcpy(args, old, n * sizeof(char *));
	snprintf(role, sizeof(role), "%s:%u/%u", c->role->name, c->index, c->role->count);
	args[n] = "--role";
	args[n + 1] = role;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* dup2 of a descriptor onto itself would keep its close-on-exec */
	if (control == CONTROL_FD ? fcntl(control, F_SETFD, 0) : dup2(control, CONTROL_FD) < 0)
		_exit(127);
	execv(c->role->program ? sister_path(c->role->program, path, sizeof(path)) : "/proc/self/exe", args);
	_exit(127);
}

static void on_control(uv_poll_t *poll, int status, int events);

static int child_start(struct child *c)
{
	int pair[2];

	(void)c;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid_t pid = fork();
	if (!pid)
		child_exec(c, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		int err = -errno;
		close(pair[0]);
		return err;
	}
	c->pid = pid;
	c->control = pair[0];
	c->ready = false;
	c->started_ms = clock_boot_ms();
	uv_poll_init(&c->sup->loop, &c->poll, c->control);
	c->poll.data = c;
	uv_poll_start(&c->poll, UV_READABLE, on_control);
	join_peers(c->sup, c);
	return 0;
}

/* Starts the roles one after the other: the next one when all of the one before are ready. */
static void start_more(struct supervisor *s)
{
	for (size_t i = 0; i < s->starting; i++)
		if (!s->children[i].was_ready)
			return;
	if (s->starting == s->count || s->stopping)
		return;
	const struct process_role *role = s->children[s->starting].role;
	while (s->starting < s->count && s->children[s->starting].role == role) {
		struct child *c = &s->children[s->starting++];
		int err = child_start(c);
		if (err) {
			log_error("cannot start %s: %s", role->name, strerror(-err));
			s->status = 1;
			stop_next(s);
			return;
		}
	}
}

static void on_control(uv_poll_t *poll, int status, int events)
{
	struct child *c = poll->data;
	struct control_message m;

	(void)events;
	if (status < 0 || control_receive(c->control, &m) != 1) {
		uv_poll_stop(poll);
		return;
	}
	if (m.fd >= 0)
		close(m.fd);
	if (m.kind != CONTROL_READY)
		return;
	c->ready = c->was_ready = true;
	start_more(c->sup);
}

static void on_restart(uv_timer_t *t)
{
	struct child *c = t->data;

	if (c->sup->stopping || c->pid)
		return;
	int err = child_start(c);
	if (err) {
		log_error("cannot restart %s: %s", c->role->name, strerror(-err));
		uv_timer_start(t, on_restart, BACKOFF_MOST_MS, 0);
	}
}

static void describe(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}

static void tell_witness(const struct child *dead, const char *how)
{
	struct supervisor *s = dead->sup;

	for (size_t i = 0; i < s->count; i++)
		if (s->table->witness && !strcmp(s->children[i].role->name, s->table->witness))
			child_tell(&s->children[i], CONTROL_DEATH, dead->role->name, dead->index, how, -1);
}

static void on_death(struct child *c, int status)
{
	struct supervisor *s = c->sup;
	char how[80];
	int64_t lived_ms = clock_boot_ms() - c->started_ms;

	describe(status, how, sizeof(how));
	c->pid = 0;
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, NULL);
	close(c->control);
	if (s->stopping) {
		stop_next(s);
		return;
	}
	if (c->was_ready && status == 0) {
		log_info("%s:%u ended of its own will after %lld ms", c->role->name, c->index, (long long)lived_ms);
	} else {
		log_error("%s:%u died after %lld ms: %s", c->role->name, c->index, (long long)lived_ms, how);
		if (c->was_ready)
			tell_witness(c, how);
	}
	if (!c->was_ready) {
		s->status = 1;
		stop_next(s);
		return;
	}
	c->backoff_ms = lived_ms > QUICK_DEATH_MS || !c->backoff_ms ? BACKOFF_LEAST_MS : c->backoff_ms * 2;
	if (c->backoff_ms > BACKOFF_MOST_MS)
		c->backoff_ms = BACKOFF_MOST_MS;
	uv_timer_start(&c->restart, on_restart, c->backoff_ms, 0);
}

static void on_sigchld(uv_signal_t *sig, int number)
{
	struct supervisor *s = sig->data;
	int status;
	pid_t pid;

	(void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < s->count; i++)
			if (s->children[i].pid == pid)
				on_death(&s->children[i], status);
}

static void on_patience(uv_timer_t *t)
{
	struct supervisor *s = t->data;

	for (size_t i = 0; i < s->count; i++)
		if (s->children[i].pid) {
			log_warn("%s:%u does not stop, killed", s->children[i].role->name, s->children[i].index);
			kill(s->children[i].pid, SIGKILL);
		}
}

/* Stopping mirrors starting: the last role first, the next when it has gone. */
static void stop_next(struct supervisor *s)
{
	s->stopping = true;
	for (size_t i = s->count; i-- > 0;) {
		const struct process_role *role = s->children[i].role;
		if (!s->children[i].pid)
			continue;
		for (size_t k = 0; k < s->count; k++)
			if (s->children[k].role == role)
				child_tell(&s->children[k], CONTROL_STOP, "", 0, "", -1);
		uv_timer_start(&s->patience, on_patience, STOP_PATIENCE_MS, 0);
		return;
	}
	uv_stop(&s->loop);
}

static void on_signal(uv_signal_t *sig, int number)
{
	struct supervisor *s = sig->data;

	if (number != SIGHUP) {
		if (!s->stopping)
			stop_next(s);
		return;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->table->witness && !strcmp(s->children[i].role->name, s->table->witness))
			child_tell(&s->children[i], CONTROL_RELOAD, "", 0, "", -1);
}

static void supervisor_init(struct supervisor *s, const struct process_table *t)
{
	s->table = t;
	uv_loop_init(&s->loop);
	for (const struct process_role *r = t->roles; r->name; r++)
		s->count += r->count;
	s->children = mem_alloc(s->count * sizeof(struct child));
	size_t n = 0;
	for (const struct process_role *r = t->roles; r->name; r++)
		for (unsigned i = 0; i < r->count; i++) {
			struct child *c = &s->children[n++];
			*c = (struct child){.sup = s, .role = r, .index = i, .control = -1};
			uv_timer_init(&s->loop, &c->restart);
			c->restart.data = c;
		}
	uv_timer_init(&s->loop, &s->patience);
	s->patience.data = s;
	uv_signal_t *signals[] = {&s->sigchld, &s->sigterm, &s->sigint, &s->sighup};
	int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	for (size_t i = 0; i < 4; i++) {
		uv_signal_init(&s->loop, signals[i]);
		signals[i]->data = s;
		uv_signal_start(signals[i], i ? on_signal : on_sigchld, numbers[i]);
	}
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static int supervise(const struct process_table *table)
{
	struct supervisor s = {0};

	supervisor_init(&s, table);
	start_more(&s);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	uv_walk(&s.loop, close_handle, NULL);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	uv_loop_close(&s.loop);
	free(s.children);
	return s.status;
}

int process_main(const struct process_table *table, const char *role)
{
	char name[32];
	unsigned index, count;

	signal(SIGPIPE, SIG_IGN);
	if (!role)
		return supervise(table);
	/* a child must not outlive its supervisor: two of them on one state folder would */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sscanf(role, "%31[a-z]:%u/%u", name, &index, &count) == 3)
		for (const struct process_role *r = table->roles; r->name; r++)
			if (!strcmp(r->name, name)) {
				struct process *self = control_child_new(name, index, count);
				int status = r->run(self, table->arg);
				free(self);
				return status;
			}
	log_error("--role is for the supervisor only");
	return 2;
}
