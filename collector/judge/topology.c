#include "collector/judge/topology.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"

#define EARTH_KM 6371.0
#define RADIANS (M_PI / 180.0)
#define KM_OF_DEGREE 111.0 /* of latitude, rounded down */
#define HOPS_MAX 24
#define ADDRESS_MAX 48
#define NEIGHBOURS_MAX 512

/* What was learned about a node of the inventory. */
struct seat {
	char node[METRIC_NODE_MAX];
	char gateway[ADDRESS_MAX];
	char gear[METRIC_NODE_MAX], port[METRIC_NODE_MAX];
	char hops[HOPS_MAX][ADDRESS_MAX];
	unsigned hop_count;
};

struct topology {
	const struct inventory *inv; /* borrowed */
	struct index lines;          /* id to uplink */
	struct index gear;           /* host part of its address to node; names in hosts */
	char **hosts;                /* owned */
	size_t host_count;
	struct index by_node; /* name to seat */
	struct seat **seats;  /* owned */
	size_t seat_count;
};

static bool same(const char *a, const char *b)
{
	return a && b && a[0] && !strcmp(a, b);
}

/* "10.0.0.1:161", "[2001:db8::1]:161", "10.0.0.1": the host, owned. */
static char *host_of(const char *address)
{
	const char *colon = strchr(address, ':');
	if (address[0] == '[')
		return mem_printf("%.*s", (int)strcspn(address + 1, "]"), address + 1);
	/* more than one colon and no bracket is a bare IPv6 address */
	bool port = colon && !strchr(colon + 1, ':');
	return mem_printf("%.*s", port ? (int)(colon - address) : (int)strlen(address), address);
}

struct topology *topology_make(const struct inventory *inv)
{
	struct topology *t = mem_alloc(sizeof *t);
	t->inv = inv;
	for (size_t k = 0; k < inv->site_count; k++)
		for (size_t m = 0; m < inv->sites[k].uplink_count; m++)
			index_put(&t->lines, inv->sites[k].uplinks[m].id, &inv->sites[k].uplinks[m]);
	t->hosts = mem_alloc((inv->node_count + 1) * sizeof *t->hosts);
	for (size_t k = 0; k < inv->node_count; k++) {
		const struct node *n = &inv->nodes[k];
		if (n->kind != NODE_GEAR || !n->address)
			continue;
		char *host = host_of(n->address);
		t->hosts[t->host_count++] = host;
		index_put(&t->gear, host, (void *)(uintptr_t)n);
	}
	return t;
}

static struct seat *seat_make(struct topology *t, const char *node)
{
	struct seat *s = index_get(&t->by_node, node);
	if (s)
		return s;
	s = mem_alloc(sizeof *s);
	snprintf(s->node, sizeof s->node, "%s", node);
	t->seats = mem_grow(t->seats, t->seat_count + 1, sizeof *t->seats);
	t->seats[t->seat_count++] = s;
	index_put(&t->by_node, s->node, s);
	return s;
}

void topology_inherit(struct topology *t, struct topology *old)
{
	for (size_t k = 0; old && k < old->seat_count; k++)
		if (inventory_node(t->inv, old->seats[k]->node))
			*seat_make(t, old->seats[k]->node) = *old->seats[k];
	topology_free(old);
}

void topology_free(struct topology *t)
{
	if (!t)
		return;
	for (size_t k = 0; k < t->host_count; k++)
		free(t->hosts[k]);
	for (size_t k = 0; k < t->seat_count; k++)
		free(t->seats[k]);
	free(t->hosts);
	free(t->seats);
	index_free(&t->lines);
	index_free(&t->gear);
	index_free(&t->by_node);
	free(t);
}

/* ---- places ---- */

static bool has_place(const struct site *s)
{
	return (s->lat != 0 || s->lon != 0) && isfinite(s->lat) && isfinite(s->lon);
}

double topology_distance_km(const struct site *a, const struct site *b)
{
	if (!has_place(a) || !has_place(b))
		return NAN;
	/* haversine: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984) */
	double lat = sin((b->lat - a->lat) * RADIANS / 2), lon = sin((b->lon - a->lon) * RADIANS / 2);
	double h = lat * lat + cos(a->lat * RADIANS) * cos(b->lat * RADIANS) * lon * lon;
	return 2 * EARTH_KM * asin(sqrt(h > 1 ? 1 : h));
}

static bool same_unit(const struct site *a, const struct site *b)
{
	for (size_t k = 0; k < a->unit_count; k++)
		for (size_t m = 0; m < b->unit_count; m++)
			if (same(a->units[k].unit, b->units[m].unit))
				return true;
	return false;
}

static bool common_parent(const struct topology *t, const struct uplink *a, const struct uplink *b, const char **name)
{
	const char *mine[TOPOLOGY_DEPTH], *other[TOPOLOGY_DEPTH];
	unsigned m = topology_upstreams(t, a, mine), o = topology_upstreams(t, b, other);
	for (unsigned k = 0; k < m; k++) {
		for (unsigned x = 0; x < o; x++) {
			if (strcmp(mine[k], other[x]))
				continue;
			*name = mine[k];
			return true;
		}
	}
	return false;
}

bool topology_near(const struct topology *t, const struct site *a, const struct site *b)
{
	const char *name;
	if (a == b)
		return true;
	if (has_place(a) && has_place(b))
		return fabs(a->lat - b->lat) * KM_OF_DEGREE <= TOPOLOGY_NEAR_KM &&
		       topology_distance_km(a, b) <= TOPOLOGY_NEAR_KM;
	if (same_unit(a, b))
		return true;
	for (size_t k = 0; k < a->uplink_count; k++)
		for (size_t m = 0; m < b->uplink_count; m++)
			if (common_parent(t, &a->uplinks[k], &b->uplinks[m], &name))
				return true;
	return false;
}

/* ---- lines ---- */

/* What stands before a parent: a line's own parent, or that of the only line of a node's site. */
static const char *parent_of(const struct topology *t, const char *name)
{
	const struct uplink *u = index_get(&t->lines, name);
	const struct node *n = u ? NULL : inventory_node(t->inv, name);
	if (u)
		return u->parent;
	return n && n->at && n->at->uplink_count == 1 ? n->at->uplinks[0].id : NULL;
}

unsigned topology_upstreams(const struct topology *t, const struct uplink *u, const char *names[TOPOLOGY_DEPTH])
{
	unsigned count = 0;
	const char *name = u->parent;
	while (name && name[0] && strcmp(name, "core") && strcmp(name, u->id) && count < TOPOLOGY_DEPTH) {
		for (unsigned k = 0; k < count; k++)
			if (!strcmp(names[k], name))
				return count;
		names[count++] = name;
		name = parent_of(t, name);
	}
	return count;
}

static bool same_carrier(const struct uplink *a, const struct uplink *b)
{
	return a->carrier && b->carrier && a->carrier[0] && !strcasecmp(a->carrier, b->carrier);
}

bool topology_share_upstream(
        const struct topology *t, const struct uplink *a, const struct uplink *b, const char **name)
{
	if (common_parent(t, a, b, name))
		return true;
	if (!same_carrier(a, b))
		return false;
	*name = a->carrier;
	return true;
}

unsigned topology_carriers(const struct site *s)
{
	unsigned count = 0;
	for (size_t k = 0; k < s->uplink_count; k++) {
		bool seen = !s->uplinks[k].carrier || !s->uplinks[k].carrier[0];
		for (size_t m = 0; m < k && !seen; m++)
			seen = same_carrier(&s->uplinks[m], &s->uplinks[k]);
		count += !seen;
	}
	return count;
}

static const struct node *gear_at(const struct topology *t, const struct site *s, const char *address)
{
	const struct node *n = address && address[0] ? index_get(&t->gear, address) : NULL;
	if (!n || n->at == s)
		return n;
	/* two sites may use the same private address */
	for (size_t k = 0; k < t->inv->node_count; k++) {
		const struct node *o = &t->inv->nodes[k];
		if (o->kind != NODE_GEAR || o->at != s || !o->address)
			continue;
		char *host = host_of(o->address);
		bool found = !strcmp(host, address);
		free(host);
		if (found)
			return o;
	}
	return NULL;
}

const struct node *topology_gateway_gear(const struct topology *t, const struct site *s, const struct uplink *u)
{
	const struct node *n = gear_at(t, s, u->gateway);
	/* a server of a site with one line goes by that line */
	for (size_t k = 0; !n && !u->gateway && s->uplink_count == 1 && k < t->seat_count; k++) {
		const struct node *server = inventory_node(t->inv, t->seats[k]->node);
		if (server && server->at == s && server->kind == NODE_SERVER)
			n = gear_at(t, s, t->seats[k]->gateway);
	}
	n = n ? n : gear_at(t, s, u->terminal);
	return n && n->at == s ? n : NULL;
}

bool topology_goes_by(const struct service *sv, const struct uplink *u)
{
	const char *via = sv ? sv->via : NULL;
	return !via || !via[0] || !strcmp(via, u->id) || !strcmp(via, uplink_kind_name(u->kind));
}

/* ---- what agents tell ---- */

/* A neighbour's name for itself is often its whole domain name. */
static const struct node *named(const struct topology *t, const char *system)
{
	char id[METRIC_NODE_MAX];
	const struct node *n = system ? inventory_node(t->inv, system) : NULL;
	if (n || !system)
		return n;
	size_t len = strcspn(system, ".");
	if (!len || len >= sizeof id)
		return NULL;
	snprintf(id, sizeof id, "%.*s", (int)len, system);
	for (char *p = id; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
	return inventory_node(t->inv, id);
}

static void learn_neighbours(struct topology *t, const struct judge_node *gear, const char *text)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_is_object(o) ? json_object_get(o, "neighbours") : o;
	for (size_t k = 0; json_is_array(list) && k < t->seat_count; k++)
		if (!strcmp(t->seats[k]->gear, gear->name))
			t->seats[k]->gear[0] = 0;
	for (size_t k = 0; k < json_array_size(list) && k < NEIGHBOURS_MAX; k++) {
		const json_t *row = json_array_get(list, k);
		const struct node *n = named(t, json_string_value(json_object_get(row, "system")));
		const char *port = json_string_value(json_object_get(row, "local_interface"));
		port = port ? port : json_string_value(json_object_get(row, "local_port"));
		/* a switch has neighbours within its site; any other name is a stranger's claim */
		if (!n || !port || n->kind != NODE_SERVER || n->at != gear->site)
			continue;
		struct seat *s = seat_make(t, n->id);
		snprintf(s->gear, sizeof s->gear, "%s", gear->name);
		snprintf(s->port, sizeof s->port, "%.*s", (int)sizeof s->port - 1, port);
	}
	json_decref(o);
}

/* "10.1.1.1 02:00:00:00:00:01 was ..." */
static void learn_gateway(struct topology *t, const struct judge_node *n, const char *text)
{
	size_t len = strcspn(text, " ");
	if (len && len < ADDRESS_MAX)
		snprintf(seat_make(t, n->name)->gateway, ADDRESS_MAX, "%.*s", (int)len, text);
}

static void learn_trace(struct topology *t, const struct judge_node *n, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	const json_t *hops = json_object_get(o, "hops");
	if (json_is_true(json_object_get(o, "reached")) && json_array_size(hops)) {
		struct seat *s = seat_make(t, n->name);
		s->hop_count = 0;
		for (size_t k = 0; k < json_array_size(hops) && s->hop_count < HOPS_MAX; k++) {
			const char *address = json_string_value(json_array_get(json_array_get(hops, k), 0));
			if (address && strlen(address) < ADDRESS_MAX)
				snprintf(s->hops[s->hop_count++], ADDRESS_MAX, "%s", address);
		}
	}
	json_decref(o);
}

void topology_learn(
        struct topology *t, const struct judge_node *n, const char *kind, const char *subject, const char *text)
{
	if (!n->inv)
		return;
	if (!strcmp(kind, "neighbours") && n->inv->kind == NODE_GEAR)
		learn_neighbours(t, n, text);
	else if (!strcmp(kind, "gateway-mac") && !strcmp(subject, "gateway"))
		learn_gateway(t, n, text);
	else if (!strcmp(kind, "trace") && !strcmp(subject, "path:core"))
		learn_trace(t, n, text);
}

bool topology_port_of(const struct topology *t, const char *node, const char **gear, const char **port)
{
	const struct seat *s = index_get(&t->by_node, node);
	if (!s || !s->gear[0])
		return false;
	*gear = s->gear;
	*port = s->port;
	return true;
}

bool topology_way_has(const struct topology *t, const char *node, const char *address)
{
	const struct seat *s = index_get(&t->by_node, node);
	for (unsigned k = 0; s && k < s->hop_count; k++)
		if (!strcmp(s->hops[k], address))
			return true;
	return false;
}
