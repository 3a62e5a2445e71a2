#include "agent/probe/prober.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/probe/names.h"
#include "agent/probe/phase.h"
#include "agent/probe/prober_inner.h"
#include "agent/probe/trust.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define TRIES 3
#define RETRY_MS 1000
#define DNS_EXTRA_MS 1000 /* a name server's first repetition may still help */
#define EVERY_LEAST_MS 1000
#define EVENTS_MAX 64 /* in one turn of the loop: others want theirs too */

static void attempt_begin(struct check *c);
static void run_apply(struct check *c, struct probe_want want);
static void look_begin(struct check *c);

/* ---- schedule ---- */

static void on_due(uv_timer_t *t)
{
	struct check *c = t->data;

	c->attempt = 0;
	attempt_begin(c);
}

static void schedule(struct check *c)
{
	const struct prober *p = c->prober;
	struct phase_crowd crowd = {
	        .agent = p->agent, .checks = p->count_of[c->spec.at_once], .at_once = c->spec.at_once};
	int64_t now = clock_boot_ms(), phase = phase_ms(&crowd, c->hash, c->spec.every_ms);

	c->phase = PHASE_IDLE;
	c->due_boot_ms = phase_next_ms(now, p->offset_ms, phase, c->spec.every_ms, c->due_boot_ms);
	uv_timer_start(&c->timer, on_due, (uint64_t)(c->due_boot_ms - now), 0);
}

/* ---- a run ---- */

static void on_pause(uv_timer_t *t)
{
	attempt_begin(t->data);
}

static void attempt_end(struct check *c, struct probe_result *r)
{
	struct prober *p = c->prober;
	bool doubtful = !r->up && !c->spec.type->tries_often && (!c->known || c->up);
	bool changed = !c->known || c->up != r->up;
	int64_t boot_ms = c->due_boot_ms;
	uint64_t again_ms = c->attempt_ms + RETRY_MS, now_ms = uv_now(p->loop);

	if (doubtful && ++c->attempt < TRIES) {
		c->phase = PHASE_PAUSE;
		uv_timer_start(&c->timer, on_pause, again_ms > now_ms ? again_ms - now_ms : 0, 0);
		return;
	}
	c->known = true;
	c->up = r->up;
	schedule(c);
	if (c->spec.closer) {
		closer_note(&c->closer, r, false, clock_boot_ms());
		closer_take(&c->closer, r);
		look_begin(c);
	}
	p->handlers.on_result(p->handlers.arg, &c->spec, boot_ms, r, changed);
}

/* A run may have closed its descriptor and opened another with the same number: the set is asked, not our memory. */
static void fd_watch(struct check *c, int fd, unsigned events)
{
	struct epoll_event e = {.data.ptr = c,
	        .events = (events & PROBE_READABLE ? EPOLLIN : 0) | (events & PROBE_WRITABLE ? EPOLLOUT : 0)};

	if (c->fd >= 0 && c->fd != fd)
		epoll_ctl(c->prober->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	if (fd >= 0 && (c->fd != fd || epoll_ctl(c->prober->epoll, EPOLL_CTL_MOD, fd, &e)))
		epoll_ctl(c->prober->epoll, EPOLL_CTL_ADD, fd, &e);
	c->fd = fd;
}

static void look_end(struct check *c, const struct probe_result *r)
{
	int64_t wait_ms;

	c->looking = false;
	c->prober->looking--;
	c->phase = PHASE_IDLE;
	closer_note(&c->closer, r, true, clock_boot_ms());
	wait_ms = c->due_boot_ms - clock_boot_ms();
	uv_timer_start(&c->timer, on_due, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
	look_begin(c);
}

static void run_end(struct check *c)
{
	struct probe_result r;

	fd_watch(c, -1, 0); /* finishing need not close it: a borrowed one lives on */
	c->spec.type->finish(c->state, &r);
	if (c->looking)
		look_end(c, &r);
	else
		attempt_end(c, &r);
}

static void on_wake(uv_timer_t *t)
{
	struct check *c = t->data;

	run_apply(c, c->spec.type->step(c->state, 0, (int64_t)uv_now(c->prober->loop)));
}

static void run_apply(struct check *c, struct probe_want want)
{
	int64_t wait_ms = want.wake_ms - (int64_t)uv_now(c->prober->loop);

	if (want.done) {
		run_end(c);
		return;
	}
	fd_watch(c, want.fd, want.events);
	uv_timer_start(&c->timer, on_wake, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void run_start(struct check *c, struct probe_job *job)
{
	struct prober *p = c->prober;

	job->address = c->address;
	job->source = c->spec.source;
	job->interface = c->spec.interface;
	job->host = c->spec.host;
	job->icmp = p->icmp;
	job->trust = p->trust;
	job->wall_ms = p->offset_ms ? clock_boot_ms() + p->offset_ms : 0;
	job->node = p->node;
	job->kept = c->numbers_kept;
	job->owner = c;
	c->phase = PHASE_RUN;
	run_apply(c, c->spec.type->start(c->state, job, (int64_t)uv_now(p->loop)));
}

static void run_begin(struct check *c, const union probe_address *address, int64_t name_us)
{
	struct probe_job job = {.options = &c->spec.options,
	        .name_us = name_us,
	        .timeout_ms = check_spec_timeout_ms(&c->spec, c->attempt)};

	c->address = *address;
	if (address->any.sa_family == AF_INET6)
		c->address.v6.sin6_port = htons(c->spec.port);
	else if (address->any.sa_family == AF_INET)
		c->address.v4.sin_port = htons(c->spec.port);
	run_start(c, &job);
}

/* When the line deserves it and there is time before its next run. */
static void look_begin(struct check *c)
{
	unsigned count = closer_count(&c->closer, clock_boot_ms(), c->due_boot_ms);
	struct probe_job job = {.options = &c->look,
	        .name_us = PROBE_UNKNOWN,
	        .timeout_ms = c->closer.wait_ms,
	        .gap_ms = CLOSER_GAP_MS};

	if (!count || c->prober->looking >= CLOSER_AT_ONCE)
		return;
	c->look = (struct probe_options){.count = (int)count};
	c->looking = true;
	c->prober->looking++;
	run_start(c, &job);
}

static void name_failed(struct check *c)
{
	struct probe_result r = probe_result_none();

	r.reason = REASON_DNS;
	attempt_end(c, &r);
}

static void on_name_timeout(uv_timer_t *t)
{
	name_failed(t->data);
}

static void resolve(struct check *c)
{
	const struct name_answer *answer = names_get(c->prober->names, c->spec.host);

	if (!answer) {
		c->phase = PHASE_NAME;
		uv_timer_start(&c->timer, on_name_timeout,
		        (uint64_t)check_spec_timeout_ms(&c->spec, c->attempt) + DNS_EXTRA_MS, 0);
	} else if (!answer->count) {
		name_failed(c);
	} else {
		/* a name with several addresses: the next one at the next try; a remembered name took no time worth telling */
		run_begin(c, &answer->addresses[c->attempt % answer->count],
		        c->phase == PHASE_NAME ? answer->took_us : PROBE_UNKNOWN);
	}
}

static void attempt_now(struct check *c)
{
	c->attempt_ms = uv_now(c->prober->loop);
	c->phase = PHASE_IDLE;
	if (c->literal.any.sa_family || c->literal_only)
		run_begin(c, &c->literal, PROBE_UNKNOWN);
	else
		resolve(c);
}

static void on_turn(struct burst_place *place)
{
	attempt_now((struct check *)((char *)place - offsetof(struct check, place)));
}

/* In this turn of the loop, or when very many begin, in one of the next. */
static void attempt_begin(struct check *c)
{
	if (burst_may(&c->prober->burst, &c->place))
		attempt_now(c);
	else
		c->phase = PHASE_QUEUE;
}

/* ---- events ---- */

static void name_known(struct check *c)
{
	uv_timer_stop(&c->timer);
	if (burst_may(&c->prober->burst, &c->place))
		resolve(c);
	else
		c->phase = PHASE_QUEUE;
}

static void on_answer(void *arg, const char *host)
{
	struct prober *p = arg;

	for (size_t i = 0; i < p->count; i++)
		if (p->checks[i]->phase == PHASE_NAME && !strcmp(p->checks[i]->spec.host, host))
			name_known(p->checks[i]);
}

static void on_runs(uv_poll_t *poll, int status, int events)
{
	struct prober *p = poll->data;
	struct epoll_event got[EVENTS_MAX];
	int count = status < 0 ? 0 : epoll_wait(p->epoll, got, EVENTS_MAX, 0);

	(void)events;
	for (int i = 0; i < count && !p->closing; i++) {
		struct check *c = got[i].data.ptr;
		unsigned what = (got[i].events & EPOLLIN ? PROBE_READABLE : 0) |
		                (got[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP) ? PROBE_WRITABLE : 0);

		if (c->phase == PHASE_RUN && c->fd >= 0)
			run_apply(c, c->spec.type->step(c->state, what, (int64_t)uv_now(p->loop)));
	}
}

static void on_echoes_ready(void *owner)
{
	struct check *c = owner;

	if (c->phase == PHASE_RUN)
		run_apply(c, c->spec.type->step(c->state, 0, (int64_t)uv_now(c->prober->loop)));
}

static void on_before_sleep(uv_prepare_t *prepare)
{
	struct prober *p = prepare->data;

	icmp_flush(p->icmp, on_echoes_ready);
}

static void on_icmp(uv_poll_t *poll, int status, int events)
{
	struct prober *p = poll->data;

	/* libuv stops a poll that shows an error; reading takes the error away */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE | UV_PRIORITIZED, on_icmp);
	icmp_receive(p->icmp, poll == &p->polls[POLL_ICMP] ? ICMP_V4 : ICMP_V6, status < 0 || events & UV_PRIORITIZED,
	        on_echoes_ready);
}

/* ---- the list ---- */

static void prober_release(struct prober *p)
{
	if (--p->open_handles || !p->closing)
		return;
	close(p->epoll);
	free(p->checks);
	trust_free(p->trust);
	free(p);
}

static void on_check_closed(uv_handle_t *h)
{
	struct check *c = h->data;
	struct prober *p = c->prober;

	probe_options_free(&c->spec.options);
	free(c);
	prober_release(p);
}

static void check_remove(struct check *c)
{
	struct probe_result ignored;

	if (c->phase == PHASE_RUN) {
		fd_watch(c, -1, 0);
		c->spec.type->finish(c->state, &ignored);
		c->prober->looking -= c->looking;
	}
	burst_leave(&c->prober->burst, &c->place);
	c->phase = PHASE_IDLE;
	uv_close((uv_handle_t *)&c->timer, on_check_closed);
}

static struct check *check_new(struct prober *p, const struct check_spec *spec, uint64_t hash)
{
	struct check *c = mem_alloc(sizeof(*c));

	c->prober = p;
	c->spec = *spec;
	c->spec.options = probe_options_copy(&spec->options);
	c->hash = hash;
	c->fd = -1;
	c->kept = true;
	if (c->spec.every_ms < EVERY_LEAST_MS)
		c->spec.every_ms = EVERY_LEAST_MS;
	c->literal_only = probe_address_parse(spec->host, spec->port, &c->literal) && spec->type->own_hosts &&
	                  (!spec->host[0] || !strcmp(spec->host, "system"));
	uv_timer_init(p->loop, &c->timer);
	c->timer.data = c;
	p->open_handles++;
	return c;
}

/* Phases are others now. */
static void schedule_all(struct prober *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->checks[i]->phase == PHASE_IDLE) {
			p->checks[i]->due_boot_ms = 0;
			schedule(p->checks[i]);
		}
}

static struct check *find_same(struct prober *p, const struct check_spec *spec, uint64_t hash)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->checks[i]->hash == hash && !p->checks[i]->kept && check_spec_equal(&p->checks[i]->spec, spec))
			return p->checks[i];
	return NULL;
}

void prober_set(struct prober *p, const struct check_spec *specs, size_t count, const char *spread)
{
	struct check **fresh = mem_alloc((count + 1) * sizeof(struct check *));

	for (size_t i = 0; i < p->count; i++)
		p->checks[i]->kept = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t hash = phase_hash(specs[i].class_id, specs[i].instance);

		fresh[i] = find_same(p, &specs[i], hash);
		if (fresh[i])
			fresh[i]->kept = true;
		else
			fresh[i] = check_new(p, &specs[i], hash);
	}
	for (size_t i = 0; i < p->count; i++)
		if (!p->checks[i]->kept)
			check_remove(p->checks[i]);
	free(p->checks);
	p->checks = fresh;
	p->count = count;
	p->agent = phase_hash(CLASS_COUNT, spread);
	snprintf(p->node, sizeof(p->node), "%s", spread);
	p->count_of[0] = p->count_of[1] = 0;
	for (size_t i = 0; i < count; i++)
		p->count_of[specs[i].at_once]++;
	schedule_all(p);
}

void prober_align(struct prober *p, int64_t offset_ms)
{
	if (p->offset_ms == offset_ms)
		return;
	p->offset_ms = offset_ms;
	schedule_all(p);
}

void prober_run_now(struct prober *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->checks[i]->phase != PHASE_IDLE)
			continue;
		p->checks[i]->due_boot_ms = clock_boot_ms();
		on_due(&p->checks[i]->timer);
	}
}

static void poll_add(struct prober *p, uv_poll_t *poll, int fd, int events, uv_poll_cb cb)
{
	poll->data = NULL;
	if (fd < 0 || uv_poll_init(p->loop, poll, fd))
		return;
	poll->data = p;
	p->open_handles++;
	uv_poll_start(poll, events, cb);
}

struct prober *prober_new(uv_loop_t *loop, struct icmp *icmp, const struct prober_handlers *h)
{
	struct prober *p = mem_alloc(sizeof(*p));

	p->loop = loop;
	p->icmp = icmp;
	p->handlers = *h;
	p->names = names_new(loop, on_answer, p);
	p->trust = trust_new();
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0)
		log_die("no epoll set for the probes: %s", strerror(errno));
	poll_add(p, &p->polls[POLL_RUNS], p->epoll, UV_READABLE, on_runs);
	burst_init(&p->burst, loop, on_turn);
	uv_prepare_init(loop, &p->before_sleep);
	p->burst.idle.data = p->before_sleep.data = p;
	p->open_handles += 2;
	if (icmp)
		uv_prepare_start(&p->before_sleep, on_before_sleep);
	for (int i = 0; i < ICMP_FAMILIES; i++)
		poll_add(p, &p->polls[POLL_ICMP + i], icmp ? icmp_fd(icmp, i) : -1, UV_READABLE | UV_PRIORITIZED,
		        on_icmp);
	return p;
}

static void on_handle_closed(uv_handle_t *h)
{
	prober_release(h->data);
}

void prober_close(struct prober *p)
{
	p->closing = true;
	names_close(p->names);
	for (size_t i = 0; i < p->count; i++)
		check_remove(p->checks[i]);
	p->count = 0;
	for (int i = 0; i < PROBER_POLLS; i++)
		if (p->polls[i].data)
			uv_close((uv_handle_t *)&p->polls[i], on_handle_closed);
	burst_close(&p->burst, on_handle_closed);
	uv_close((uv_handle_t *)&p->before_sleep, on_handle_closed);
}
