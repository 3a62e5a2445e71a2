#include "agent/probe/trace.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/probe/icmp.h"
#include "agent/probe/names.h"
#include "agent/probe/trace_run.h"
#include "agent/probe/trace_tcp.h"
#include "common/memory.h"

#define NAME_WAIT_MS 5000
#define SOCKET_WAIT_MS 10000 /* for others to give theirs back */
#define SOCKET_AGAIN_MS 100
#define LASTS_MOST_MS 30000
#define EVENTS_MAX 16
#define ECHO_DATA UINT32_MAX /* the echo socket's in the epoll set */

struct trace {
	uv_loop_t *loop;
	struct icmp *icmp;
	struct trace_request request;
	trace_on_done on_done;
	void *arg;
	struct names *names;
	bool running, over;
	uint64_t begun_ms;
	struct trace_way way; /* without a port */
	int epoll;
	uv_timer_t timer;
	uv_poll_t poll;
	unsigned open_handles;
	struct trace_socket echo;
	struct trace_tcp tcp;
	struct trace_run run;
};

static void trace_pump(struct trace *t);

/* ---- ending ---- */

static void on_closed(uv_handle_t *h)
{
	struct trace *t = h->data;

	if (--t->open_handles)
		return;
	close(t->epoll);
	free(t);
}

static void trace_end(struct trace *t)
{
	t->over = true;
	names_close(t->names);
	t->names = NULL;
	trace_socket_close(&t->echo);
	trace_tcp_end(&t->tcp);
	uv_close((uv_handle_t *)&t->timer, on_closed);
	uv_close((uv_handle_t *)&t->poll, on_closed);
}

void trace_cancel(struct trace *t)
{
	if (t && !t->over)
		trace_end(t);
}

static void trace_done(struct trace *t)
{
	struct trace_result result;

	trace_run_result(&t->run, &result);
	trace_end(t);
	t->on_done(t->arg, &t->request, &result);
}

static void trace_failed(struct trace *t, enum reason reason)
{
	t->run.result.reason = reason;
	t->run.stage = TRACE_STAGE_DONE;
	trace_done(t);
}

void trace_peek(const struct trace *t, struct trace_result *out)
{
	trace_run_result(&t->run, out);
}

/* ---- running ---- */

static void on_timer(uv_timer_t *timer)
{
	struct trace *t = timer->data;

	if (uv_now(t->loop) - t->begun_ms > LASTS_MOST_MS)
		trace_done(t);
	else
		trace_pump(t);
}

static void receive_echoes(struct trace *t)
{
	struct trace_answer a;

	while (trace_socket_receive(&t->echo, &a))
		trace_run_answer(&t->run, &a);
}

static void receive_all(struct trace *t)
{
	struct epoll_event events[EVENTS_MAX];
	struct trace_answer a;
	int count = epoll_wait(t->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++)
		if (events[i].data.u32 == ECHO_DATA)
			receive_echoes(t);
		else if (trace_tcp_take(&t->tcp, events[i].data.u32, &a))
			trace_run_answer(&t->run, &a);
}

static void trace_shoot(struct trace *t, uint16_t seq)
{
	const struct trace_shot *s = &t->run.shots[seq];
	bool echo = s->echo || t->request.kind == TRACE_ICMP;
	int status = echo ? trace_socket_send(&t->echo, seq, s->ttl, s->bytes) : trace_tcp_send(&t->tcp, seq, s->ttl);

	if (status)
		trace_run_failed(&t->run, seq, -status);
	if (echo)
		receive_echoes(t); /* the stamp of sending is mostly there already, and our own kernel's refusal */
}

static void trace_pump(struct trace *t)
{
	for (;;) {
		int64_t now_ms = (int64_t)uv_now(t->loop);
		struct trace_step step = trace_run_next(&t->run, now_ms);

		if (step.what == TRACE_SEND) {
			trace_shoot(t, step.seq);
			continue;
		}
		if (step.what == TRACE_WAIT)
			uv_timer_start(&t->timer, on_timer, (uint64_t)(step.wake_ms - now_ms), 0);
		else
			trace_done(t);
		return;
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct trace *t = poll->data;

	(void)status;
	(void)events;
	receive_all(t);
	if (t->running)
		trace_pump(t);
}

/* ---- beginning ---- */

static void on_begin(uv_timer_t *timer);

/* 0 when the trace can run, with or without a socket for echoes. */
static int open_echo(struct trace *t)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = ECHO_DATA};
	int status = trace_socket_open(&t->echo, icmp_spare(t->icmp), &t->way, true, TRACE_SHOTS_MAX);

	if (!status)
		epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->echo.fd, &e);
	return status;
}

static void run_begin(struct trace *t, const union probe_address *address)
{
	int status;

	t->way.target = *address;
	t->tcp.target = *address;
	if (address->any.sa_family == AF_INET6) {
		t->way.target.v6.sin6_port = 0;
		t->tcp.target.v6.sin6_port = htons(t->request.port);
	} else {
		t->way.target.v4.sin_port = 0;
		t->tcp.target.v4.sin_port = htons(t->request.port);
	}
	status = open_echo(t);
	if (status == -EAGAIN && uv_now(t->loop) - t->begun_ms < SOCKET_WAIT_MS) {
		uv_timer_start(&t->timer, on_begin, SOCKET_AGAIN_MS, 0);
		return;
	}
	trace_run_begin(&t->run, t->request.kind, !status, (int64_t)uv_now(t->loop));
	t->run.result.target = t->tcp.target;
	if (t->request.kind == TRACE_ICMP && t->echo.kind == TRACE_SOCKET_UDP)
		t->run.result.by = TRACE_BY_UDP;
	t->running = true;
	if (status && t->request.kind == TRACE_ICMP)
		trace_failed(t, REASON_LOCAL);
	else
		trace_pump(t);
}

/* The first address that the line's own address, if one is given, can speak to. */
static const union probe_address *address_choose(const struct trace *t, const struct name_answer *answer)
{
	sa_family_t family = t->request.source.any.sa_family;

	for (size_t i = 0; i < answer->count; i++)
		if (!family || answer->addresses[i].any.sa_family == family)
			return &answer->addresses[i];
	return NULL;
}

static void begin(struct trace *t)
{
	const struct name_answer *answer;
	const union probe_address *address;
	union probe_address literal;

	if (t->request.interface[0] && !t->way.interface) {
		trace_failed(t, REASON_LOCAL);
		return;
	}
	if (!probe_address_parse(t->request.host, 0, &literal)) {
		run_begin(t, &literal);
		return;
	}
	answer = names_get(t->names, t->request.host);
	address = answer ? address_choose(t, answer) : NULL;
	if (address)
		run_begin(t, address);
	else if (answer || uv_now(t->loop) - t->begun_ms >= NAME_WAIT_MS)
		trace_failed(t, REASON_DNS);
	else
		uv_timer_start(&t->timer, on_begin, NAME_WAIT_MS, 0);
}

static void on_begin(uv_timer_t *timer)
{
	begin(timer->data);
}

static void on_name(void *arg, const char *host)
{
	struct trace *t = arg;

	(void)host;
	if (!t->running)
		begin(t);
}

struct trace *trace_start(
        uv_loop_t *loop, struct icmp *icmp, const struct trace_request *request, trace_on_done on_done, void *arg)
{
	struct trace *t = mem_alloc(sizeof(*t));

	t->loop = loop;
	t->icmp = icmp;
	t->request = *request;
	t->on_done = on_done;
	t->arg = arg;
	t->begun_ms = uv_now(loop);
	t->echo.fd = -1;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	trace_tcp_begin(&t->tcp, t->epoll, 0);
	t->way.source = t->tcp.source = request->source;
	t->way.interface = request->interface[0] ? if_nametoindex(request->interface) : 0;
	memcpy(t->tcp.interface, request->interface, sizeof(t->tcp.interface));
	trace_run_begin(&t->run, request->kind, false, (int64_t)uv_now(loop));
	t->names = names_new(loop, on_name, t);
	uv_timer_init(loop, &t->timer);
	uv_poll_init(loop, &t->poll, t->epoll);
	t->timer.data = t->poll.data = t;
	t->open_handles = 2;
	uv_poll_start(&t->poll, UV_READABLE, on_poll);
	uv_timer_start(&t->timer, on_begin, 0, 0); /* nothing is said before we return */
	return t;
}
