#include "agent/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/probe/closer.h"
#include "common/log.h"
#include "common/memory.h"

#define STEP_DEFAULT_MS 10000
#define MTU_EVERY_MS 60000
#define WHY_SIZE 160

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

static int bind_to(struct check_spec *s, const char *source, const char *interface)
{
	snprintf(s->interface, sizeof(s->interface), "%s", interface);
	return source[0] ? probe_address_parse(source, 0, &s->source) : 0;
}

/* Some echoes a step to what may be an address or a name; "" is left out. */
static struct check_spec *add_path(struct list *l, enum metric_class_id class_id, const char *instance,
        const char *target, const struct central_uplink *line)
{
	struct check_spec *s;

	if (!target[0])
		return NULL;
	s = list_add(l, class_id, instance, l->step_ms);
	s->type = probe_type_named("icmp");
	s->at_once = true;
	if (line)
		bind_to(s, line->source, line->interface);
	if (probe_target_split(target, false, s->host, sizeof(s->host), &s->port)) {
		log_warn("path %s: \"%s\" is neither an address nor a name", instance, target);
		l->count--;
		return NULL;
	}
	return s;
}

/* A path that goes along a line: enough echoes to tell loss from chance. */
static void add_line(struct list *l, enum metric_class_id class_id, const char *instance, const char *target,
        const struct central_uplink *line)
{
	struct check_spec *s = add_path(l, class_id, instance, target, line);

	if (!s)
		return;
	s->closer = true;
	s->options.count = s->options.more = CLOSER_ECHOES;
	s->options.train = CLOSER_TRAIN;
}

/* Each minute: may packets be as large as the interface says? */
static void add_mtu(struct list *l, const char *instance, const char *target, const struct central_uplink *line)
{
	const struct probe_type *type = probe_type_named("mtu");
	struct check_spec *s;

	if (!type || !target[0])
		return;
	s = list_add(l, CLASS_MTU, instance, MTU_EVERY_MS);
	s->type = type;
	bind_to(s, line ? line->source : "", line ? line->interface : "");
	if (probe_target_split(target, false, s->host, sizeof(s->host), &s->port))
		l->count--;
}

int watch_service_spec(const struct central_service *service, struct check_spec *s, char *why)
{
	const char *path = NULL;
	bool wrong;

	memset(s, 0, sizeof(*s));
	s->class_id = CLASS_SERVICE;
	s->every_ms = service->every_ms;
	s->options = service->options;
	snprintf(s->instance, sizeof(s->instance), "%s", service->id);
	s->type = probe_type_named(service->type);
	if (!s->type) {
		snprintf(why, WHY_SIZE, "this agent cannot check \"%s\"", service->type);
		return -EINVAL;
	}
	wrong = s->type->takes_url ? probe_url_split(service->target, &s->options.secure, s->host, sizeof(s->host),
	                                     &s->port, &path)
	                           : probe_target_of(s->type, service->target, s->host, sizeof(s->host), &s->port);
	if (wrong || bind_to(s, service->source, service->interface)) {
		snprintf(why, WHY_SIZE, wrong ? "\"%.60s\" is no %s target" : "source \"%.60s\" is no address",
		        wrong ? service->target : service->source, service->type);
		return -EINVAL;
	}
	s->options.path = (char *)path; /* within the target: borrowed as the others */
	return 0;
}

static void add_service(struct list *l, const struct central_service *service)
{
	struct check_spec spec;
	char why[WHY_SIZE];

	if (watch_service_spec(service, &spec, why))
		log_warn("service %s: %s", service->id, why);
	else
		*list_add(l, CLASS_SERVICE, service->id, service->every_ms) = spec;
}

/* What the inventory says beats the routing table: a site may have several lines. Nothing is probed before it is known. */
static const char *gateway_of(const struct central *central, const char *route)
{
	for (size_t i = 0; central && i < central->uplink_count; i++)
		if (central->uplinks[i].gateway[0])
			return central->uplinks[i].gateway;
	return central ? route : "";
}

/* The way to the core shows what a site's only line loses beyond its terminal; what it shows of one line of several nobody can say. */
static bool core_stands_for_line(const struct central *central, const char *core)
{
	if (!central || central->uplink_count > 1)
		return false;
	return !central->uplink_count || strcmp(central->uplinks[0].target, core) != 0;
}

struct check_spec *watch_checks(
        const struct central *central, const char *gateway, const char *collector, size_t *count)
{
	const char *core = central && central->core[0] ? central->core : collector;
	struct list l = {.step_ms = central ? central->step_ms : STEP_DEFAULT_MS};

	add_path(&l, CLASS_PATH, "gateway", gateway_of(central, gateway), NULL);
	if (core_stands_for_line(central, core))
		add_line(&l, CLASS_PATH, "core", core, NULL);
	else
		add_path(&l, CLASS_PATH, "core", core, NULL);
	add_mtu(&l, "core", core, NULL);
	for (size_t i = 0; central && i < central->uplink_count; i++) {
		const struct central_uplink *line = &central->uplinks[i];

		add_line(&l, CLASS_UPLINK, line->instance, line->target, line);
		add_mtu(&l, line->instance, line->target, line);
	}
	for (size_t i = 0; central && i < central->terminal_count; i++)
		add_line(&l, CLASS_PATH, central->terminals[i].id, central->terminals[i].target, NULL);
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

/* What was lost since the last row, here and in closer looks: a step that lost nothing of its usual echoes needs no words. */
static void tell_look(
        const struct sink *sink, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r)
{
	const int64_t values[] = {
	        [LOOK_ECHOES] = r->looked, [LOOK_LOST] = r->looked_lost, [LOOK_BURSTS] = r->looked_bursts};

	if (r->received && (r->looked_lost || r->looked != r->sent))
		sink->row(sink->arg, CLASS_LOOK, spec->instance, boot_ms, values);
}

/* What a step, an office or a technician would call it. */
static void tell_change(
        const struct sink *sink, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r)
{
	char text[METRIC_INSTANCE_MAX + PROBE_NOTE_MAX + 64];

	snprintf(text, sizeof(text), "svc:%s %s %s%s%s", spec->instance, r->up ? "up" : "down", reason_name(r->reason),
	        r->note[0] ? " " : "", r->note);
	sink->event(sink->arg, boot_ms, "check", text);
}

static bool nothing_known(enum metric_class_id class_id, const int64_t *values)
{
	for (unsigned i = 0; i < metric_class(class_id)->count; i++)
		if (values[i] != METRIC_UNKNOWN)
			return false;
	return true;
}

void watch_tell(const struct sink *sink, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r,
        bool changed)
{
	bool detailed =
	        spec->type->has_detail && (spec->class_id == CLASS_SERVICE || spec->class_id == spec->type->detail);
	int64_t values[METRIC_COLUMNS_MAX];

	for (unsigned i = 0; i < METRIC_COLUMNS_MAX; i++)
		values[i] = METRIC_UNKNOWN;
	if (detailed && !nothing_known(spec->type->detail, r->detail))
		sink->row(sink->arg, spec->type->detail, spec->instance, boot_ms, r->detail);
	if (spec->class_id == CLASS_SERVICE)
		fill_service(r, values);
	else if (spec->class_id != CLASS_MTU && r->sent)
		fill_path(r, values);
	else if (!detailed)
		return; /* not even sent: our own trouble */
	if (spec->closer)
		tell_look(sink, spec, boot_ms, r);
	if (!detailed || spec->class_id != spec->type->detail)
		sink->row(sink->arg, spec->class_id, spec->instance, boot_ms, values);
	if (r->reason == REASON_LOCAL)
		return;
	sink->state(sink->arg, boot_ms, spec->class_id, spec->instance, r->up, r->reason);
	if (changed && spec->class_id == CLASS_SERVICE)
		tell_change(sink, spec, boot_ms, r);
	if (changed)
		sink->urgent(sink->arg);
}
