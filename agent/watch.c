#include "agent/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"

#define STEP_DEFAULT_MS 10000

struct list {
	struct check_spec *items;
	size_t count, room;
	int64_t step_ms;
};

static struct check_spec *list_add(
        struct list *l, enum metric_class_id class_id, const char *instance, int64_t every_ms)
{
	struct check_spec *s;

	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->items = mem_grow(l->items, l->room, sizeof(*l->items));
	}
	s = &l->items[l->count++];
	memset(s, 0, sizeof(*s));
	s->class_id = class_id;
	s->every_ms = every_ms;
	snprintf(s->instance, sizeof(s->instance), "%s", instance);
	return s;
}

/* Five echoes a step to what may be an address or a name; "" is left out. */
static void add_path(struct list *l, enum metric_class_id class_id, const char *instance, const char *target)
{
	struct check_spec *s;

	if (!target[0])
		return;
	s = list_add(l, class_id, instance, l->step_ms);
	s->type = probe_type_named("icmp");
	s->at_once = true;
	if (probe_target_split(target, false, s->host, sizeof(s->host), &s->port)) {
		log_warn("path %s: \"%s\" is neither an address nor a name", instance, target);
		l->count--;
	}
}

static void add_service(struct list *l, const struct central_service *service)
{
	struct check_spec *s = list_add(l, CLASS_SERVICE, service->id, service->every_ms);

	s->type = probe_type_named(service->type);
	if (!s->type) {
		log_warn("service %s: this agent cannot check \"%s\"", service->id, service->type);
		l->count--;
	} else if (probe_target_split(service->target, s->type->has_port, s->host, sizeof(s->host), &s->port)) {
		log_warn("service %s: \"%s\" is no %s target", service->id, service->target, service->type);
		l->count--;
	} else if (service->source[0] && probe_address_parse(service->source, 0, &s->source)) {
		log_warn("service %s: source \"%s\" is no address", service->id, service->source);
		l->count--;
	}
}

/* What the inventory says beats the routing table: a site may have several lines. Nothing is probed before it is known. */
static const char *gateway_of(const struct central *central, const char *route)
{
	for (size_t i = 0; central && i < central->uplink_count; i++)
		if (central->uplinks[i].gateway[0])
			return central->uplinks[i].gateway;
	return central ? route : "";
}

struct check_spec *watch_checks(
        const struct central *central, const char *gateway, const char *collector, size_t *count)
{
	struct list l = {.step_ms = central ? central->step_ms : STEP_DEFAULT_MS};

	add_path(&l, CLASS_PATH, "gateway", gateway_of(central, gateway));
	add_path(&l, CLASS_PATH, "core", central && central->core[0] ? central->core : collector);
	for (size_t i = 0; central && i < central->uplink_count; i++)
		add_path(&l, CLASS_UPLINK, central->uplinks[i].instance, central->uplinks[i].target);
	for (size_t i = 0; central && i < central->terminal_count; i++)
		add_path(&l, CLASS_PATH, central->terminals[i].id, central->terminals[i].target);
	for (size_t i = 0; central && i < central->service_count; i++)
		add_service(&l, &central->services[i]);
	*count = l.count;
	return l.items;
}

/* Columns in milliseconds have three decimals: microseconds are their scaled integers. */
static int64_t scaled_us(int64_t us)
{
	return us == PROBE_UNKNOWN ? METRIC_UNKNOWN : us;
}

static void fill_service(const struct probe_result *r, int64_t *values)
{
	/* our own trouble says nothing about the service */
	values[SVC_UP] = r->reason == REASON_LOCAL ? METRIC_UNKNOWN : r->up;
	values[SVC_CONNECT] = scaled_us(r->connect_us);
	values[SVC_TOTAL] = scaled_us(r->total_us);
	values[SVC_REASON] = r->reason;
}

static void fill_path(const struct probe_result *r, int64_t *values)
{
	values[PATH_LOSS] = (int64_t)(r->sent - r->received) * 10000 / r->sent;
	values[PATH_RTT] = scaled_us(r->rtt_us);
	values[PATH_RTT_MIN] = scaled_us(r->rtt_min_us);
	values[PATH_RTT_MAX] = scaled_us(r->rtt_max_us);
	values[PATH_JITTER] = scaled_us(r->jitter_us);
}

bool watch_result(const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed,
        struct talk_result *out)
{
	memset(out, 0, sizeof(*out));
	out->class_id = spec->class_id;
	memcpy(out->instance, spec->instance, sizeof(out->instance));
	out->boot_ms = boot_ms;
	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		out->values[i] = METRIC_UNKNOWN;
	if (spec->class_id == CLASS_SERVICE)
		fill_service(r, out->values);
	else if (r->sent)
		fill_path(r, out->values);
	else
		return false;
	out->flags = TALK_ROW | (r->reason == REASON_LOCAL ? 0 : TALK_STATE | (changed ? TALK_CHANGED : 0));
	out->up = r->up;
	out->reason = r->reason;
	return true;
}
