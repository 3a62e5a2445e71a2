#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/inventory/keys.h"
#include "collector/inventory/private.h"

struct checking {
	const struct inventory_whole *w;
	const struct inventory *inv;
	const char *path;
	struct conf_errors *errors;
};

#define SAY(c, place, ...) conf_error((c)->errors, (c)->path, place, __VA_ARGS__)

/* `until` came from the file when it has a place; only then can it stand before `from`. */
static bool dates_wrong(int64_t from, int64_t until, struct conf_place until_place)
{
	return until_place.line && until <= from;
}

static void units_check(const struct checking *c)
{
	for (size_t i = 0; i < c->inv->unit_count; i++) {
		const struct unit *u = &c->inv->units[i];
		if (dates_wrong(u->from, u->until, u->until_place))
			SAY(c, u->until_place, "units[%s].until: is not after from, expected a later time", u->id);
		for (size_t f = 0; f < u->formed_from.count; f++) {
			const char *old = u->formed_from.items[f];
			if (!strcmp(old, u->id))
				SAY(c, u->formed_from.places[f],
				        "units[%s].formed_from: names the unit itself, expected an older unit", u->id);
			else if (!inventory_unit(c->inv, old))
				SAY(c, u->formed_from.places[f],
				        "units[%s].formed_from: no unit has the id \"%s\", expected the id of a unit",
				        u->id, old);
		}
	}
}

static void membership_check(const struct checking *c, const struct site *s, size_t index)
{
	const struct membership *m = &s->units[index];

	if (!inventory_unit(c->inv, m->unit))
		SAY(c, m->unit_place, "sites[%s].units[%zu].unit: no unit has the id \"%s\", expected the id of a unit",
		        s->id, index + 1, m->unit);
	if (dates_wrong(m->from, m->until, m->until_place))
		SAY(c, m->until_place, "sites[%s].units[%zu].until: is not after from, expected a later time", s->id,
		        index + 1);
	for (size_t i = 0; i < index; i++)
		if (m->from < s->units[i].until && s->units[i].from < m->until)
			SAY(c, m->unit_place,
			        "sites[%s].units[%zu]: overlaps the dates of \"%s\" at line %u, expected one unit at a "
			        "time",
			        s->id, index + 1, s->units[i].unit, s->units[i].unit_place.line);
}

static void sites_check(const struct checking *c)
{
	for (size_t i = 0; i < c->inv->site_count; i++) {
		const struct site *s = &c->inv->sites[i];
		if (dates_wrong(s->from, s->until, s->until_place))
			SAY(c, s->until_place, "sites[%s].until: is not after from, expected a later time", s->id);
		for (size_t m = 0; m < s->unit_count; m++)
			membership_check(c, s, m);
	}
	for (size_t i = 0; i < c->w->line_count; i++) {
		const struct line *l = &c->w->lines[i], *first = inventory_line(c->inv, l->id);
		if (first != l)
			SAY(c, l->uplink->id_place,
			        "sites[%s].uplinks[%s].id: duplicate id \"%s\", first at line %u column %u; expected "
			        "one of its own",
			        l->site->id, l->id, l->id, first->uplink->id_place.line,
			        first->uplink->id_place.column);
	}
}

static void server_check(
        const struct checking *c, const char *id, struct conf_place place, const char *owner, const char *key)
{
	const struct node *n = id ? inventory_node(c->inv, id) : NULL;

	if (id && !n)
		SAY(c, place, "%s%s: no node has the id \"%s\", expected the id of a server", owner, key, id);
	else if (n && n->kind != NODE_SERVER)
		SAY(c, place, "%s%s: \"%s\" is gear, expected the id of a server", owner, key, id);
}

/* Which settings go with which version, and which need each other. */
static void snmp_check(const struct checking *c, const struct node *n)
{
	const struct node_snmp *s = &n->snmp;
	bool v3 = !strcmp(s->version, "3");
	const struct {
		bool wrong;
		struct conf_place place;
		const char *key, *what;
	} rules[] = {
	        {v3 && !s->user, s->version_place, "user", "missing, expected the SNMPv3 user"},
	        {v3 && s->community_file, s->community_file_place, "community_file",
	                "does not go with version 3, expected user, auth and privacy"},
	        {!v3 && s->user, s->user_place, "user", "goes with version 3 only, expected version: 3 beside it"},
	        {!v3 && s->auth, s->auth_place, "auth", "goes with version 3 only, expected version: 3 beside it"},
	        {!v3 && s->privacy, s->privacy_place, "privacy",
	                "goes with version 3 only, expected version: 3 beside it"},
	        {s->auth && !s->auth_file, s->auth_place, "auth_file",
	                "missing, expected the file with its pass phrase"},
	        {!s->auth && s->auth_file, s->auth_file_place, "auth",
	                "missing, expected how auth_file is used: SHA256"},
	        {s->privacy && !s->auth, s->privacy_place, "privacy",
	                "needs authentication, expected auth and auth_file beside it"},
	        {s->privacy && !s->privacy_file, s->privacy_place, "privacy_file",
	                "missing, expected the file with its pass phrase"},
	        {!s->privacy && s->privacy_file, s->privacy_file_place, "privacy",
	                "missing, expected how privacy_file is used: AES"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].wrong)
			SAY(c, rules[i].place, "nodes[%s].snmp.%s: %s", n->id, rules[i].key, rules[i].what);
}

static void gear_check(const struct checking *c, const struct node *n)
{
	if (!n->address)
		SAY(c, n->id_place, "nodes[%s].address: missing, expected the address where this gear answers", n->id);
	else if (n->at && !n->polled_by && !n->poller)
		SAY(c, n->id_place,
		        "nodes[%s].polled_by: missing, and there is no server at site %s and no "
		        "province.collector_node; "
		        "expected the id of a server",
		        n->id, n->site);
	snmp_check(c, n);
}

/* What only gear has. */
static void server_keys_check(const struct checking *c, const struct node *n)
{
	const struct {
		struct conf_place place;
		const char *key;
	} keys[] = {
	        {n->polled_by_place, "polled_by"}, {n->every_place, "every"}, {n->snmp.version_place, "snmp.version"}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].place.line)
			SAY(c, keys[i].place, "nodes[%s].%s: goes with gear only, expected kind: gear beside it", n->id,
			        keys[i].key);
}

static void nodes_check(const struct checking *c)
{
	char owner[96];

	for (size_t i = 0; i < c->inv->node_count; i++) {
		const struct node *n = &c->inv->nodes[i];
		snprintf(owner, sizeof(owner), "nodes[%s].", n->id);
		if (!n->at)
			SAY(c, n->site_place, "nodes[%s].site: no site has the id \"%s\", expected the id of a site",
			        n->id, n->site);
		if (n->kind == NODE_GEAR)
			gear_check(c, n);
		else
			server_keys_check(c, n);
		server_check(c, n->polled_by, n->polled_by_place, owner, "polled_by");
	}
	server_check(c, c->inv->collector_node, c->inv->collector_node_place, "province.", "collector_node");
}

/* A kind of line that some site has, or the id of a line. */
static bool via_known(const struct checking *c, const char *via)
{
	if (inventory_line(c->inv, via))
		return true;
	for (size_t i = 0; i < c->w->line_count; i++)
		if (!strcmp(uplink_kind_name(c->w->lines[i].uplink->kind), via))
			return true;
	return false;
}

static void services_check(const struct checking *c)
{
	for (size_t i = 0; i < c->inv->service_count; i++) {
		const struct service *sv = &c->inv->services[i];
		if (sv->options.stray)
			SAY(c, sv->options.stray_place, "services[%s].check.%s: does not go with %s, expected %s",
			        sv->id, sv->options.stray, check_name(sv->check), check_options_of(sv->check));
		if (dates_wrong(sv->from, sv->until, sv->until_place))
			SAY(c, sv->until_place, "services[%s].until: is not after from, expected a later time", sv->id);
		if (sv->via && !via_known(c, sv->via))
			SAY(c, sv->via_place,
			        "services[%s].via: no line is or has the kind \"%s\", expected tslcd, internet, 4g or "
			        "the id of a line",
			        sv->id, sv->via);
		if (sv->succeeds && !strcmp(sv->succeeds, sv->id))
			SAY(c, sv->succeeds_place,
			        "services[%s].succeeds: names the service itself, expected an older service", sv->id);
		else if (sv->succeeds && !inventory_service(c->inv, sv->succeeds))
			SAY(c, sv->succeeds_place,
			        "services[%s].succeeds: no service has the id \"%s\", expected the id of a service",
			        sv->id, sv->succeeds);
		for (size_t k = 0; k < sv->checked_by.count; k++) {
			const char *who = sv->checked_by.items[k];
			if (!inventory_site(c->inv, who) && !inventory_unit(c->inv, who))
				SAY(c, sv->checked_by.places[k],
				        "services[%s].checked_by: no site or unit has the id \"%s\", expected all or "
				        "ids of sites or units",
				        sv->id, who);
		}
	}
}

int inventory_check(const struct inventory_whole *w, const char *path, struct conf_errors *errors)
{
	struct checking c = {w, &w->inv, path, errors};
	size_t before = errors->count;

	if (w->inv.trial_from && w->inv.go_live && w->inv.go_live <= w->inv.trial_from)
		SAY(&c, w->inv.go_live_place, "province.go_live: is not after trial_from, expected a later time");
	units_check(&c);
	sites_check(&c);
	nodes_check(&c);
	services_check(&c);
	alerts_check(w, path, errors);
	return errors->count == before ? 0 : -EINVAL;
}
