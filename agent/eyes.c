#include "agent/eyes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/probe/icmp.h"
#include "agent/rules.h"
#include "agent/sense/host.h"
#include "agent/watch.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define WAITING_BYTES_MAX (256 * 1024) /* kept while the agent process is away */
#define URGENT_MS 20                   /* changes of one cause leave together */

struct eyes {
	const struct agent_config *config;
	struct process *self;
	uv_loop_t loop;
	struct channel *agent; /* NULL while it is away */
	struct icmp *icmp;
	struct prober *prober;
	struct host *host; /* for our own usage */
	struct central *central;
	char gateway[CENTRAL_HOST_MAX], collector[CENTRAL_HOST_MAX];
	int64_t offset_ms, step_ms;
	uv_timer_t flush;
	bool urgent, stopping;
	struct buf results;
};

/* ---- telling ---- */

static void on_flush(uv_timer_t *t);

/* In the step's first third: after the echoes, before the agent seals its batch. */
static void flush_schedule(struct eyes *e)
{
	int64_t at = talk_flush_ms(e->step_ms), since = (clock_boot_ms() + e->offset_ms - at) % e->step_ms;

	uv_timer_start(&e->flush, on_flush, (uint64_t)(since < 0 ? -since : e->step_ms - since), 0);
}

static void on_flush(uv_timer_t *t)
{
	struct eyes *e = t->data;
	struct buf out = {0};
	int64_t cpu_us, rss;

	if (e->agent && e->results.len) {
		host_self(e->host, &cpu_us, &rss);
		buf_put_varint(&out, (uint64_t)cpu_us);
		buf_put_varint(&out, rss == METRIC_UNKNOWN ? 0 : (uint64_t)rss);
		buf_put(&out, e->results.data, e->results.len);
		channel_send(e->agent, TALK_RESULTS, out.data, out.len);
		buf_free(&out);
		buf_reset(&e->results);
	}
	e->urgent = false;
	flush_schedule(e);
}

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct talk_result told;
	struct eyes *e = arg;

	if (!watch_result(spec, boot_ms, r, changed, &told) || e->results.len > WAITING_BYTES_MAX)
		return;
	talk_put(&e->results, &told);
	if (!(told.flags & TALK_CHANGED) || e->urgent)
		return;
	e->urgent = true;
	uv_timer_start(&e->flush, on_flush, URGENT_MS, 0);
}

/* ---- being told ---- */

static void watch_anew(struct eyes *e)
{
	size_t count;
	struct check_spec *specs = watch_checks(e->central, e->gateway, e->collector, &count);

	prober_set(e->prober, specs, count, e->config->node);
	free(specs);
}

static void told_central(struct eyes *e, struct cursor *payload)
{
	size_t len = cursor_left(payload);
	const uint8_t *json = cursor_bytes(payload, len);
	struct central *fresh;
	char why[160];

	if (!json || central_parse((const char *)json, len, &fresh, why)) {
		log_error("central configuration: %s", json ? why : "is empty");
		return;
	}
	central_free(e->central);
	e->central = fresh;
	watch_anew(e);
}

static void told_clock(struct eyes *e, struct cursor *payload)
{
	int64_t offset_ms = cursor_svarint(payload), step_ms = (int64_t)cursor_varint(payload);

	if (payload->failed || step_ms < 1000)
		return;
	e->offset_ms = offset_ms;
	e->step_ms = step_ms;
	prober_align(e->prober, offset_ms);
	flush_schedule(e);
}

static void told_places(struct eyes *e, struct cursor *payload)
{
	char gateway[CENTRAL_HOST_MAX], collector[CENTRAL_HOST_MAX];

	cursor_str(payload, gateway, sizeof(gateway));
	cursor_str(payload, collector, sizeof(collector));
	if (payload->failed || (!strcmp(gateway, e->gateway) && !strcmp(collector, e->collector)))
		return;
	memcpy(e->gateway, gateway, sizeof(gateway));
	memcpy(e->collector, collector, sizeof(collector));
	watch_anew(e);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	static void (*const told[])(struct eyes * e, struct cursor * payload) = {
	        [TALK_CENTRAL] = told_central,
	        [TALK_CLOCK] = told_clock,
	        [TALK_PLACES] = told_places,
	};

	(void)ch;
	(void)id;
	if (kind < sizeof(told) / sizeof(told[0]) && told[kind])
		told[kind](arg, payload);
}

static void on_agent_closed(struct channel *ch, void *arg)
{
	struct eyes *e = arg;

	if (e->agent == ch)
		e->agent = NULL;
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_agent_closed};
	struct eyes *e = arg;

	(void)peer;
	(void)index;
	if (e->agent)
		channel_close(e->agent);
	e->agent = channel_open(&e->loop, fd, &handlers, e);
}

static void on_stop(void *arg)
{
	struct eyes *e = arg;

	if (e->stopping)
		return;
	e->stopping = true;
	prober_close(e->prober);
	uv_close((uv_handle_t *)&e->flush, NULL);
	if (e->agent)
		channel_close(e->agent);
	process_close(e->self);
}

static int eyes_open(struct eyes *e)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct prober_handlers handlers = {.on_result = on_result, .arg = e};
	int status;

	uv_loop_init(&e->loop);
	e->icmp = icmp_open();
	e->host = host_open("/proc");
	status = rules_enter_eyes(e->config);
	if (status)
		return status;
	e->prober = prober_new(&e->loop, e->icmp, &handlers);
	e->offset_ms = clock_wall_ms() - clock_boot_ms();
	e->step_ms = 10000;
	prober_align(e->prober, e->offset_ms);
	uv_timer_init(&e->loop, &e->flush);
	e->flush.data = e;
	flush_schedule(e);
	process_listen(e->self, &e->loop, &events, e);
	process_ready(e->self);
	return 0;
}

static void eyes_close(struct eyes *e)
{
	uv_loop_close(&e->loop);
	icmp_close(e->icmp);
	host_close(e->host);
	central_free(e->central);
	buf_free(&e->results);
}

int eyes_run(struct process *self, void *arg)
{
	struct eyes e = {.config = arg, .self = self};

	rules_spare_memory();
	if (eyes_open(&e))
		return 1;
	uv_run(&e.loop, UV_RUN_DEFAULT);
	eyes_close(&e);
	return 0;
}
