#include "agent/eyes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ask.h"
#include "agent/config.h"
#include "agent/paths.h"
#include "agent/poll/poller.h"
#include "agent/poll/trap.h"
#include "agent/probe/icmp.h"
#include "agent/rules.h"
#include "agent/sense/host.h"
#include "agent/senses.h"
#include "agent/talk.h"
#include "agent/watch.h"
#include "common/batch.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

#define WAITING_BYTES_MAX (512 * 1024) /* kept while the agent process is away */
#define URGENT_MS 20                   /* changes of one cause leave together */

struct eyes {
	const struct agent_config *config;
	struct process *self;
	uv_loop_t loop;
	struct channel *agent; /* NULL while it is away */
	unsigned links;        /* how often it came: an answer goes to the one that asked */
	struct sink sink;
	struct sense_context context;
	struct icmp *icmp;
	struct senses *senses;
	struct traps *traps; /* NULL: not heard */
	struct prober *prober;
	struct paths *paths;
	struct asks *asks;
	struct poller *poller; /* NULL until there is gear: the SNMP library is not small */
	struct host *host;     /* for our own usage */
	struct central *central;
	struct place {
		char gateway[CENTRAL_HOST_MAX], interface[16], collector[CENTRAL_HOST_MAX];
	} place;
	int64_t offset_ms, step_ms;
	uv_timer_t step, soon;
	bool urgent, stopping;
	struct buf results;
};

/* ---- telling ---- */

static void flush(struct eyes *e)
{
	struct buf out = {0};
	int64_t cpu_us, rss;

	if (!e->agent || !e->results.len)
		return;
	host_self(e->host, &cpu_us, &rss);
	buf_put_varint(&out, (uint64_t)cpu_us);
	buf_put_varint(&out, rss == METRIC_UNKNOWN ? 0 : (uint64_t)rss);
	buf_put_u8(&out, e->urgent);
	buf_put(&out, e->results.data, e->results.len);
	channel_send(e->agent, TALK_RESULTS, out.data, out.len);
	buf_free(&out);
	buf_reset(&e->results);
	e->urgent = false;
}

static void on_step(uv_timer_t *t);

/* In the step's first third: after the echoes, before the agent seals its batch. */
static void step_schedule(struct eyes *e)
{
	int64_t at = talk_flush_ms(e->step_ms), since = (clock_boot_ms() + e->offset_ms - at) % e->step_ms;

	uv_timer_start(&e->step, on_step, (uint64_t)(since < 0 ? -since : e->step_ms - since), 0);
}

static void on_step(uv_timer_t *t)
{
	struct eyes *e = t->data;
	int64_t now = clock_boot_ms() + e->offset_ms;

	senses_read(e->senses, now - now % e->step_ms - e->offset_ms);
	flush(e);
	step_schedule(e);
}

static void on_soon(uv_timer_t *t)
{
	flush(t->data);
}

static bool has_room(const struct eyes *e)
{
	return e->results.len <= WAITING_BYTES_MAX;
}

static void sink_row(
        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values)
{
	struct talk_result r = {.flags = TALK_ROW, .class_id = class_id, .boot_ms = boot_ms};
	struct eyes *e = arg;

	snprintf(r.instance, sizeof(r.instance), "%s", subject);
	memcpy(r.values, values, metric_class(class_id)->count * sizeof(values[0]));
	if (has_room(e))
		talk_put(&e->results, &r);
}

static void sink_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct talk_result r = {.flags = TALK_EVENT, .boot_ms = boot_ms, .text = text, .text_len = strlen(text)};
	struct eyes *e = arg;

	if (r.text_len >= BATCH_TEXT_MAX)
		r.text_len = BATCH_TEXT_MAX - 1;
	snprintf(r.kind, sizeof(r.kind), "%s", kind);
	if (has_room(e))
		talk_put(&e->results, &r);
}

static void sink_state(
        void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up, enum reason reason)
{
	struct talk_result r = {
	        .flags = TALK_STATE, .class_id = class_id, .boot_ms = boot_ms, .up = up, .reason = reason};
	struct eyes *e = arg;

	snprintf(r.instance, sizeof(r.instance), "%s", subject);
	if (has_room(e))
		talk_put(&e->results, &r);
}

static void sink_urgent(void *arg)
{
	struct eyes *e = arg;

	if (!e->urgent)
		uv_timer_start(&e->soon, on_soon, URGENT_MS, 0);
	e->urgent = true;
}

static void on_result(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct eyes *e = arg;

	watch_tell(&e->sink, spec, boot_ms, r, changed);
	paths_result(e->paths, spec, r, changed);
}

/* ---- being told ---- */

static void watch_anew(struct eyes *e)
{
	size_t count;
	struct check_spec *specs = watch_checks(e->central, e->place.gateway, e->place.collector, &count);

	prober_set(e->prober, specs, count, e->config->node);
	paths_set(e->paths, specs, count);
	free(specs);
}

static void poll_anew(struct eyes *e)
{
	if (!e->poller && e->central->gear_count)
		e->poller = poller_new(&e->loop, &e->sink, e->config->node);
	if (e->poller)
		poller_set(e->poller, e->central->gear, e->central->gear_count);
	if (e->traps)
		traps_set(e->traps, e->central->gear, e->central->gear_count);
}

static void told_central(struct eyes *e, struct cursor *payload, uint32_t id)
{
	size_t len = cursor_left(payload);
	const uint8_t *json = cursor_bytes(payload, len);
	struct central *fresh;
	char why[160];

	(void)id;
	if (!json || central_parse((const char *)json, len, &fresh, why)) {
		log_error("central configuration: %s", json ? why : "is empty");
		return;
	}
	central_free(e->central);
	e->central = fresh;
	watch_anew(e);
	poll_anew(e);
}

static void told_clock(struct eyes *e, struct cursor *payload, uint32_t id)
{
	int64_t offset_ms = cursor_svarint(payload), step_ms = (int64_t)cursor_varint(payload);

	(void)id;
	if (payload->failed || step_ms < 1000)
		return;
	e->offset_ms = offset_ms;
	e->step_ms = step_ms;
	prober_align(e->prober, offset_ms);
	step_schedule(e);
}

static void told_places(struct eyes *e, struct cursor *payload, uint32_t id)
{
	struct place fresh = {0};
	struct sense_place told = {e->place.gateway, e->place.interface, e->place.collector};

	(void)id;
	cursor_str(payload, fresh.gateway, sizeof(fresh.gateway));
	cursor_str(payload, fresh.interface, sizeof(fresh.interface));
	cursor_str(payload, fresh.collector, sizeof(fresh.collector));
	if (payload->failed || !memcmp(&fresh, &e->place, sizeof(fresh)))
		return;
	e->place = fresh;
	senses_place(e->senses, &told);
	watch_anew(e);
}

/* ---- being asked ---- */

struct asked {
	uint32_t id;
	unsigned link;
};

static void told_ask(struct eyes *e, struct cursor *payload, uint32_t id)
{
	size_t len = cursor_left(payload);
	const uint8_t *json = cursor_bytes(payload, len);
	struct asked *asked = mem_alloc(sizeof(*asked));

	*asked = (struct asked){.id = id, .link = e->links};
	asks_put(e->asks, e->central, json ? (const char *)json : "", len, asked);
}

static void on_answer(void *arg, void *token, char *json)
{
	struct asked *asked = token;
	struct eyes *e = arg;

	if (e->agent && asked->link == e->links)
		channel_reply(e->agent, TALK_ASK, asked->id, json, strlen(json));
	free(asked);
	free(json);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	static void (*const told[])(struct eyes * e, struct cursor * payload, uint32_t id) = {
	        [TALK_CENTRAL] = told_central,
	        [TALK_CLOCK] = told_clock,
	        [TALK_PLACES] = told_places,
	        [TALK_ASK] = told_ask,
	};

	(void)ch;
	if (kind < sizeof(told) / sizeof(told[0]) && told[kind])
		told[kind](arg, payload, id);
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
	e->links++;
}

static void on_trap(void *arg, const char *id)
{
	struct eyes *e = arg;

	if (e->poller)
		poller_soon(e->poller, id);
}

static bool interface_of(void *arg, const char *id, int64_t index, char *out, size_t size)
{
	const struct eyes *e = arg;

	return e->poller && poller_interface(e->poller, id, index, out, size);
}

static void on_stop(void *arg)
{
	struct eyes *e = arg;

	if (e->stopping)
		return;
	e->stopping = true;
	if (e->traps)
		traps_stop(e->traps);
	if (e->poller)
		poller_close(e->poller);
	asks_close(e->asks);
	paths_close(e->paths);
	prober_close(e->prober);
	senses_stop(e->senses);
	uv_close((uv_handle_t *)&e->step, NULL);
	uv_close((uv_handle_t *)&e->soon, NULL);
	if (e->agent)
		channel_close(e->agent);
	process_close(e->self);
}

static void timers_open(struct eyes *e)
{
	uv_timer_init(&e->loop, &e->step);
	uv_timer_init(&e->loop, &e->soon);
	e->step.data = e->soon.data = e;
	step_schedule(e);
}

/* What needs a right that is about to be dropped. */
static void eyes_grasp(struct eyes *e)
{
	e->context = (struct sense_context){.loop = &e->loop,
	        .sink = &e->sink,
	        .config = e->config,
	        .proc_root = "/proc",
	        .sys_root = "/sys",
	        .etc_root = "/etc"};
	e->icmp = icmp_open();
	e->host = host_open("/proc");
	e->senses = senses_open(SENSES_EYES, &e->context);
	if (e->config->trap_listen)
		e->traps = traps_open(e->config->trap_listen, &e->sink);
}

static int eyes_open(struct eyes *e)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct prober_handlers handlers = {.on_result = on_result, .arg = e};
	int status;

	uv_loop_init(&e->loop);
	e->sink = (struct sink){
	        .row = sink_row, .event = sink_event, .state = sink_state, .urgent = sink_urgent, .arg = e};
	eyes_grasp(e);
	status = rules_enter_eyes(e->config);
	if (status)
		return status;
	e->offset_ms = clock_wall_ms() - clock_boot_ms();
	e->step_ms = 10000;
	timers_open(e);
	e->prober = prober_new(&e->loop, e->icmp, &handlers);
	prober_align(e->prober, e->offset_ms);
	e->paths = paths_new(&e->loop, e->icmp, &e->sink, e->config->node);
	e->asks = asks_new(&e->loop, e->icmp, on_answer, e);
	senses_start(e->senses);
	if (e->traps) {
		traps_start(e->traps, &e->loop, on_trap, e);
		traps_name_by(e->traps, interface_of);
	}
	process_listen(e->self, &e->loop, &events, e);
	process_ready(e->self);
	return 0;
}

static void eyes_close(struct eyes *e)
{
	uv_loop_close(&e->loop);
	if (e->traps)
		traps_close(e->traps);
	senses_close(e->senses);
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
