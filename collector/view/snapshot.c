#include "collector/view/snapshot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/fleet.h"
#include "common/clock.h"
#include "common/memory.h"

/* judge writes once a second: what it wrote may be that much older than what it knows */
#define WRITTEN_BEHIND_MS 3000

static void take_nodes(struct snapshot *s, struct rows *rows, const struct inventory *inv)
{
	sqlite3_stmt *st = rows_query(rows, QUERY_NODES);
	s->nodes = mem_alloc((inv->node_count + 1) * sizeof *s->nodes);
	while (st && s->node_count < inv->node_count && sqlite3_step(st) == SQLITE_ROW) {
		const struct node *known = inventory_node(inv, rows_text(st, 1));
		if (!known || index_get(&s->by_name, known->id))
			continue;
		struct seen_node *n = &s->nodes[s->node_count++];
		n->inv = known;
		n->id = sqlite3_column_int64(st, 0);
		n->link = sqlite3_column_int(st, 2);
		n->link_at = sqlite3_column_int64(st, 3);
		n->life_at = sqlite3_column_int64(st, 4);
		n->sample_at = sqlite3_column_int64(st, 5);
		snprintf(n->software, sizeof n->software, "%s", rows_text(st, 6));
		n->skew_ms = sqlite3_column_int64(st, 7);
		n->backlog = sqlite3_column_int64(st, 8);
		snprintf(n->config_version, sizeof n->config_version, "%s", rows_text(st, 9));
		index_put(&s->by_name, known->id, n);
	}
	if (st)
		sqlite3_reset(st);
}

static double value_of(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? NAN : sqlite3_column_double(st, column);
}

static const struct uplink *uplink_at(const struct site *site, const char *instance)
{
	if (!instance[0])
		return site->uplink_count ? &site->uplinks[0] : NULL;
	for (size_t k = 0; k < site->uplink_count; k++)
		if (!strcmp(site->uplinks[k].id, instance))
			return &site->uplinks[k];
	return NULL;
}

static void tie(struct seen_check *c, const struct inventory *inv)
{
	c->site = c->node->inv->at;
	if (c->kind == KIND_SERVICE || c->kind == KIND_TLS)
		c->service = inventory_service(inv, c->instance);
	if (c->kind == KIND_UPLINK && c->site)
		c->uplink = uplink_at(c->site, c->instance);
	if (!c->outside)
		return;
	c->site = NULL;
	for (size_t k = 0; k < inv->site_count && !c->uplink && c->instance[0]; k++) {
		c->uplink = uplink_at(&inv->sites[k], c->instance);
		c->site = &inv->sites[k];
	}
	if (!c->uplink)
		c->site = NULL;
}

static void take_check(
        struct snapshot *s, const struct seen_node *n, sqlite3_stmt *st, const struct inventory *inv, int64_t now)
{
	if (s->check_count == s->check_cap) {
		s->check_cap = s->check_cap ? s->check_cap * 2 : 256;
		s->checks = mem_grow(s->checks, s->check_cap, sizeof *s->checks);
	}
	struct seen_check *c = &s->checks[s->check_count++];
	*c = (struct seen_check){.node = n, .kind = (enum check_kind)sqlite3_column_int(st, 1)};
	snprintf(c->instance, sizeof c->instance, "%s", rows_text(st, 2));
	int64_t step_ms = sqlite3_column_int64(st, 3);
	struct state_machine m = {.state = (uint8_t)sqlite3_column_int(st, 4),
	        .since = sqlite3_column_int64(st, 6),
	        .at = sqlite3_column_int64(st, 7)};
	bool lasting = c->kind == KIND_AGENT || (n->inv->at && n->inv->at->simulated);
	c->state =
	        state_now(&m, state_step_ms(c->kind, &m, step_ms), lasting ? m.at : now - WRITTEN_BEHIND_MS, &c->since);
	c->reason = sqlite3_column_int(st, 5);
	c->value[0] = value_of(st, 8);
	c->value[1] = value_of(st, 9);
	c->outside = sqlite3_column_int(st, 10);
	tie(c, inv);
}

struct by_row {
	const struct seen_node **nodes; /* by row id */
	int64_t count;
};

static struct by_row nodes_by_row(const struct snapshot *s)
{
	struct by_row b = {0};
	for (size_t k = 0; k < s->node_count; k++)
		if (s->nodes[k].id >= b.count)
			b.count = s->nodes[k].id + 1;
	b.nodes = mem_alloc((size_t)(b.count + 1) * sizeof *b.nodes);
	for (size_t k = 0; k < s->node_count; k++)
		if (s->nodes[k].id >= 0)
			b.nodes[s->nodes[k].id] = &s->nodes[k];
	return b;
}

static void take_all(struct snapshot *s, struct rows *rows, const struct inventory *inv, int64_t now)
{
	struct by_row b = nodes_by_row(s);
	sqlite3_stmt *st = rows_query(rows, QUERY_CHECKS);
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(st, 0);
		if (id >= 0 && id < b.count && b.nodes[id])
			take_check(s, b.nodes[id], st, inv, now);
	}
	if (st)
		sqlite3_reset(st);
	free(b.nodes);
}

static void take_node_checks(
        struct snapshot *s, struct rows *rows, const struct inventory *inv, const struct seen_node *n, int64_t now)
{
	sqlite3_stmt *st = rows_query(rows, QUERY_NODE_CHECKS);
	if (!st)
		return;
	sqlite3_bind_int64(st, 1, n->id);
	while (sqlite3_step(st) == SQLITE_ROW)
		take_check(s, n, st, inv, now);
	sqlite3_reset(st);
}

/* Once a check: membership is looked up by name. Checks of one node are chained. */
static void tie_units(struct snapshot *s, const struct inventory *inv, int64_t at)
{
	for (size_t k = s->check_count; k > 0; k--) {
		struct seen_node *n = (struct seen_node *)s->checks[k - 1].node;
		s->checks[k - 1].next = n->checks;
		n->checks = k;
	}
	for (size_t k = 0; k < s->check_count; k++)
		if (s->checks[k].site)
			s->checks[k].unit = site_unit(inv, s->checks[k].site, at);
}

void snapshot_take(
        struct snapshot *s, struct rows *rows, const struct inventory *inv, const struct unit *unit, int64_t at)
{
	int64_t now = clock_wall_ms();
	memset(s, 0, sizeof *s);
	take_nodes(s, rows, inv);
	if (!unit) {
		take_all(s, rows, inv, now);
		tie_units(s, inv, at);
		return;
	}
	for (size_t k = 0; k < s->node_count; k++) {
		const struct seen_node *n = &s->nodes[k];
		bool ours = n->inv->at && site_unit(inv, n->inv->at, at) == unit;
		bool collector = inv->collector_node && !strcmp(inv->collector_node, n->inv->id);
		if (ours || collector)
			take_node_checks(s, rows, inv, n, now);
	}
	tie_units(s, inv, at);
}

void snapshot_free(struct snapshot *s)
{
	free(s->nodes);
	free(s->checks);
	index_free(&s->by_name);
}

const struct seen_node *snapshot_node(const struct snapshot *s, const char *id)
{
	return index_get(&s->by_name, id);
}

const struct seen_check *snapshot_check(
        const struct snapshot *s, const struct seen_node *n, const struct seen_check *before)
{
	size_t k = before ? before->next : n ? n->checks : 0;
	return k ? &s->checks[k - 1] : NULL;
}

void snapshot_add(struct rollup *r, const struct seen_check *c)
{
	/* a simulator's connection says nothing about a site */
	if (c->kind == KIND_AGENT && c->site && c->site->simulated)
		return;
	const struct rollup_entry e = {.kind = c->kind,
	        .state = c->state,
	        .since = c->since,
	        .service = c->service,
	        .uplink = c->uplink,
	        .site = c->site,
	        .arg = c,
	        .link = c->node->link};
	rollup_add(r, &e);
}
