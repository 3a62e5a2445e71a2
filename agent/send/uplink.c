#include "agent/send/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/send/dial.h"
#include "agent/send/link.h"
#include "agent/send/proxy.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/stall.h"

#define HURRY_MS 60000
#define HASTE_MS 500
#define TICK_MS 2500 /* half a heartbeat: each tick wakes an idle host */
#define RETRY_FIRST_MS 5000
#define RETRY_MOST_MS 30000
#define OPENING_MS 15000 /* for the handshake */

struct uplink {
	uv_loop_t *loop;
	const struct agent_config *config;
	struct spool *spool;
	const struct uplink_handlers *handlers;
	void *arg;
	uv_timer_t retry, tick;
	unsigned open; /* timers and stream that are not closed yet */
	bool closing;
	struct enrol enrol;
	struct tls_context *context; /* with our certificate; NULL until needed, and after it changed */
	struct dial *dial;
	struct tls_stream *stream;
	struct link link;
	bool enrolling;
	struct token token;
	bool link_begun, link_refused, connected;
	int64_t opening_until_ms;
	size_t at; /* collector of the list that is tried */
	unsigned failed_rounds;
	char address[64], config_version[LINK_VERSION_SIZE], last_why[256], stall[256];
	int64_t hurry_until_ms;
};

static void connect_next(struct uplink *u);

static int64_t now_ms(const struct uplink *u)
{
	return (int64_t)uv_now(u->loop);
}

static void uplink_release(struct uplink *u)
{
	if (--u->open)
		return;
	tls_context_free(u->context);
	enrol_close(&u->enrol);
	link_end(&u->link);
	free(u);
}

/* ---- trying again ---- */

/* The same trouble is said once. */
static void say_trouble(struct uplink *u, const char *collector, const char *why)
{
	char text[sizeof(u->last_why)];

	snprintf(text, sizeof(text), "%s: %s", collector, why);
	if (u->handlers->on_trouble)
		u->handlers->on_trouble(u->link_refused, text, u->arg);
	if (!strcmp(text, u->last_why))
		return;
	snprintf(u->last_why, sizeof(u->last_why), "%s", text);
	log_warn("%s", text);
}

static void on_retry(uv_timer_t *timer)
{
	connect_next(timer->data);
}

/* 5, 10, 20, 30 s, of which a random part: a province that comes back does not come at once. */
static int64_t round_delay_ms(unsigned failed_rounds)
{
	int64_t most = RETRY_FIRST_MS << (failed_rounds < 4 ? failed_rounds : 4);

	if (most > RETRY_MOST_MS)
		most = RETRY_MOST_MS;
	return failed_rounds ? most / 2 + (int64_t)chance_below((uint64_t)(most / 2))
	                     : (int64_t)chance_below((uint64_t)most);
}

static void retry_in(struct uplink *u, int64_t delay_ms)
{
	if (!u->closing)
		uv_timer_start(&u->retry, on_retry, (uint64_t)delay_ms, 0);
}

/* This collector will not do: the next of the list at once, a pause after the last. */
static void try_next(struct uplink *u, int64_t at_least_ms)
{
	int64_t delay_ms = 0;

	if (++u->at >= u->config->collectors.count) {
		u->at = 0;
		delay_ms = round_delay_ms(u->failed_rounds++);
	}
	retry_in(u, delay_ms > at_least_ms ? delay_ms : at_least_ms);
}

/* ---- a connection ---- */

static void on_tick(uv_timer_t *timer);

/* Hasty: the way is bad, and each heartbeat tells more of it. */
static void pace(struct uplink *u, bool hasty)
{
	u->link.hasty = hasty;
	uv_timer_start(&u->tick, on_tick, hasty ? HASTE_MS : TICK_MS, hasty ? HASTE_MS : TICK_MS);
}

static bool tcp_read(struct uplink *u, struct stall *out)
{
	int fd;

	return u->stream && !uv_fileno((uv_handle_t *)tls_tcp(u->stream), &fd) && !stall_read(fd, out);
}

/*
 * What the kernel knows of a stalled connection. The other side may give it up first (it hears nothing of us while we hear
 * it), so what is seen while batches wait is kept for then.
 */
static void stall_note(struct uplink *u)
{
	struct stall s;

	if (!tcp_read(u, &s))
		return;
	if (s.kind == STALL_NONE)
		u->stall[0] = 0;
	else
		stall_words(&s, u->stall, sizeof(u->stall));
}

static void say_lost(struct uplink *u, const char *why)
{
	char text[sizeof(u->stall) + 200];

	snprintf(text, sizeof(text), "%s%s%s", why, u->stall[0] ? "; " : "", u->stall);
	if (u->handlers->on_lost)
		u->handlers->on_lost(text, u->arg);
}

static void flush(struct uplink *u)
{
	if (u->stream && u->link.out.len)
		tls_write(u->stream, u->link.out.data, u->link.out.len);
	buf_reset(&u->link.out);
	if (u->stream && (u->link.state == LINK_OVER || u->link.state == LINK_ENROLLED))
		tls_close(u->stream);
}

static void on_ready(void *arg)
{
	struct uplink *u = arg;

	u->connected = true;
	u->failed_rounds = 0;
	u->last_why[0] = 0;
	log_info("connected to %s (%s)", u->config->collectors.items[u->at], u->address);
	if (u->handlers->on_connected)
		u->handlers->on_connected(true, u->address, u->arg);
}

static void on_config(const char *version, const char *json, size_t len, void *arg)
{
	struct uplink *u = arg;

	if (u->handlers->on_config)
		u->handlers->on_config(version, json, len, u->arg);
}

static void on_offset(int64_t offset_ms, int64_t step_ms, void *arg)
{
	struct uplink *u = arg;

	if (u->handlers->on_offset)
		u->handlers->on_offset(offset_ms, step_ms, u->arg);
}

static void on_identity(void *arg)
{
	struct uplink *u = arg;

	tls_context_free(u->context);
	u->context = NULL;
}

static void on_ask(uint64_t id, const char *json, size_t len, void *arg)
{
	static const char refusal[] = "{\"error\":\"this agent answers no asks\"}";
	struct uplink *u = arg;

	if (u->handlers->on_ask)
		u->handlers->on_ask(id, json, len, u->arg);
	else
		link_answer(&u->link, id, refusal, sizeof(refusal) - 1);
}

static const struct link_handlers link_handlers = {.on_ready = on_ready,
        .on_config = on_config,
        .on_offset = on_offset,
        .on_ask = on_ask,
        .on_identity = on_identity};

static void on_open(struct tls_stream *s, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	link_begin(&u->link, u->spool, &u->enrol, &link_handlers, u, now_ms(u));
	u->link_begun = true;
	pace(u, now_ms(u) < u->hurry_until_ms);
	if (!u->enrolling)
		link_hello(&u->link, u->config_version);
	else if (link_enrol(&u->link, &u->token))
		tls_close(u->stream);
	flush(u);
}

static size_t on_data(struct tls_stream *s, const uint8_t *data, size_t len, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	size_t used = link_data(&u->link, data, len, now_ms(u), uv_hrtime());
	flush(u);
	return used;
}

static void on_close(struct tls_stream *s, int status, const char *why, void *arg)
{
	struct uplink *u = arg;
	const char *collector = u->config->collectors.items[u->at];
	bool was_connected = u->connected, over = u->link_begun && u->link.state == LINK_OVER;
	bool enrolled = u->link_begun && u->link.state == LINK_ENROLLED;

	(void)s, (void)status;
	u->stream = NULL;
	u->link_refused = over && u->link.refused;
	u->connected = u->link_begun = false;
	if (!u->closing && !enrolled)
		say_trouble(u, collector, over ? u->link.why : why);
	u->link_refused = false;
	if (was_connected && !u->closing)
		say_lost(u, over ? u->link.why : why);
	u->stall[0] = 0;
	if (was_connected && !u->closing && u->handlers->on_connected)
		u->handlers->on_connected(false, "", u->arg);
	if (enrolled) {
		retry_in(u, 0);
	} else if (was_connected) {
		u->at = 0; /* it was good until now: the list from its top, soon */
		int64_t delay_ms = round_delay_ms(0), least_ms = over ? u->link.retry_after_ms : 0;
		retry_in(u, delay_ms > least_ms ? delay_ms : least_ms);
	} else {
		try_next(u, over ? u->link.retry_after_ms : 0);
	}
	uplink_release(u);
}

/* Gives a context to connect with, counted for the caller; NULL when there is no way to be let in. */
static struct tls_context *context_choose(struct uplink *u)
{
	struct tls_context *pinned;

	u->enrolling = !enrol_token(&u->enrol, &u->token);
	if (u->enrolling)
		return enrol_pinned_context(&u->token, &pinned) ? NULL : pinned;
	if (!enrol_done(&u->enrol)) {
		say_trouble(u, u->config->node, "no certificate, and no token to get one with");
		return NULL;
	}
	if (!u->context && enrol_context(&u->enrol, &u->context))
		u->context = NULL;
	return u->context;
}

static void on_tcp_closed(uv_handle_t *h)
{
	free(h);
}

static void on_dialled(int status, const char *why, uv_tcp_t *tcp, const char *address, void *arg)
{
	static const struct tls_handlers handlers = {on_open, on_data, on_close};
	struct uplink *u = arg;

	u->dial = NULL;
	if (status) {
		say_trouble(u, u->config->collectors.items[u->at], why);
		try_next(u, 0);
		return;
	}
	struct tls_context *context = context_choose(u);
	if (!context) {
		uv_close((uv_handle_t *)tcp, on_tcp_closed);
		try_next(u, 0);
		return;
	}
	snprintf(u->address, sizeof(u->address), "%s", address);
	u->opening_until_ms = now_ms(u) + OPENING_MS;
	u->open++;
	u->stream = tls_stream_new(context, tcp, &handlers, u);
	if (u->enrolling)
		tls_context_free(context); /* the stream holds it from here */
}

static void connect_next(struct uplink *u)
{
	const struct agent_config *c = u->config;
	struct token t;

	if (u->closing || u->dial || u->stream)
		return;
	if (!enrol_done(&u->enrol) && enrol_token(&u->enrol, &t)) {
		say_trouble(u, c->node, "no certificate, and no token to get one with");
		retry_in(u, RETRY_FIRST_MS); /* the token may be laid down at any time */
		return;
	}
	u->dial =
	        dial_new(u->loop, c->collectors.items[u->at], c->proxy ? proxy_address(c->proxy) : NULL, on_dialled, u);
}

static void on_tick(uv_timer_t *timer)
{
	struct uplink *u = timer->data;
	struct stall s;

	if (!u->stream)
		return;
	if (!u->link_begun) {
		if (now_ms(u) >= u->opening_until_ms)
			tls_close(u->stream);
		return;
	}
	if (u->link.hasty && now_ms(u) >= u->hurry_until_ms)
		pace(u, false);
	/* through a proxy there are two connections, and their counts have nothing to do with each other */
	if (!u->config->proxy && tcp_read(u, &s)) {
		u->link.segments_out = s.segments_out;
		u->link.segments_in = s.segments_in;
	}
	link_tick(&u->link, now_ms(u), uv_hrtime());
	if (u->link.state == LINK_OVER || u->link.unacked_count)
		stall_note(u);
	flush(u);
}

/* ---- public ---- */

struct uplink *uplink_new(uv_loop_t *loop, const struct agent_config *config, struct spool *spool,
        const struct uplink_handlers *handlers, void *arg)
{
	struct uplink *u = mem_alloc(sizeof(*u));

	*u = (struct uplink){
	        .loop = loop, .config = config, .spool = spool, .handlers = handlers, .arg = arg, .open = 2};
	enrol_open(&u->enrol, config);
	uv_timer_init(loop, &u->retry);
	uv_timer_init(loop, &u->tick);
	u->retry.data = u->tick.data = u;
	uv_timer_start(&u->tick, on_tick, TICK_MS, TICK_MS);
	if (config->proxy && !proxy_address(config->proxy))
		log_warn("proxy: %s: expected http://host:port; connecting without", config->proxy);
	retry_in(u, 0);
	return u;
}

void uplink_wake(struct uplink *u)
{
	if (!u->connected)
		return;
	link_pump(&u->link, now_ms(u));
	flush(u);
}

void uplink_config_version(struct uplink *u, const char *version)
{
	snprintf(u->config_version, sizeof(u->config_version), "%s", version);
	if (!u->link_begun)
		return;
	link_applied(&u->link, version);
	flush(u);
}

void uplink_answer(struct uplink *u, uint64_t id, const char *json, size_t len)
{
	if (!u->connected)
		return;
	link_answer(&u->link, id, json, len);
	flush(u);
}

void uplink_hint(struct uplink *u, int64_t boot_ms, const char *class_name, const char *instance, bool up,
        unsigned reason, int64_t since_boot_ms)
{
	Sansang__Hint__State state = SANSANG__HINT__STATE__INIT;

	if (!u->connected)
		return;
	state.class_name = (char *)class_name;
	state.instance = (char *)instance;
	state.up = up;
	state.reason = reason;
	state.since_boot_ms = since_boot_ms;
	link_hint(&u->link, boot_ms, &state);
	flush(u);
}

void uplink_hurry(struct uplink *u)
{
	u->hurry_until_ms = now_ms(u) + HURRY_MS;
	if (!u->link.hasty && u->stream && u->link_begun)
		pace(u, true);
}

bool uplink_connected(const struct uplink *u)
{
	return u->connected;
}

static void on_timer_closed(uv_handle_t *h)
{
	uplink_release(h->data);
}

void uplink_close(struct uplink *u)
{
	u->closing = true;
	u->connected = false;
	if (u->dial)
		dial_cancel(u->dial);
	if (u->stream)
		tls_close(u->stream);
	uv_close((uv_handle_t *)&u->retry, on_timer_closed);
	uv_close((uv_handle_t *)&u->tick, on_timer_closed);
}
