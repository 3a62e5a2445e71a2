#include "collector/judge/fleet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

/* history is replayed in rows of five minutes */
#define SIMULATED_STEP_MS 300000
/* gear is polled, and what changes slowly is looked at, this often at most */
#define SLOW_STEP_MS 60000

static const char *const link_names[] = {"never", "connected", "silent", "closed"};

const char *agent_link_name(int link)
{
	return link_names[link >= LINK_NEVER && link <= LINK_CLOSED ? link : LINK_NEVER];
}

struct judge_node *fleet_node(const struct fleet *f, const char *name)
{
	return index_get(&f->by_name, name);
}

static const struct uplink *site_uplink(const struct site *s, const char *instance)
{
	if (!s)
		return NULL;
	if (!instance[0])
		return s->uplink_count ? &s->uplinks[0] : NULL;
	for (size_t i = 0; i < s->uplink_count; i++)
		if (!strcmp(s->uplinks[i].id, instance))
			return &s->uplinks[i];
	return NULL;
}

/* The agent beside the collector looks at every line's terminal: a path named like the line. */
static void link_terminal(const struct inventory *inv, struct judge_check *c)
{
	if (!inv->collector_node || strcmp(inv->collector_node, c->node->name))
		return;
	for (size_t i = 0; i < inv->site_count && c->instance[0]; i++) {
		const struct uplink *u = site_uplink(&inv->sites[i], c->instance);
		if (!u)
			continue;
		c->uplink = u;
		c->site = &inv->sites[i];
		c->terminal = true;
		return;
	}
}

static int64_t check_step_ms(const struct fleet *f, const struct judge_check *c)
{
	static const bool slow[KIND_COUNT] = {[KIND_HEALTH] = true,
	        [KIND_CLOCK] = true,
	        [KIND_UPS] = true,
	        [KIND_GEAR] = true,
	        [KIND_MTU] = true,
	        [KIND_TLS] = true,
	        [KIND_CONFLICT] = true};
	const struct judge_node *n = c->node;
	int64_t step_ms = n->site && n->site->step_ms ? n->site->step_ms : f->step_ms;
	bool gear = n->inv && n->inv->kind == NODE_GEAR;
	int64_t least_ms = gear && n->inv->every_ms > 0 ? n->inv->every_ms : SLOW_STEP_MS;
	if ((slow[c->kind] || gear) && step_ms < least_ms)
		step_ms = least_ms;
	return n->simulated && step_ms < SIMULATED_STEP_MS ? SIMULATED_STEP_MS : step_ms;
}

static void check_link(const struct fleet *f, struct judge_check *c)
{
	const struct judge_node *n = c->node;
	c->service = NULL;
	c->uplink = NULL;
	c->terminal = false;
	c->site = n->site;
	c->step_ms = check_step_ms(f, c);
	if (!f->inv)
		return;
	if (c->kind == KIND_UPLINK)
		c->uplink = site_uplink(n->site, c->instance);
	if (c->kind == KIND_PATH)
		link_terminal(f->inv, c);
	if (c->kind == KIND_SERVICE || c->kind == KIND_TLS)
		c->service = inventory_service(f->inv, c->instance);
	if (c->service && c->service->every_ms > c->step_ms)
		c->step_ms = c->service->every_ms;
}

static void node_link(const struct fleet *f, struct judge_node *n)
{
	n->inv = f->inv ? inventory_node(f->inv, n->name) : NULL;
	n->site = n->inv ? n->inv->at : NULL;
	n->simulated = n->site && n->site->simulated;
	n->dirty = true;
	n->set_count = 0; /* for which gear it may speak is asked anew */
	for (uint32_t i = 0; i < n->check_count; i++) {
		check_link(f, n->checks[i]);
		n->checks[i]->dirty = true;
	}
}

struct judge_node *fleet_node_make(struct fleet *f, const char *name)
{
	struct judge_node *n = fleet_node(f, name);
	if (n || !name[0] || strlen(name) >= sizeof n->name)
		return n;
	n = mem_alloc(sizeof *n);
	snprintf(n->name, sizeof n->name, "%s", name);
	n->id = ++f->last_node_id;
	if (f->count == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->nodes = mem_grow(f->nodes, f->cap, sizeof *f->nodes);
	}
	f->nodes[f->count++] = n;
	index_put(&f->by_name, n->name, n);
	node_link(f, n);
	n->agent = fleet_check_make(f, n, KIND_AGENT, "");
	return n;
}

struct judge_check *fleet_check(const struct judge_node *n, enum check_kind kind, const char *instance)
{
	for (uint32_t i = 0; i < n->check_count; i++)
		if (n->checks[i]->kind == kind && !strcmp(n->checks[i]->instance, instance))
			return n->checks[i];
	return NULL;
}

static unsigned values_of(enum check_kind kind)
{
	return kind == KIND_PATH || kind == KIND_UPLINK ? 2 : kind == KIND_SERVICE ? 1 : 0;
}

struct judge_check *fleet_check_make(struct fleet *f, struct judge_node *n, enum check_kind kind, const char *instance)
{
	struct judge_check *c = fleet_check(n, kind, instance);
	if (c || n->check_count >= FLEET_CHECKS_MAX || !metric_instance_valid(instance))
		return c;
	c = mem_alloc(sizeof *c);
	c->id = ++f->last_check_id;
	c->node = n;
	c->kind = kind;
	c->dirty = true;
	c->value[0] = c->value[1] = NAN;
	snprintf(c->instance, sizeof c->instance, "%s", instance);
	if (values_of(kind)) {
		c->figures = mem_alloc(sizeof *c->figures);
		c->figures->values = values_of(kind);
	}
	n->checks = mem_grow(n->checks, n->check_count + 1, sizeof *n->checks);
	n->checks[n->check_count++] = c;
	check_link(f, c);
	return c;
}

void fleet_epoch(struct judge_node *n, uint64_t epoch)
{
	if (n->epoch == epoch)
		return;
	n->epoch = epoch;
	n->set_count = 0;
}

struct judge_node *fleet_subject_node(struct fleet *f, struct judge_node *n, const char *subject, const char **instance)
{
	char gear[METRIC_NODE_MAX];
	*instance = metric_subject_split(subject, gear);
	if (!gear[0])
		return n;
	bool may = n->inv && f->inv && inventory_speaks_for(f->inv, n->inv, gear);
	return may ? fleet_node_make(f, gear) : NULL;
}

struct judge_check *fleet_subject(struct fleet *f, struct judge_node *n, const char *class_name, const char *subject)
{
	const struct metric_class *class = metric_class_named(class_name);
	const char *instance;
	/* classes beyond the kinds are only drawn */
	if (!class || class->id >= (int)KIND_ROWS || !metric_subject_valid(subject))
		return NULL;
	struct judge_node *whose = fleet_subject_node(f, n, subject, &instance);
	return whose ? fleet_check_make(f, whose, (enum check_kind) class->id, instance) : NULL;
}

/* Closer looks bear the name of the line or path that was looked at. */
static struct judge_check *check_looked_at(const struct judge_node *n, const char *subject)
{
	struct judge_check *c = fleet_check(n, KIND_UPLINK, subject);
	return c ? c : fleet_check(n, KIND_PATH, subject);
}

void fleet_set(struct fleet *f, struct judge_node *n, uint32_t set, const char *class_name, const char *subject)
{
	if (set >= FLEET_SETS_MAX)
		return;
	if (set >= n->set_count) {
		n->sets = mem_grow(n->sets, set + 1, sizeof *n->sets);
		memset(n->sets + n->set_count, 0, (set + 1 - n->set_count) * sizeof *n->sets);
		n->set_count = set + 1;
	}
	const struct metric_class *class = metric_class_named(class_name);
	bool look = class && class->id == CLASS_LOOK;
	struct judge_check *c = look ? check_looked_at(n, subject) : fleet_subject(f, n, class_name, subject);
	/* the first look may come before the first row of what is looked at */
	n->sets[set] = (struct judge_set){.check = c, .known = c || !look, .look = look};
}

void fleet_relink(struct fleet *f, const struct inventory *inv)
{
	f->inv = inv;
	for (uint32_t i = 0; i < f->count; i++)
		node_link(f, f->nodes[i]);
}

enum state check_state_now(const struct judge_check *c, int64_t now, int64_t *since)
{
	/* a connection's state holds until another record says otherwise */
	bool lasting = c->kind == KIND_AGENT || c->node->simulated;
	return state_now(
	        &c->machine, state_step_ms(c->kind, &c->machine, c->step_ms), lasting ? c->machine.at : now, since);
}

struct quality *check_quality_make(struct judge_check *c)
{
	if (!c->quality)
		c->quality = mem_alloc(sizeof *c->quality);
	return c->quality;
}

unsigned check_quality(const struct judge_check *c)
{
	unsigned bits = c->quality ? c->quality->bits : 0;
	const struct judge_check *core = c->kind == KIND_UPLINK && c->site && c->site->uplink_count == 1
	                                         ? fleet_check(c->node, KIND_PATH, "core")
	                                         : NULL;
	bool fresh = core && core->quality && core->row_at >= c->row_at - 2 * core->step_ms;
	return fresh ? bits | core->quality->bits : bits;
}

static void check_free(struct judge_check *c)
{
	free(c->quality);
	if (c->figures)
		figures_free(c->figures);
	free(c->figures);
	free(c);
}

void fleet_free(struct fleet *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		struct judge_node *n = f->nodes[i];
		for (uint32_t k = 0; k < n->check_count; k++)
			check_free(n->checks[k]);
		for (unsigned m = 0; n->recent && m < EVENTS_RECENT; m++)
			free(n->recent[m].text);
		free(n->recent);
		free(n->checks);
		free(n->sets);
		free(n);
	}
	free(f->nodes);
	index_free(&f->by_name);
	memset(f, 0, sizeof *f);
}
