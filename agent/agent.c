#include "agent/agent.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/central.h"
#include "agent/config.h"
#include "agent/goodbye.h"
#include "agent/herald.h"
#include "agent/lines.h"
#include "agent/rules.h"
#include "agent/sample.h"
#include "agent/send/spool.h"
#include "agent/send/uplink.h"
#include "agent/sense/host.h"
#include "agent/sense/iface.h"
#include "agent/senses.h"
#include "agent/sight.h"
#include "agent/talk.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define STEP_DEFAULT_MS 10000
#define URGENT_MS 50   /* changes of one cause share a batch */
#define ROUTES_MS 1000 /* routes change in crowds: looked at when they are quiet */
#define TRIM_STEPS 60
#define HASTE_ONE_IN 25 /* echoes that a line loses */

struct agent {
	const struct agent_config *config;
	struct process *self;
	uv_loop_t loop;
	struct spool *spool;
	struct sample *sample;
	struct uplink *uplink;
	struct host *host;
	struct iface *iface; /* NULL when there is no netlink */
	struct sink sink;
	struct sense_context context;
	struct senses *senses;
	struct sight_handlers sight_handlers;
	struct sight *sight;
	struct central *central;
	struct lines *lines;
	struct herald *herald;
	char collector[CENTRAL_HOST_MAX];
	int64_t offset_ms, step_ms, due_boot_ms;
	bool offset_known, stopping;
	int64_t cpu_us, cpu_boot_ms;
	unsigned steps;
	uv_timer_t step, seal, route_timer;
	uv_poll_t news;
};

/* ---- the sample's sink ---- */

static uint32_t on_number(void *arg, enum metric_class_id class_id, const char *instance, bool *fresh)
{
	return spool_number(((struct agent *)arg)->spool, class_id, instance, fresh);
}

static void on_batch(void *arg, int64_t first_boot_ms, const uint8_t *body, size_t len)
{
	struct agent *a = arg;

	if (!spool_put(a->spool, first_boot_ms, body, len) && a->uplink)
		uplink_wake(a->uplink);
}

static void on_hint(void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *instance, bool up,
        enum reason reason, int64_t since_boot_ms)
{
	struct agent *a = arg;

	if (a->uplink)
		uplink_hint(a->uplink, boot_ms, metric_class(class_id)->name, instance, up, reason, since_boot_ms);
}

/* ---- steps ---- */

static void on_seal(uv_timer_t *t)
{
	sample_seal(((struct agent *)t->data)->sample);
}

/* Keeps an earlier time of sealing when there is one. */
static void seal_within(struct agent *a, uint64_t ms)
{
	if (uv_is_active((uv_handle_t *)&a->seal) && uv_timer_get_due_in(&a->seal) <= ms)
		return;
	uv_timer_start(&a->seal, on_seal, ms, 0);
}

static void on_step(uv_timer_t *t);

static void step_schedule(struct agent *a)
{
	int64_t now = clock_boot_ms(), since = (now + a->offset_ms) % a->step_ms;
	int64_t due = now - since + (since < 0 ? 0 : a->step_ms);

	/* a timer may come a little early: the same step is not due twice */
	if (due - a->due_boot_ms < a->step_ms / 2 && due >= a->due_boot_ms)
		due += a->step_ms;
	a->due_boot_ms = due;
	uv_timer_start(&a->step, on_step, (uint64_t)(due - now), 0);
}

static void on_interface_row(void *arg, const char *name, const int64_t *values)
{
	struct agent *a = arg;

	sample_row(a->sample, CLASS_INTERFACE, name, a->due_boot_ms, values);
	sample_hint(a->sample, a->due_boot_ms, CLASS_INTERFACE, name, values[IF_CARRIER] == 1,
	        values[IF_CARRIER] == 1 ? REASON_OK : REASON_UNREACHABLE);
}

static void sample_self(struct agent *a)
{
	int64_t values[METRIC_COLUMNS_MAX], cpu_us, rss, eyes_cpu_us, eyes_rss, now = clock_boot_ms();

	host_self(a->host, &cpu_us, &rss);
	sight_usage(a->sight, &eyes_cpu_us, &eyes_rss);
	cpu_us += eyes_cpu_us;
	values[AGENT_SPOOL_BATCHES] = (int64_t)spool_backlog(a->spool);
	values[AGENT_SPOOL_BYTES] = spool_bytes(a->spool);
	values[AGENT_SKEW] = a->offset_known ? clock_wall_ms() - now - a->offset_ms : METRIC_UNKNOWN;
	values[AGENT_CPU] = METRIC_UNKNOWN;
	if (a->cpu_boot_ms && now > a->cpu_boot_ms && cpu_us >= a->cpu_us)
		values[AGENT_CPU] = (cpu_us - a->cpu_us) * 100 / (now - a->cpu_boot_ms);
	values[AGENT_RSS] = rss == METRIC_UNKNOWN ? rss : rss + eyes_rss;
	a->cpu_us = cpu_us;
	a->cpu_boot_ms = now;
	sample_row(a->sample, CLASS_AGENT, "", a->due_boot_ms, values);
}

static void on_step(uv_timer_t *t)
{
	struct agent *a = t->data;
	int64_t values[METRIC_COLUMNS_MAX];

	/* woken late (a frozen host): the row belongs to the step in which it was measured */
	if (clock_boot_ms() - a->due_boot_ms >= a->step_ms)
		a->due_boot_ms = clock_boot_ms() - (clock_boot_ms() - a->due_boot_ms) % a->step_ms;
	host_read(a->host, values);
	sample_row(a->sample, CLASS_HOST, "", a->due_boot_ms, values);
	if (a->iface)
		iface_read(a->iface);
	senses_read(a->senses, a->due_boot_ms);
	sample_self(a);
	seal_within(a, (uint64_t)talk_seal_ms(a->step_ms));
	if (++a->steps % TRIM_STEPS == 0)
		malloc_trim(0);
	step_schedule(a);
}

/* ---- what is seen ---- */

static void sink_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	int64_t filled[METRIC_COLUMNS_MAX];
	struct agent *a = arg;

	if (class_id == CLASS_UPLINK)
		values = lines_filled(a->lines, a->iface, subject, values, filled);
	if (class_id == CLASS_LOOK && a->uplink && values[LOOK_LOST] * HASTE_ONE_IN >= values[LOOK_ECHOES])
		uplink_hurry(a->uplink);
	sample_row(a->sample, class_id, subject, boot_ms, values);
	herald_row(a->herald, class_id, subject, boot_ms, values);
}

static void sink_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	sample_event(((struct agent *)arg)->sample, boot_ms, kind, text);
}

static void sink_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	sample_hint(((struct agent *)arg)->sample, boot_ms, class_id, subject, up, reason);
}

static void sink_urgent(void *arg)
{
	seal_within(arg, URGENT_MS);
}

/* The step's batch waited for this; a wake-up of its own would cost more than the writing. */
static void on_told(void *arg)
{
	struct agent *a = arg;

	if (uv_is_active((uv_handle_t *)&a->seal))
		seal_within(a, 0);
}

static void on_answer(void *arg, uint64_t id, const char *json, size_t len)
{
	static const char away[] = "{\"error\":\"the agent's eyes have just been restarted: ask again\"}";
	struct agent *a = arg;

	if (a->uplink)
		uplink_answer(a->uplink, id, json ? json : away, json ? len : sizeof(away) - 1);
}

static void on_ask(uint64_t id, const char *json, size_t len, void *arg)
{
	sight_ask(((struct agent *)arg)->sight, id, json, len);
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	struct agent *a = arg;

	(void)index;
	strcmp(peer, "witness") ? sight_link(a->sight, fd) : herald_link(a->herald, fd);
}

/* ---- places: gateway and the lines' interfaces ---- */

static void on_routes(uv_timer_t *t)
{
	struct agent *a = t->data;
	struct sense_place place = {.collector = a->collector};

	lines_look(a->lines, &place);
	senses_place(a->senses, &place);
	sight_place(a->sight, &place);
}

static void on_route_change(void *arg)
{
	struct agent *a = arg;

	uv_timer_start(&a->route_timer, on_routes, ROUTES_MS, 0);
}

static void on_carrier(void *arg, const char *name, bool up, bool gone)
{
	struct agent *a = arg;
	int64_t now = clock_boot_ms();
	char text[64];

	snprintf(text, sizeof(text), "%s %s", name, gone ? "removed" : up ? "up" : "down");
	sample_event(a->sample, now, "carrier", text);
	sample_hint(a->sample, now, CLASS_INTERFACE, name, up, up ? REASON_OK : REASON_UNREACHABLE);
	seal_within(a, URGENT_MS);
}

static void on_duplex(void *arg, const char *name, bool half, long mbit)
{
	struct agent *a = arg;
	char text[64];

	snprintf(text, sizeof(text), "%s %s %ld", name, half ? "half" : "full", mbit);
	sample_event(a->sample, clock_boot_ms(), "duplex", text);
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	iface_news(((struct agent *)poll->data)->iface);
}

/* ---- the uplink ---- */

static int apply_central(struct agent *a, const char *json, size_t len)
{
	struct central *fresh;
	char why[160];

	if (central_parse(json, len, &fresh, why)) {
		log_error("central configuration refused, the last one stays: %s", why);
		return -EINVAL;
	}
	if (strcmp(fresh->node, a->config->node))
		log_warn("central configuration is for node %s", fresh->node);
	central_free(a->central);
	a->central = fresh;
	lines_set(a->lines, fresh);
	herald_site(a->herald, fresh->site);
	sight_central(a->sight, json, len);
	return 0;
}

static void align(struct agent *a, int64_t offset_ms, int64_t step_ms)
{
	if (step_ms < 1000)
		step_ms = a->step_ms;
	if (a->offset_ms == offset_ms && a->step_ms == step_ms)
		return;
	a->offset_ms = offset_ms;
	a->step_ms = step_ms;
	a->due_boot_ms = 0;
	step_schedule(a);
	sight_clock(a->sight, offset_ms, step_ms);
}

static void on_config(const char *version, const char *json, size_t len, void *arg)
{
	struct agent *a = arg;
	int status;

	if (apply_central(a, json, len))
		return;
	status = central_save(a->config->state_dir, json, len);
	if (status)
		log_warn("cannot keep the central configuration: %s", strerror(-status));
	log_info("central configuration %s: %zu lines, %zu services", version, a->central->uplink_count,
	        a->central->service_count);
	uplink_config_version(a->uplink, version);
	align(a, a->offset_ms, a->central->step_ms);
	on_routes(&a->route_timer);
}

static void on_offset(int64_t offset_ms, int64_t step_ms, void *arg)
{
	struct agent *a = arg;

	a->offset_known = true;
	align(a, offset_ms, step_ms);
}

static void on_connected(bool connected, const char *address, void *arg)
{
	struct agent *a = arg;

	if (!connected)
		return; /* the collector's address stays: its path is what we want to see now */
	snprintf(a->collector, sizeof(a->collector), "%s", address);
	herald_alive(a->herald);
	on_routes(&a->route_timer);
	sample_repeat_hints(a->sample);
}

static void on_lost(const char *why, void *arg)
{
	sample_event(((struct agent *)arg)->sample, clock_boot_ms(), "uplink-lost", why);
}

static void on_trouble(bool refused, const char *why, void *arg)
{
	herald_trouble(((struct agent *)arg)->herald, refused, why);
}

/* ---- starting and stopping ---- */

static void on_death(const char *role, unsigned index, const char *how, void *arg)
{
	struct agent *a = arg;
	char text[160];

	snprintf(text, sizeof(text), "%s:%u %s", role, index, how);
	sample_event(a->sample, clock_boot_ms(), "process-died", text);
}

static void on_stop(void *arg)
{
	struct agent *a = arg;

	if (a->stopping)
		return;
	a->stopping = true;
	sample_event(a->sample, clock_boot_ms(), "agent-stopped", goodbye_reason("/run"));
	sample_seal(a->sample);
	uplink_close(a->uplink);
	a->uplink = NULL;
	sight_close(a->sight);
	herald_close(a->herald);
	senses_stop(a->senses);
	uv_close((uv_handle_t *)&a->step, NULL);
	uv_close((uv_handle_t *)&a->seal, NULL);
	uv_close((uv_handle_t *)&a->route_timer, NULL);
	if (a->iface)
		uv_close((uv_handle_t *)&a->news, NULL);
	process_close(a->self);
}

static void sense_open(struct agent *a)
{
	struct iface_handlers handlers = {.on_row = on_interface_row,
	        .on_carrier = on_carrier,
	        .on_duplex = on_duplex,
	        .on_route = on_route_change,
	        .arg = a};

	a->host = host_open("/proc");
	a->lines = lines_open(&a->sink);
	if (iface_open(&a->iface, "/sys", &a->config->capture_interfaces, &handlers))
		return;
	uv_poll_init(&a->loop, &a->news, iface_news_fd(a->iface));
	a->news.data = a;
	uv_poll_start(&a->news, UV_READABLE, on_news);
}

static void load_central(struct agent *a)
{
	struct buf json = {0};
	int status = central_load(a->config->state_dir, &json);

	if (!status && !apply_central(a, (const char *)json.data, json.len)) {
		a->step_ms = a->central->step_ms;
		uplink_config_version(a->uplink, a->central->version);
	} else if (status && status != -ENOENT) {
		log_warn("cannot read central.json: %s", strerror(-status));
	}
	buf_free(&json);
}

static void timers_open(struct agent *a)
{
	uv_timer_init(&a->loop, &a->step);
	uv_timer_init(&a->loop, &a->seal);
	uv_timer_init(&a->loop, &a->route_timer);
	a->step.data = a->seal.data = a->route_timer.data = a;
}

static void sight_open(struct agent *a)
{
	a->sink = (struct sink){
	        .row = sink_row, .event = sink_event, .state = sink_state, .urgent = sink_urgent, .arg = a};
	a->context = (struct sense_context){.loop = &a->loop,
	        .sink = &a->sink,
	        .config = a->config,
	        .proc_root = "/proc",
	        .sys_root = "/sys",
	        .etc_root = "/etc"};
	a->sight_handlers = (struct sight_handlers){.on_told = on_told, .on_answer = on_answer, .arg = a};
	a->sight = sight_new(&a->loop, &a->sink, &a->sight_handlers);
	a->herald = herald_new(&a->loop);
}

static int agent_open(struct agent *a)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop, .on_death = on_death};
	static const struct uplink_handlers handlers = {.on_config = on_config,
	        .on_connected = on_connected,
	        .on_offset = on_offset,
	        .on_ask = on_ask,
	        .on_lost = on_lost,
	        .on_trouble = on_trouble};
	struct sample_sink sink = {.number = on_number, .batch = on_batch, .hint = on_hint, .arg = a};

	uv_loop_init(&a->loop);
	sight_open(a);
	a->senses = senses_open(SENSES_AGENT, &a->context);
	if (rules_enter_agent(a->config) || spool_open(&a->spool, a->config->state_dir, a->config->spool_bytes))
		return -EACCES;
	a->sample = sample_new(&sink);
	a->offset_known = spool_offset(a->spool, &a->offset_ms);
	if (!a->offset_known)
		a->offset_ms = clock_wall_ms() - clock_boot_ms();
	a->step_ms = STEP_DEFAULT_MS;
	timers_open(a);
	sense_open(a);
	senses_start(a->senses);
	a->uplink = uplink_new(&a->loop, a->config, a->spool, &handlers, a);
	load_central(a);
	sight_clock(a->sight, a->offset_ms, a->step_ms);
	on_routes(&a->route_timer);
	sample_event(a->sample, clock_boot_ms(), "agent-started", SANSANG_VERSION);
	step_schedule(a);
	process_listen(a->self, &a->loop, &events, a);
	process_ready(a->self);
	return 0;
}

static void agent_close(struct agent *a)
{
	uv_loop_close(&a->loop);
	sample_free(a->sample);
	iface_close(a->iface);
	lines_close(a->lines);
	host_close(a->host);
	senses_close(a->senses);
	sight_free(a->sight);
	herald_free(a->herald);
	central_free(a->central);
	spool_close(a->spool);
}

int agent_run(struct process *self, void *arg)
{
	struct agent a = {.config = arg, .self = self};

	rules_spare_memory();
	if (agent_open(&a))
		return 1;
	uv_run(&a.loop, UV_RUN_DEFAULT);
	agent_close(&a);
	return 0;
}
