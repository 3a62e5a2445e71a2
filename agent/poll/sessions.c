#include "agent/poll/session_inner.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/poll/library.h"
#include "common/log.h"
#include "common/memory.h"

#define EVENTS_MAX 64
#define DATAGRAM_ROOM (64 * 1024)
#define ROUNDS_EXTRA 3 /* a request that net-snmp lost ends after so many timeouts more than it may have */

static void on_timer(uv_timer_t *t);

static void timer_by(struct sessions *set, uint64_t due_ms)
{
	uint64_t now_ms = uv_now(set->loop);

	if (set->timer_ms && set->timer_ms <= due_ms)
		return;
	set->timer_ms = due_ms;
	uv_timer_start(&set->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void session_wait(struct session *s, uint64_t due_ms)
{
	s->deadline_ms = due_ms;
	timer_by(s->set, due_ms);
}

static void session_free(struct session *s)
{
	session_drop(s);
	explicit_bzero(&s->spec, sizeof(s->spec));
	free(s);
}

/* net-snmp is out of its call: what was to go goes. */
void sessions_settle(struct sessions *set)
{
	struct session **link = &set->first, *s;

	if (--set->busy || !set->dirty)
		return;
	set->dirty = false;
	while ((s = *link)) {
		if (s->closed) {
			*link = s->next;
			session_free(s);
			continue;
		}
		if (s->drop)
			session_drop(s);
		link = &s->next;
	}
}

static void handle_read(struct session *s)
{
	netsnmp_transport *t = snmp_sess_transport(s->handle);
	netsnmp_session *ns = snmp_sess_session(s->handle);
	int fd = t->sock;

	NETSNMP_LARGE_FD_SET(fd, &s->set->ready);
	if (snmp_sess_read2(s->handle, &s->set->ready) && ns->s_snmp_errno == SNMPERR_BAD_RECVFROM &&
	        session_reason(ns->s_errno) == REASON_REFUSED && s->on_answer) {
		s->drop = s->set->dirty = true;
		session_finish(s, REASON_REFUSED, NULL);
	}
	NETSNMP_LARGE_FD_CLR(fd, &s->set->ready);
}

static void on_sockets(uv_poll_t *poll, int status, int events)
{
	struct sessions *set = poll->data;
	struct epoll_event got[EVENTS_MAX];
	int count = status < 0 ? 0 : epoll_wait(set->epoll, got, EVENTS_MAX, 0);

	(void)events;
	set->busy++;
	for (int i = 0; i < count; i++) {
		struct session *s = got[i].data.ptr;

		if (s->closed || s->drop)
			continue;
		if (s->phase == PHASE_ENGINE)
			session_discovered(s);
		else if (s->phase == PHASE_OPEN)
			handle_read(s);
	}
	sessions_settle(set);
}

static void session_due(struct session *s)
{
	if (s->failed) {
		enum reason reason = s->failed;

		if (s->phase == PHASE_ENGINE)
			s->drop = s->set->dirty = true;
		session_finish(s, reason, s->note);
	} else if (s->phase == PHASE_CLOSED) {
		session_begin(s);
	} else if (s->phase == PHASE_NAME) {
		session_finish(s, REASON_DNS, "its name is not answered");
	} else if (s->phase == PHASE_ENGINE && s->rounds++ < s->retries) {
		s->resent++;
		session_discover(s);
	} else if (s->phase == PHASE_OPEN && s->rounds++ <= s->retries + ROUNDS_EXTRA) {
		snmp_sess_timeout(s->handle);
		if (s->on_answer && !s->failed)
			session_wait(s, uv_now(s->set->loop) + (uint64_t)s->timeout_ms);
	} else {
		s->drop = s->set->dirty = true;
		session_finish(s, REASON_TIMEOUT, NULL);
	}
}

static void on_timer(uv_timer_t *t)
{
	struct sessions *set = t->data;
	uint64_t now_ms = uv_now(set->loop), next_ms = UINT64_MAX;

	set->timer_ms = now_ms; /* nothing below sets it before we have seen them all */
	set->busy++;
	for (struct session *s = set->first; s; s = s->next) {
		if (!s->closed && s->on_answer && s->deadline_ms <= now_ms && !(s->drop && s->phase != PHASE_CLOSED))
			session_due(s);
	}
	sessions_settle(set);
	for (struct session *s = set->first; s; s = s->next)
		if (s->on_answer && s->deadline_ms < next_ms)
			next_ms = s->deadline_ms;
	set->timer_ms = 0;
	if (next_ms != UINT64_MAX)
		timer_by(set, next_ms);
}

void session_close(struct session *s)
{
	struct sessions *set = s->set;

	if (s->on_answer)
		session_forget(s);
	if (s->lookup) {
		s->lookup->data = NULL;
		uv_cancel((uv_req_t *)s->lookup);
	}
	s->closed = set->dirty = true;
	set->busy++;
	sessions_settle(set);
}

struct session *session_open(struct sessions *set, const struct gear_spec *spec)
{
	struct session *s = mem_alloc(sizeof(*s));

	s->set = set;
	s->spec = *spec;
	s->next = set->first;
	set->first = s;
	return s;
}

/* ---- the set ---- */

struct sessions *sessions_new(uv_loop_t *loop)
{
	struct sessions *set = mem_alloc(sizeof(*set));

	library_start();
	/* net-snmp takes 64 KB for each datagram that it reads: mapping and unmapping them costs a fifth of all polling */
	mallopt(M_MMAP_THRESHOLD, DATAGRAM_ROOM + DATAGRAM_ROOM / 8);
	mallopt(M_TRIM_THRESHOLD, DATAGRAM_ROOM * 5 / 2);
	set->loop = loop;
	set->keys = keys_new();
	set->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll < 0)
		log_die("no epoll set for SNMP: %s", strerror(errno));
	netsnmp_large_fd_set_init(&set->ready, FD_SETSIZE);
	uv_poll_init(loop, &set->poll, set->epoll);
	uv_timer_init(loop, &set->timer);
	set->poll.data = set->timer.data = set;
	set->open_handles = 2;
	uv_poll_start(&set->poll, UV_READABLE, on_sockets);
	return set;
}

static void on_closed(uv_handle_t *h)
{
	struct sessions *set = h->data;

	if (--set->open_handles)
		return;
	close(set->epoll);
	netsnmp_large_fd_set_cleanup(&set->ready);
	keys_free(set->keys);
	free(set);
}

void sessions_close(struct sessions *set)
{
	uv_close((uv_handle_t *)&set->poll, on_closed);
	uv_close((uv_handle_t *)&set->timer, on_closed);
}
