#include "agent/poll/poller.h"

#include <stdlib.h>
#include <string.h>

#include "agent/poll/gear.h"
#include "agent/poll/session.h"
#include "agent/poll/walk.h"
#include "common/clock.h"
#include "common/memory.h"

#define EVERY_MS 60000
#define EVERY_LEAST_MS 1000
#define AGAIN_MS 5000 /* one silence of a device that was up is doubted */
#define SOON_LEAST_MS 10000
#define BACKOFF_MOST 8 /* periods */
#define FIRST_MS 3000  /* new devices are asked soon, but not all at once */
#define WALK_MOST_MS 60000
#define WALK_LEAST_MS 10000

struct device {
	struct poller *poller;
	struct gear_spec spec;
	struct gear *gear;
	struct session *session;
	struct walk *walk; /* under way */
	unsigned silent;   /* polls in a row */
	bool kept, soon;
	int64_t begun_ms; /* of the last poll, boot clock; 0: none yet */
	uv_timer_t timer;
};

struct poller {
	uv_loop_t *loop;
	const struct sink *sink;
	char *spread;
	struct sessions *sessions;
	struct device **devices;
	size_t count;
};

/* ---- schedule ---- */

/* FNV-1a over both names: agents that share a device do not ask it at once, nor one agent all its devices. */
static uint64_t hash_of(const char *a, const char *b)
{
	uint64_t h = 14695981039346656037u;

	for (const char *p = a; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	for (const char *p = b; *p; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	return ((h ^ h >> 29) * 0xbf58476d1ce4e5b9u) >> 16;
}

static void on_due(uv_timer_t *t);

static void due_in(struct device *d, int64_t ms)
{
	uv_timer_start(&d->timer, on_due, ms > 0 ? (uint64_t)ms : 0, 0);
}

static int64_t periods_to_wait(const struct device *d)
{
	int64_t periods = 1;

	for (unsigned i = 2; i < d->silent && periods < BACKOFF_MOST; i++)
		periods *= 2;
	return periods;
}

static void schedule(struct device *d)
{
	int64_t now = clock_boot_ms(), every = d->spec.every_ms;
	int64_t phase = (int64_t)(hash_of(d->poller->spread, d->spec.id) % (uint64_t)every);
	int64_t wait = every - (now - phase) % every;

	/* a timer may come a little early: the same turn is not due twice */
	if (d->begun_ms && !d->silent && now + wait - d->begun_ms < every / 2)
		wait += every;
	wait += (periods_to_wait(d) - 1) * every;
	if (d->soon)
		wait = d->begun_ms + SOON_LEAST_MS - now;
	due_in(d, wait);
}

/* ---- a poll ---- */

static void on_varbind(void *arg, const struct varbind *v)
{
	struct device *d = arg;

	model_put(gear_model(d->gear), v);
}

static void on_done(void *arg, const struct walk_result *r)
{
	struct device *d = arg;
	bool was_up = gear_up(d->gear), well;

	d->walk = NULL;
	if (r->reason != REASON_OK && !r->unfinished) {
		d->silent++;
		gear_silent(d->gear, d->begun_ms, r, d->silent > 1 || !was_up);
		if (d->silent == 1 && !d->soon)
			due_in(d, AGAIN_MS);
		else
			schedule(d);
		return;
	}
	d->silent = 0;
	model_finish(gear_model(d->gear));
	well = gear_told(d->gear, d->begun_ms, r);
	if (well)
		schedule(d);
	else
		due_in(d, 0);
}

static void on_due(uv_timer_t *t)
{
	struct walk_handlers h = {.on_varbind = on_varbind, .on_done = on_done};
	struct device *d = t->data;
	int64_t most_ms = d->spec.every_ms * 4 / 5;
	const struct walk_root *roots;
	size_t count;

	if (d->walk)
		return;
	h.arg = d;
	d->soon = false;
	d->begun_ms = clock_boot_ms();
	gear_begin(d->gear);
	roots = model_roots(gear_model(d->gear), &count);
	most_ms = most_ms > WALK_MOST_MS ? WALK_MOST_MS : most_ms < WALK_LEAST_MS ? WALK_LEAST_MS : most_ms;
	d->walk = walk_start(d->session, roots, count, most_ms, &h);
}

/* ---- the list ---- */

static bool spec_equal(const struct gear_spec *a, const struct gear_spec *b)
{
	return !strcmp(a->id, b->id) && !strcmp(a->address, b->address) && a->every_ms == b->every_ms &&
	       a->version == b->version && !strcmp(a->community, b->community) && !strcmp(a->user, b->user) &&
	       !strcmp(a->auth, b->auth) && !strcmp(a->auth_secret, b->auth_secret) &&
	       !strcmp(a->privacy, b->privacy) && !strcmp(a->privacy_secret, b->privacy_secret);
}

static struct gear_spec spec_usual(const struct gear_spec *spec)
{
	struct gear_spec usual = *spec;

	if (!usual.every_ms)
		usual.every_ms = EVERY_MS;
	if (usual.every_ms < EVERY_LEAST_MS)
		usual.every_ms = EVERY_LEAST_MS;
	return usual;
}

static void on_device_closed(uv_handle_t *h)
{
	struct device *d = h->data;

	gear_free(d->gear);
	explicit_bzero(&d->spec, sizeof(d->spec));
	free(d);
}

static void device_remove(struct device *d)
{
	if (d->walk)
		walk_cancel(d->walk);
	d->walk = NULL;
	session_close(d->session);
	uv_close((uv_handle_t *)&d->timer, on_device_closed);
}

static struct device *device_new(struct poller *p, const struct gear_spec *spec)
{
	struct device *d = mem_alloc(sizeof(*d));

	d->poller = p;
	d->spec = *spec;
	d->gear = gear_new(d->spec.id, p->sink);
	d->session = session_open(p->sessions, spec);
	d->kept = true;
	uv_timer_init(p->loop, &d->timer);
	d->timer.data = d;
	due_in(d, (int64_t)(hash_of(p->spread, spec->id) % FIRST_MS));
	return d;
}

static struct device *find_same(struct poller *p, const struct gear_spec *spec)
{
	for (size_t i = 0; i < p->count; i++)
		if (!p->devices[i]->kept && spec_equal(&p->devices[i]->spec, spec))
			return p->devices[i];
	return NULL;
}

void poller_set(struct poller *p, const struct gear_spec *specs, size_t count)
{
	struct device **fresh = mem_alloc((count + 1) * sizeof(struct device *));

	for (size_t i = 0; i < p->count; i++)
		p->devices[i]->kept = false;
	for (size_t i = 0; i < count; i++) {
		struct gear_spec spec = spec_usual(&specs[i]);

		fresh[i] = find_same(p, &spec);
		if (fresh[i])
			fresh[i]->kept = true;
		else
			fresh[i] = device_new(p, &spec);
		explicit_bzero(&spec, sizeof(spec));
	}
	for (size_t i = 0; i < p->count; i++)
		if (!p->devices[i]->kept)
			device_remove(p->devices[i]);
	free(p->devices);
	p->devices = fresh;
	p->count = count;
}

void poller_soon(struct poller *p, const char *id)
{
	for (size_t i = 0; i < p->count; i++) {
		struct device *d = p->devices[i];

		if (strcmp(d->spec.id, id) || d->soon)
			continue;
		d->soon = true;
		if (!d->walk)
			due_in(d, d->begun_ms ? d->begun_ms + SOON_LEAST_MS - clock_boot_ms() : 0);
	}
}

bool poller_interface(const struct poller *p, const char *id, int64_t index, char *out, size_t size)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->devices[i]->spec.id, id))
			return gear_interface(p->devices[i]->gear, index, out, size);
	return false;
}

struct poller *poller_new(uv_loop_t *loop, const struct sink *sink, const char *spread)
{
	struct poller *p = mem_alloc(sizeof(*p));

	p->loop = loop;
	p->sink = sink;
	p->spread = mem_str(spread);
	p->sessions = sessions_new(loop);
	return p;
}

void poller_close(struct poller *p)
{
	for (size_t i = 0; i < p->count; i++)
		device_remove(p->devices[i]);
	sessions_close(p->sessions);
	free(p->devices);
	free(p->spread);
	free(p);
}
