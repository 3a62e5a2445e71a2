#include "agent/paths.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/batch.h"
#include "common/clock.h"
#include "common/memory.h"

#define HOUR_MS 3600000
#define LOSS_MUCH 40 /* percent: two of five echoes */
#define FIRST_MS 10000
#define FIRST_SPREAD_MS 20000              /* of lines and the core */
#define SERVICE_SPREAD_MS (20 * 60 * 1000) /* of services, which are many */
#define FULL_AGAIN_MS 60000                /* so many traces that they must wait */

enum why { WHY_NOTHING, WHY_GOOD, WHY_LOSS, WHY_MTU, WHY_DOWN };

static const char *const why_names[] = {
        [WHY_GOOD] = "good",
        [WHY_LOSS] = "loss",
        [WHY_MTU] = "mtu",
        [WHY_DOWN] = "down",
};

struct good_path {
	unsigned count, mtu;
	union probe_address hops[]; /* family 0: it did not answer */
};

struct path {
	enum metric_class_id class_id;
	char instance[METRIC_INSTANCE_MAX];
	struct trace_request request;
	bool kept, up;
	enum why wanted;             /* more than WHY_GOOD: now */
	int64_t good_due_ms, bad_ms; /* loop time; when it was last traced for a failure, 0 never */
	struct good_path *good;
};

struct paths {
	uv_loop_t *loop;
	struct icmp *icmp;
	const struct sink *sink;
	uint64_t spread;
	struct path **list;
	size_t count;
	uv_timer_t timer;
	struct trace *trace; /* that runs now, of `traced` (NULL: nobody watches it any more) */
	struct path *traced;
	enum why why;
	int64_t begun_ms[PATHS_PER_HOUR]; /* of the last traces, a ring; 0: none yet */
	unsigned at;
};

static void schedule(struct paths *p);

/* ---- telling ---- */

static void addresses_put(struct buf *out, const struct good_path *g)
{
	char text[INET6_ADDRSTRLEN];

	for (unsigned i = 0; i < g->count; i++) {
		trace_address_text(&g->hops[i], text, sizeof(text));
		buf_printf(out, text[0] ? "%s\"%s\"" : "%snull%s", i ? "," : "", text);
	}
}

static bool answers_still(const struct trace_result *r, const union probe_address *a)
{
	for (unsigned i = 0; a->any.sa_family && i < r->hop_count; i++)
		if (r->hops[i].received && r->hops[i].reason == REASON_OK &&
		        probe_address_equal(&r->hops[i].address, a))
			return true;
	return false;
}

static unsigned broke_after(const struct good_path *g, const struct trace_result *r)
{
	unsigned last = 0;

	for (unsigned i = 0; i < g->count; i++)
		if (answers_still(r, &g->hops[i]))
			last = i + 1;
	return last;
}

/* Who did not answer may be anybody. */
static bool path_same(const struct good_path *g, const struct trace_result *r)
{
	if (g->count != r->hop_count)
		return false;
	for (unsigned i = 0; i < g->count; i++)
		if (g->hops[i].any.sa_family && r->hops[i].address.any.sa_family &&
		        !probe_address_equal(&g->hops[i], &r->hops[i].address))
			return false;
	return true;
}

static void tell(struct paths *p, const struct path *path, enum why why, const struct trace_result *r)
{
	char *json = trace_json(&path->request, r);
	struct buf out = {0}, was = {0};

	if (path->good && !path_same(path->good, r)) {
		buf_printf(&was, ",\"was\":[");
		addresses_put(&was, path->good);
		buf_printf(&was, "],\"broke_after\":%u", broke_after(path->good, r));
	}
	json[strlen(json) - 1] = '\0'; /* its closing brace comes last */
	buf_printf(&out, "%s:%s %s,\"why\":\"%s\"", metric_class(path->class_id)->name, path->instance, json,
	        why_names[why]);
	if (was.len && out.len + was.len + 2 < BATCH_TEXT_MAX)
		buf_put(&out, was.data, was.len);
	buf_put(&out, "}", 2);
	p->sink->event(p->sink->arg, clock_boot_ms(), "trace", (const char *)out.data);
	buf_free(&out);
	buf_free(&was);
	free(json);
}

/* Hops that did not answer this time keep the address that they had. */
static void good_keep(struct path *path, const struct trace_result *r)
{
	struct good_path *g = mem_alloc(sizeof(*g) + r->hop_count * sizeof(g->hops[0]));

	g->count = r->hop_count;
	g->mtu = r->mtu;
	for (unsigned i = 0; i < g->count; i++) {
		g->hops[i] = r->hops[i].address;
		if (!g->hops[i].any.sa_family && path->good && path->good->count == g->count)
			g->hops[i] = path->good->hops[i];
	}
	free(path->good);
	path->good = g;
}

/* ---- tracing ---- */

static uint64_t hash_of(uint64_t h, const char *text)
{
	for (const char *c = text; *c; c++)
		h = (h ^ (uint8_t)*c) * 1099511628211u;
	return (h ^ h >> 29) * 0xbf58476d1ce4e5b9u >> 16;
}

static int64_t spread_ms(const struct paths *p, const struct path *path, int64_t within_ms)
{
	return (int64_t)(hash_of(p->spread ^ path->class_id, path->instance) % (uint64_t)within_ms);
}

static void on_traced(void *arg, const struct trace_request *request, const struct trace_result *r)
{
	struct paths *p = arg;
	struct path *path = p->traced;
	enum why why = p->why;

	(void)request;
	p->trace = NULL;
	p->traced = NULL;
	if (path && why == WHY_GOOD && path->up) {
		path->good_due_ms = (int64_t)uv_now(p->loop) + PATHS_GOOD_MS + spread_ms(p, path, PATHS_GOOD_MS / 4);
		if (!path->good || path->good->mtu != r->mtu || !path_same(path->good, r))
			tell(p, path, why, r);
		good_keep(path, r);
	} else if (path) {
		tell(p, path, why == WHY_GOOD ? WHY_DOWN : why, r);
		if (p->sink->urgent)
			p->sink->urgent(p->sink->arg);
	}
	schedule(p);
}

static unsigned begun_within_hour(const struct paths *p, int64_t now_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PATHS_PER_HOUR; i++)
		count += p->begun_ms[i] && now_ms - p->begun_ms[i] < HOUR_MS;
	return count;
}

static void begin(struct paths *p, struct path *path, int64_t now_ms)
{
	p->traced = path;
	p->why = path->wanted > WHY_GOOD ? path->wanted : WHY_GOOD;
	path->wanted = WHY_NOTHING;
	if (p->why > WHY_GOOD)
		path->bad_ms = now_ms;
	p->begun_ms[p->at] = now_ms;
	p->at = (p->at + 1) % PATHS_PER_HOUR;
	p->trace = trace_start(p->loop, p->icmp, &path->request, on_traced, p);
}

/* What failed comes first; of the others the one that is due first. NULL: nothing to do, ever. */
static struct path *next_path(const struct paths *p)
{
	struct path *next = NULL;

	for (size_t i = 0; i < p->count; i++) {
		struct path *path = p->list[i];

		if (path->wanted > WHY_GOOD)
			return path;
		if (path->up && path->good_due_ms && (!next || path->good_due_ms < next->good_due_ms))
			next = path;
	}
	return next;
}

static void on_timer(uv_timer_t *timer)
{
	schedule(timer->data);
}

static void schedule(struct paths *p)
{
	struct path *path = p->trace ? NULL : next_path(p);
	int64_t now_ms = (int64_t)uv_now(p->loop), due_ms;
	unsigned most;

	uv_timer_stop(&p->timer);
	if (!path)
		return;
	most = path->wanted > WHY_GOOD ? PATHS_PER_HOUR : PATHS_PER_HOUR / 2;
	due_ms = path->wanted > WHY_GOOD ? now_ms : path->good_due_ms;
	if (begun_within_hour(p, now_ms) >= most && due_ms < now_ms + FULL_AGAIN_MS)
		due_ms = now_ms + FULL_AGAIN_MS;
	if (due_ms <= now_ms)
		begin(p, path, now_ms);
	else
		uv_timer_start(&p->timer, on_timer, (uint64_t)(due_ms - now_ms), 0);
}

/* ---- results ---- */

/* The way cannot be the reason of what the target said itself. */
static bool way_may_be_why(enum reason reason)
{
	static const enum reason reasons[] = {
	        REASON_REFUSED, REASON_TIMEOUT, REASON_UNREACHABLE, REASON_RESET, REASON_PROHIBITED, REASON_HUNG};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reason == reasons[i])
			return true;
	return false;
}

static enum why why_of(const struct check_spec *spec, const struct probe_result *r, bool changed)
{
	if (spec->class_id == CLASS_MTU)
		return changed && !r->up && r->reason == REASON_TOO_LARGE ? WHY_MTU : WHY_NOTHING;
	if (!r->up)
		return changed && way_may_be_why(r->reason) ? WHY_DOWN : WHY_NOTHING;
	return r->sent && (r->sent - r->received) * 100 >= LOSS_MUCH * r->sent ? WHY_LOSS : WHY_NOTHING;
}

/* A check of the MTU speaks for the path of the same name. */
static struct path *path_of(const struct paths *p, const struct check_spec *spec)
{
	for (size_t i = 0; i < p->count; i++) {
		struct path *path = p->list[i];
		bool same = spec->class_id == CLASS_MTU ? path->class_id != CLASS_SERVICE
		                                        : path->class_id == spec->class_id;

		if (same && !strcmp(path->instance, spec->instance) && !strcmp(path->request.host, spec->host))
			return path;
	}
	return NULL;
}

void paths_result(struct paths *p, const struct check_spec *spec, const struct probe_result *r, bool changed)
{
	enum why why = why_of(spec, r, changed);
	struct path *path;
	int64_t now_ms;

	/* most results are as the last one was */
	if (!changed && why == WHY_NOTHING)
		return;
	path = path_of(p, spec);
	now_ms = (int64_t)uv_now(p->loop);
	if (!path)
		return;
	if (spec->class_id != CLASS_MTU)
		path->up = r->up;
	if (path->up && !path->good_due_ms)
		path->good_due_ms =
		        now_ms + FIRST_MS +
		        spread_ms(p, path, path->class_id == CLASS_SERVICE ? SERVICE_SPREAD_MS : FIRST_SPREAD_MS);
	if (path->up && path->wanted == WHY_DOWN)
		path->wanted = WHY_NOTHING;
	if (why != WHY_NOTHING && (!path->bad_ms || now_ms - path->bad_ms >= PATHS_AGAIN_MS))
		path->wanted = why;
	schedule(p);
}

/* ---- the list ---- */

/* By TCP where the service is spoken to by TCP: what a firewall lets through differs. */
static enum trace_kind kind_of(const struct check_spec *spec)
{
	static const char *const names[] = {"tcp", "tls", "http"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (spec->port && !strcmp(spec->type->name, names[i]))
			return TRACE_TCP;
	return TRACE_ICMP;
}

/* The gateway is one hop: there is no way to trace. */
static bool is_traced(const struct check_spec *spec)
{
	if (!spec->host[0] || (spec->type->own_hosts && !strcmp(spec->host, "system")))
		return false;
	return spec->class_id == CLASS_SERVICE || spec->class_id == CLASS_UPLINK ||
	       (spec->class_id == CLASS_PATH && strcmp(spec->instance, "gateway") != 0);
}

static bool request_same(const struct trace_request *a, const struct trace_request *b)
{
	return a->kind == b->kind && !strcmp(a->host, b->host) && a->port == b->port &&
	       !memcmp(&a->source, &b->source, sizeof(a->source)) && !strcmp(a->interface, b->interface);
}

static struct path *path_for(struct paths *p, const struct check_spec *spec)
{
	struct trace_request request = {.kind = kind_of(spec), .port = spec->port, .source = spec->source};
	struct path *path;

	memcpy(request.host, spec->host, sizeof(request.host));
	memcpy(request.interface, spec->interface, sizeof(request.interface));
	for (size_t i = 0; i < p->count; i++) {
		path = p->list[i];
		if (!path->kept && path->class_id == spec->class_id && !strcmp(path->instance, spec->instance) &&
		        request_same(&path->request, &request))
			return path;
	}
	path = mem_alloc(sizeof(*path));
	path->class_id = spec->class_id;
	path->request = request;
	memcpy(path->instance, spec->instance, sizeof(path->instance));
	return path;
}

static void path_free(struct paths *p, struct path *path)
{
	if (p->traced == path)
		p->traced = NULL;
	free(path->good);
	free(path);
}

void paths_set(struct paths *p, const struct check_spec *specs, size_t count)
{
	struct path **fresh = mem_alloc((count + 1) * sizeof(*fresh));
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++)
		p->list[i]->kept = false;
	for (size_t i = 0; i < count; i++)
		if (is_traced(&specs[i])) {
			fresh[kept] = path_for(p, &specs[i]);
			fresh[kept++]->kept = true;
		}
	for (size_t i = 0; i < p->count; i++)
		if (!p->list[i]->kept)
			path_free(p, p->list[i]);
	free(p->list);
	p->list = fresh;
	p->count = kept;
	schedule(p);
}

struct paths *paths_new(uv_loop_t *loop, struct icmp *icmp, const struct sink *sink, const char *spread)
{
	struct paths *p = mem_alloc(sizeof(*p));

	p->loop = loop;
	p->icmp = icmp;
	p->sink = sink;
	p->spread = hash_of(14695981039346656037u, spread);
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	return p;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void paths_close(struct paths *p)
{
	trace_cancel(p->trace);
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i]->good);
		free(p->list[i]);
	}
	free(p->list);
	uv_close((uv_handle_t *)&p->timer, on_closed);
}
