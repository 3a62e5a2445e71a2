#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/process_control.h"

#define LINKS_WAITING_MAX 256

struct waiting_link {
	char name[32];
	unsigned index;
	int fd;
};

struct process {
	char name[32];
	unsigned index, count;
	uv_poll_t poll;
	uv_timer_t later;
	const struct process_events *events;
	void *arg;
	struct waiting_link links[LINKS_WAITING_MAX];
	size_t link_count;
	bool listening;
};

struct control_wire {
	uint32_t kind, index;
	char name[32], text[96];
};

void control_send(int control, enum control_kind kind, const char *name, unsigned index, const char *text, int fd)
{
	struct control_wire w = {.kind = kind, .index = index};
	struct iovec iov = {&w, sizeof(w)};
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	snprintf(w.name, sizeof(w.name), "%s", name);
	snprintf(w.text, sizeof(w.text), "%s", text);
	if (fd >= 0) {
		msg.msg_control = space;
		msg.msg_controllen = sizeof(space);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	if (sendmsg(control, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("control message %d not sent: %s", (int)kind, strerror(errno));
}

int control_receive(int control, struct control_message *m)
{
	struct control_wire w;
	struct iovec iov = {&w, sizeof(w)};
	char space[CMSG_SPACE(sizeof(int))];
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};

	m->fd = -1;
	ssize_t n = recvmsg(control, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&m->fd, CMSG_DATA(c), sizeof(int));
	if (n != sizeof(w))
		return 0;
	m->kind = w.kind;
	m->index = w.index;
	snprintf(m->name, sizeof(m->name), "%.31s", w.name);
	snprintf(m->text, sizeof(m->text), "%.95s", w.text);
	return 1;
}

struct process *control_child_new(const char *name, unsigned index, unsigned count)
{
	struct process *p = mem_alloc(sizeof(*p));

	snprintf(p->name, sizeof(p->name), "%s", name);
	p->index = index;
	p->count = count;
	/* helpers that we start must not hold it */
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	return p;
}

/*
 * A peer's successor is announced in the same turn in which its predecessor's
 * hang-up is noticed: waiting for the next turn lets every on_close come first.
 */
static void on_later(uv_timer_t *t)
{
	struct process *p = t->data;
	size_t n = p->link_count;

	p->link_count = 0;
	for (size_t i = 0; i < n; i++)
		p->events->on_link(p->links[i].name, p->links[i].index, p->links[i].fd, p->arg);
}

static void on_message(struct process *p, struct control_message *m)
{
	if (m->kind == CONTROL_LINK && m->fd >= 0 && p->link_count < LINKS_WAITING_MAX) {
		struct waiting_link *l = &p->links[p->link_count++];
		memcpy(l->name, m->name, sizeof(l->name));
		l->index = m->index;
		l->fd = m->fd;
		uv_timer_start(&p->later, on_later, 0, 0);
		return;
	}
	if (m->fd >= 0)
		close(m->fd);
	if (m->kind == CONTROL_STOP)
		p->events->on_stop(p->arg);
	else if (m->kind == CONTROL_RELOAD && p->events->on_reload)
		p->events->on_reload(p->arg);
	else if (m->kind == CONTROL_DEATH && p->events->on_death)
		p->events->on_death(m->name, m->index, m->text, p->arg);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct process *p = poll->data;
	struct control_message m;
	int got = 0;

	(void)events;
	while (status >= 0 && !uv_is_closing((uv_handle_t *)poll) && (got = control_receive(CONTROL_FD, &m)) == 1)
		on_message(p, &m);
	/* without a supervisor there is no one to work for */
	if (status < 0 || !got || (got < 0 && got != -EAGAIN && got != -EINTR))
		_exit(1);
}

static void on_signal_ignored(int number)
{
	(void)number;
}

void process_listen(struct process *p, uv_loop_t *loop, const struct process_events *events, void *arg)
{
	struct sigaction act = {.sa_handler = on_signal_ignored, .sa_flags = SA_RESTART};

	/* Ctrl-C reaches the whole group, systemd's stop all processes: but the supervisor says who stops when */
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	p->events = events;
	p->arg = arg;
	if (uv_poll_init(loop, &p->poll, CONTROL_FD))
		log_die("descriptor %d is not the supervisor's", CONTROL_FD);
	uv_timer_init(loop, &p->later);
	p->poll.data = p->later.data = p;
	uv_poll_start(&p->poll, UV_READABLE, on_poll);
	p->listening = true;
}

void process_close(struct process *p)
{
	if (!p->listening)
		return;
	p->listening = false;
	uv_close((uv_handle_t *)&p->poll, NULL);
	uv_close((uv_handle_t *)&p->later, NULL);
	for (size_t i = 0; i < p->link_count; i++)
		close(p->links[i].fd);
	p->link_count = 0;
}

void process_ready(struct process *p)
{
	(void)p;
	control_send(CONTROL_FD, CONTROL_READY, "", 0, "", -1);
}

const char *process_role_name(const struct process *p)
{
	return p->name;
}

unsigned process_index(const struct process *p)
{
	return p->index;
}

unsigned process_count(const struct process *p)
{
	return p->count;
}
