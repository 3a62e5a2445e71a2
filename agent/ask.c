#include "agent/ask.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/look_show.h"
#include "agent/probe/prober.h"
#include "agent/probe/trace.h"
#include "agent/watch.h"
#include "common/memory.h"

#define MINUTE_MS 60000
#define EVERY_MS 10000 /* gives the patience that a check of a 10 s step has */
#define WHY_SIZE 160

struct ask {
	struct asks *asks;
	struct ask *next;
	void *token;
	struct trace *trace;
	struct prober *prober;
	char *target; /* of a probe, as it is shown */
};

struct asks {
	uv_loop_t *loop;
	struct icmp *icmp;
	ask_on_answer on_answer;
	void *arg;
	struct ask *first;
	unsigned running;
	uint64_t begun_ms[ASK_PER_MINUTE]; /* of the last that were taken, a ring; 0: none yet */
	unsigned at;
};

/* ---- answering ---- */

static void refuse(struct asks *a, void *token, const char *why)
{
	json_t *o = json_pack("{s:s}", "error", why);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	a->on_answer(a->arg, token, text ? text : mem_str("{\"error\":\"not understood\"}"));
}

static void ask_free(struct ask *k)
{
	struct ask **at = &k->asks->first;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	k->asks->running--;
	trace_cancel(k->trace);
	if (k->prober)
		prober_close(k->prober);
	free(k->target);
	free(k);
}

static void ask_end(struct ask *k, char *json)
{
	struct asks *a = k->asks;
	void *token = k->token;

	ask_free(k);
	a->on_answer(a->arg, token, json);
}

static struct ask *ask_new(struct asks *a, void *token)
{
	struct ask *k = mem_alloc(sizeof(*k));

	*k = (struct ask){.asks = a, .next = a->first, .token = token};
	a->first = k;
	a->running++;
	return k;
}

/* ---- what may be asked ---- */

static const char *text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static void on_traced(void *arg, const struct trace_request *request, const struct trace_result *result)
{
	struct ask *k = arg;

	k->trace = NULL;
	ask_end(k, trace_json(request, result));
}

static void ask_trace(struct asks *a, const struct central *central, const json_t *o, void *token)
{
	struct trace_request request = {0};
	const char *target = text_of(o, "target"), *source = text_of(o, "source");
	struct ask *k;

	(void)central;
	if (trace_target_read(target, &request)) {
		refuse(a, token, "\"target\": expected HOST, HOST:PORT or [IPV6]:PORT");
	} else if (source[0] && probe_address_parse(source, 0, &request.source)) {
		refuse(a, token, "\"source\": expected an address of this host");
	} else {
		k = ask_new(a, token);
		k->trace = trace_start(a->loop, a->icmp, &request, on_traced, k);
	}
}

static void on_probed(
        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed)
{
	struct ask *k = arg;

	(void)boot_ms;
	(void)changed;
	ask_end(k, look_json(spec, k->target, r));
}

static void run_service(struct asks *a, const struct central_service *service, void *token)
{
	struct prober_handlers handlers = {.on_result = on_probed};
	struct check_spec spec;
	char why[WHY_SIZE];
	struct ask *k;

	if (watch_service_spec(service, &spec, why)) {
		refuse(a, token, why);
		return;
	}
	k = ask_new(a, token);
	k->target = mem_str(service->target);
	handlers.arg = k;
	k->prober = prober_new(a->loop, a->icmp, &handlers);
	spec.every_ms = EVERY_MS;
	prober_set(k->prober, &spec, 1, "");
	prober_run_now(k->prober);
}

static void ask_probe(struct asks *a, const struct central *central, const json_t *o, void *token)
{
	struct central_service service = {
	        .id = "asked", .target = (char *)text_of(o, "target"), .options = probe_options_none()};

	(void)central;
	snprintf(service.type, sizeof(service.type), "%s", text_of(o, "type"));
	run_service(a, &service, token);
}

static void ask_check(struct asks *a, const struct central *central, const json_t *o, void *token)
{
	const char *id = text_of(o, "service");

	for (size_t i = 0; central && i < central->service_count; i++)
		if (!strcmp(central->services[i].id, id)) {
			run_service(a, &central->services[i], token);
			return;
		}
	refuse(a, token, "\"service\": this agent has no such check");
}

static const struct {
	const char *name;
	void (*run)(struct asks *a, const struct central *central, const json_t *o, void *token);
} kinds[] = {
        {"trace", ask_trace},
        {"probe", ask_probe},
        {"check", ask_check},
};

/* ---- taking ---- */

/* Counted in a ring: the oldest of the last ASK_PER_MINUTE tells whether a minute is full. */
static bool may_run(struct asks *a)
{
	uint64_t now_ms = uv_now(a->loop), oldest_ms = a->begun_ms[a->at];

	if (oldest_ms && now_ms - oldest_ms < MINUTE_MS)
		return false;
	a->begun_ms[a->at] = now_ms ? now_ms : 1;
	a->at = (a->at + 1) % ASK_PER_MINUTE;
	return true;
}

static void run(struct asks *a, const struct central *central, const json_t *o, void *token)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(text_of(o, "do"), kinds[i].name)) {
			kinds[i].run(a, central, o, token);
			return;
		}
	refuse(a, token, "\"do\": expected trace, probe or check");
}

void asks_put(struct asks *a, const struct central *central, const char *json, size_t len, void *token)
{
	json_t *o;

	if (a->running >= ASK_RUNNING_MAX) {
		refuse(a, token,
		        "this agent is looking at other things that were asked for: ask again in some seconds");
		return;
	}
	if (!may_run(a)) {
		refuse(a, token, "this agent was asked too often: ask again in a minute");
		return;
	}
	o = json_loadb(json, len, 0, NULL);
	if (json_is_object(o))
		run(a, central, o, token);
	else
		refuse(a, token, "expected a JSON object");
	json_decref(o);
}

struct asks *asks_new(uv_loop_t *loop, struct icmp *icmp, ask_on_answer on_answer, void *arg)
{
	struct asks *a = mem_alloc(sizeof(*a));

	*a = (struct asks){.loop = loop, .icmp = icmp, .on_answer = on_answer, .arg = arg};
	return a;
}

void asks_close(struct asks *a)
{
	while (a->first)
		ask_free(a->first);
	free(a);
}
