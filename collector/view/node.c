#include <math.h>
#include <string.h>

#include "collector/judge/fleet.h"
#include "collector/view/view_private.h"

/* The check that says whether the node itself is there. */
static const struct seen_check *own_check(const struct snapshot *s, const struct seen_node *n)
{
	for (const struct seen_check *c = snapshot_check(s, n, NULL); c; c = snapshot_check(s, n, c))
		if (c->kind == (n->inv->kind == NODE_GEAR ? KIND_GEAR : KIND_HOST))
			return c;
	return NULL;
}

/* What is wrong with the node itself; its lines and services have rows of their own. */
static json_t *concerns(const struct snapshot *s, const struct seen_node *n)
{
	static const bool own[KIND_COUNT] = {[KIND_HOST] = true,
	        [KIND_HEALTH] = true,
	        [KIND_CLOCK] = true,
	        [KIND_UPS] = true,
	        [KIND_GEAR] = true,
	        [KIND_MTU] = true,
	        [KIND_CONFLICT] = true};
	json_t *list = json_array();
	char vi[256], en[256];
	for (const struct seen_check *c = snapshot_check(s, n, NULL); c; c = snapshot_check(s, n, c))
		if ((unsigned)c->kind < KIND_COUNT && own[c->kind] && check_words(c, vi, en, sizeof vi))
			json_array_append_new(
			        list, json_pack("{s:s, s:s, s:o, s:s, s:s}", "kind", check_kind_name(c->kind), "state",
			                      state_name(c->state), "since", json_time(c->since), "vi", vi, "en", en));
	return list;
}

static json_t *ups_row(const struct snapshot *s, const struct seen_node *n)
{
	for (const struct seen_check *c = snapshot_check(s, n, NULL); c; c = snapshot_check(s, n, c))
		if (c->kind == KIND_UPS && c->state != STATE_UNOBSERVED)
			return json_pack("{s:s, s:b, s:o, s:o, s:o}", "name", c->instance, "on_battery",
			        c->state == STATE_DEGRADED, "charge_pct", json_figure(c->value[0]), "runtime_min",
			        json_figure(c->value[1]), "since", json_time(c->since));
	return json_null();
}

static const char *node_vantage(const struct view *v, const struct node *n, const struct seen_node *seen)
{
	if (n->kind == NODE_SERVER)
		return seen && seen->link != LINK_NEVER ? "inside" : NULL;
	const struct node *poller = inventory_poller(v->inv, n);
	return !poller ? NULL : poller->at == n->at ? "inside" : "outside";
}

json_t *node_row(const struct view *v, const struct snapshot *s, const struct node *n)
{
	const struct seen_node *seen = snapshot_node(s, n->id);
	const struct seen_check *own = seen ? own_check(s, seen) : NULL;
	const struct node *poller = inventory_poller(v->inv, n);
	int64_t last = seen ? (seen->life_at > seen->link_at ? seen->life_at : seen->link_at) : 0;
	bool gear = n->kind == NODE_GEAR;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "id", n->id, "site",
	        n->site, "kind", gear ? "gear" : "server", "state",
	        state_name(own ? (int)own->state : STATE_UNOBSERVED), "since", json_time(own ? own->since : 0), "agent",
	        agent_link_name(seen ? seen->link : LINK_NEVER), "last_seen", json_time(last), "software",
	        json_text(seen && seen->software[0] ? seen->software : NULL), "config_version",
	        json_text(seen && seen->config_version[0] ? seen->config_version : NULL), "skew_ms",
	        seen && !gear ? json_integer(seen->skew_ms) : json_null(), "backlog",
	        seen && !gear ? json_integer(seen->backlog) : json_null(), "simulated",
	        (int)(n->at && n->at->simulated));
	json_object_set_new(o, "vantage", json_text(node_vantage(v, n, seen)));
	json_object_set_new(o, "address", json_text(n->address));
	json_object_set_new(o, "polled_by", json_text(poller ? poller->id : NULL));
	json_object_set_new(o, "concerns", seen ? concerns(s, seen) : json_array());
	json_object_set_new(o, "ups", seen ? ups_row(s, seen) : json_null());
	return o;
}
