#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"
#include "collector/render/catalog.h"
#include "collector/view/view_private.h"

#define NEIGHBOUR_LISTS 16

struct page {
	const struct view *v;
	const struct snapshot *s;
	const struct unit *unit;
	int64_t at;
};

/* The best look at a line: the site's own before the one from outside, observed before not. */
static const struct seen_check *line_check(const struct page *p, const struct uplink *u)
{
	const struct seen_check *best = NULL;
	for (size_t k = 0; k < p->s->check_count; k++) {
		const struct seen_check *c = &p->s->checks[k];
		if (c->uplink != u)
			continue;
		bool seen = c->state != STATE_UNOBSERVED, best_seen = best && best->state != STATE_UNOBSERVED;
		if (!best || (seen && !best_seen) || (seen == best_seen && best->outside && !c->outside))
			best = c;
	}
	return best;
}

static json_t *lines(const struct page *p, const struct site *site)
{
	json_t *list = json_array();
	for (size_t k = 0; k < site->uplink_count; k++) {
		const struct uplink *u = &site->uplinks[k];
		const struct seen_check *c = line_check(p, u);
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:b}", "id", u->id, "kind",
		                uplink_kind_name(u->kind), "carrier", json_text(u->carrier), "circuit",
		                json_text(u->circuit), "hotline", json_text(u->hotline), "capacity_mbps",
		                u->capacity_mbps > 0 ? json_real(u->capacity_mbps) : json_null(), "state",
		                state_name(c ? (int)c->state : STATE_UNOBSERVED), "since", json_time(c ? c->since : 0),
		                "loss_pct", json_figure(c && c->state ? c->value[0] : NAN), "rtt_ms",
		                json_figure(c && c->state ? c->value[1] : NAN), "outside", c && c->outside));
	}
	return list;
}

/* The neighbours that it last told of, by LLDP and CDP or by what its wires carry: the newest list of each wire. */
static json_t *neighbours(const struct page *p, const struct node *n)
{
	const struct seen_node *seen = snapshot_node(p->s, n->id);
	json_t *told = json_array(), *all = json_array(), *subjects = json_object(), *o;
	size_t k;
	if (seen)
		events_add(p->v, told, n, seen->id, "neighbours", 0, INT64_MAX, NEIGHBOUR_LISTS);
	json_array_foreach(told, k, o)
	{
		const char *subject = json_string_value(json_object_get(o, "subject"));
		json_t *data = json_object_get(o, "data");
		json_t *list = json_is_object(data) ? json_object_get(data, "neighbours") : data;
		if (!subject || json_object_get(subjects, subject) || !json_is_array(list))
			continue;
		json_object_set_new(subjects, subject, json_true());
		json_array_extend(all, list);
	}
	json_decref(told);
	json_decref(subjects);
	return all;
}

static json_t *nodes(const struct page *p, const struct site *site)
{
	json_t *list = json_array();
	const struct inventory *inv = p->v->inv;
	for (size_t k = 0; k < inv->node_count; k++) {
		const struct node *n = &inv->nodes[k];
		if (n->at != site)
			continue;
		json_t *o = node_row(p->v, p->s, n);
		json_object_set_new(o, "neighbours", neighbours(p, n));
		json_array_append_new(list, o);
	}
	return list;
}

static const struct seen_check *service_check(const struct page *p, const struct service *sv, const struct node *n)
{
	for (size_t k = 0; k < p->s->check_count; k++) {
		const struct seen_check *c = &p->s->checks[k];
		if (c->kind == KIND_SERVICE && c->service == sv && c->node->inv == n)
			return c;
	}
	return NULL;
}

/* What the agent found out about a failure beyond its reason: "valid until 2025-06-30". */
static json_t *service_note(const struct page *p, const struct seen_check *c)
{
	char subject[80];
	snprintf(subject, sizeof subject, "svc:%s", c->instance);
	char *text = event_last(p->v, c->node->id, "check", subject);
	const char *note = text && !strncmp(text, "down ", 5) ? strchr(text + 5, ' ') : NULL;
	json_t *o = note && note[1] ? json_string(note + 1) : json_null();
	free(text);
	return o;
}

/* Days until its certificate ends, where one was seen. */
static json_t *service_days(const struct page *p, const struct service *sv, const struct node *n)
{
	const struct seen_node *seen = snapshot_node(p->s, n->id);
	for (const struct seen_check *c = snapshot_check(p->s, seen, NULL); c; c = snapshot_check(p->s, seen, c))
		if (c->kind == KIND_TLS && c->service == sv)
			return json_figure(c->value[0]);
	return json_null();
}

static json_t *service_row(const struct page *p, const struct service *sv, const struct node *n)
{
	const struct seen_check *c = service_check(p, sv, n);
	bool down = c && c->state == STATE_DOWN;
	json_t *o = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", sv->id, "name",
	        sv->name ? sv->name : sv->id, "sector", json_text(sv->sector), "responsible",
	        responsible_name(sv->responsible), "node", n->id, "state",
	        state_name(c ? (int)c->state : STATE_UNOBSERVED), "since", json_time(c ? c->since : 0), "connect_ms",
	        json_figure(c && c->state && !down ? c->value[0] : NAN), "reason",
	        down ? json_string(reason_name(c->reason)) : json_null(), "note",
	        down ? service_note(p, c) : json_null(), "days_left", service_days(p, sv, n));
	json_object_set_new(o, "check", json_string(check_name(sv->check)));
	json_object_set_new(o, "reason_vi", down ? json_string(reason_vi(c->reason)) : json_null());
	json_object_set_new(o, "reason_en", down ? json_string(reason_en(c->reason)) : json_null());
	return o;
}

static json_t *services(const struct page *p, const struct site *site)
{
	json_t *list = json_array();
	const struct inventory *inv = p->v->inv;
	for (size_t k = 0; k < inv->service_count; k++)
		for (size_t m = 0; m < inv->node_count; m++) {
			const struct node *n = &inv->nodes[m];
			if (n->at == site && n->kind == NODE_SERVER &&
			        service_checked_by(inv, &inv->services[k], n, p->at))
				json_array_append_new(list, service_row(p, &inv->services[k], n));
		}
	return list;
}

static json_t *interfaces(const struct page *p, const struct site *site)
{
	json_t *list = json_array();
	for (size_t k = 0; k < p->s->check_count; k++) {
		const struct seen_check *c = &p->s->checks[k];
		if (c->kind == KIND_INTERFACE && c->site == site)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "node", c->node->inv->id, "name",
			                                    c->instance, "state", state_name(c->state)));
	}
	return list;
}

static json_t *site_row(const struct page *p, const struct site *site)
{
	const struct seen_check *worst;
	int64_t since;
	enum state state = place_state(p->s, NULL, site, &worst, &since);
	return json_pack("{s:s, s:s, s:o, s:b, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", site->id, "name",
	        site->name ? site->name : site->id, "role", json_text(site->role), "required", (int)site->required,
	        "simulated", (int)site->simulated, "state", state_name(state), "since", json_time(since), "uplinks",
	        lines(p, site), "nodes", nodes(p, site), "services", services(p, site), "interfaces",
	        interfaces(p, site), "vantage", json_text(place_vantage(p->s, NULL, site)));
}

/* Those of its sites, and what fails from many sites just now. */
static json_t *incidents(const struct page *p, int64_t *open)
{
	json_t *list = json_array(), *o;
	const struct inventory *inv = p->v->inv;
	size_t k;
	*open = 0;
	for (size_t m = 0; m <= inv->site_count; m++) {
		const struct site *site = m < inv->site_count ? &inv->sites[m] : NULL;
		sqlite3_stmt *st = rows_query(p->v->rows, QUERY_UNIT_INCIDENTS);
		if (!st || (site && site_unit(inv, site, p->at) != p->unit))
			continue;
		if (site)
			sqlite3_bind_text(st, 1, site->id, -1, SQLITE_STATIC);
		else
			sqlite3_bind_null(st, 1);
		json_t *some = incident_list(p->v, st);
		json_array_foreach(some, k, o)
		{
			const char *state = json_string_value(json_object_get(o, "state"));
			*open += site && state && (!strcmp(state, "open") || !strcmp(state, "acknowledged"));
		}
		json_array_extend(list, some);
		json_decref(some);
	}
	return list;
}

static json_t *graphs(const struct page *p)
{
	struct catalog c = {0};
	json_t *list = json_array();
	catalog_add_unit(&c, p->v->rrd_dir, p->v->inv, p->unit, p->at);
	for (size_t k = 0; k < c.count; k++)
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:s, s:s}", "target", c.entries[k].target, "graph", c.entries[k].graph,
		                "title_vi", c.entries[k].title_vi, "title_en", c.entries[k].title_en));
	catalog_free(&c);
	return list;
}

json_t *view_unit(struct view *v, const char *id, int64_t at, const char **why)
{
	struct snapshot s;
	int64_t open;
	const struct unit *u = v->inv ? inventory_unit(v->inv, id) : NULL;
	*why = v->inv ? "no such unit" : "the inventory is not loaded yet";
	if (!u)
		return NULL;
	struct page p = {.v = v, .s = &s, .unit = u, .at = at};
	snapshot_take(&s, v->rows, v->inv, u, at);
	json_t *o = unit_row(v, &s, u, at), *sites = json_array();
	for (size_t k = 0; k < v->inv->site_count; k++)
		if (site_unit(v->inv, &v->inv->sites[k], at) == u)
			json_array_append_new(sites, site_row(&p, &v->inv->sites[k]));
	json_object_set_new(o, "sites", sites);
	json_object_set_new(o, "incidents", incidents(&p, &open));
	json_object_set_new(o, "graphs", graphs(&p));
	json_object_set_new(o, "events", unit_events(v, &s, u, at));
	snapshot_free(&s);
	return o;
}
