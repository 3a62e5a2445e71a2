#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/inventory/private.h"

#define DAY_MS 86400000LL

struct checking {
	const struct inventory *inv;
	const char *path;
	struct conf_errors *errors;
};

#define SAY(c, place, ...) conf_error((c)->errors, (c)->path, place, __VA_ARGS__)

static struct conf_place place_of(const struct conf_strings *list, size_t i)
{
	return list->places ? list->places[i] : (struct conf_place){0};
}

static const struct contact *contact_find(const struct checking *c, const char *id)
{
	for (size_t i = 0; i < c->inv->contact_count; i++)
		if (!strcmp(c->inv->contacts[i].id, id))
			return &c->inv->contacts[i];
	return NULL;
}

static bool rota_known(const struct checking *c, const char *id)
{
	for (size_t i = 0; i < c->inv->alerts.rota_count; i++)
		if (!strcmp(c->inv->alerts.rotas[i].id, id))
			return true;
	return false;
}

/* One who shall get mails; `key` is where, for the error. */
static void contact_check(const struct checking *c, const char *id, struct conf_place place, const char *key)
{
	const struct contact *to = contact_find(c, id);

	if (!to)
		SAY(c, place, "%s: no contact has the id \"%s\", expected the id of a contact", key, id);
	else if (!to->mail)
		SAY(c, place, "%s: contact \"%s\" has no mail address, expected one who can be mailed", key, id);
}

static void to_check(const struct checking *c, const struct conf_strings *to, const char *key)
{
	for (size_t i = 0; i < to->count; i++) {
		if (rota_known(c, to->items[i]))
			continue;
		if (contact_find(c, to->items[i]))
			contact_check(c, to->items[i], place_of(to, i), key);
		else
			SAY(c, place_of(to, i),
			        "%s: no contact or rota has the id \"%s\", expected the id of a contact or a rota", key,
			        to->items[i]);
	}
}

static void rota_check(const struct checking *c, const struct rota *r)
{
	char key[128];

	if (contact_find(c, r->id))
		SAY(c, r->id_place, "alerts.rotas[%s].id: a contact has that id too, expected one of its own", r->id);
	if (!r->members.count)
		SAY(c, r->id_place, "alerts.rotas[%s].members: missing or empty, expected ids of contacts", r->id);
	if (r->turn_ms % DAY_MS)
		SAY(c, r->turn_place, "alerts.rotas[%s].turn: is not whole days, expected 1d, 7d or the like", r->id);
	snprintf(key, sizeof(key), "alerts.rotas[%s].members", r->id);
	for (size_t i = 0; i < r->members.count; i++)
		contact_check(c, r->members.items[i], place_of(&r->members, i), key);
	for (size_t i = 0; i < r->holiday_count; i++) {
		const struct rota_holiday *h = &r->holidays[i];

		snprintf(key, sizeof(key), "alerts.rotas[%s].holidays[%zu].who", r->id, i + 1);
		contact_check(c, h->who, h->who_place, key);
		if (h->until <= h->from)
			SAY(c, h->until_place,
			        "alerts.rotas[%s].holidays[%zu].until: is not after from, expected a later time", r->id,
			        i + 1);
	}
}

static bool sector_known(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->service_count; i++)
		if (inv->services[i].sector && !strcmp(inv->services[i].sector, id))
			return true;
	return false;
}

static bool unit_known(const struct inventory *inv, const char *id)
{
	return inventory_unit(inv, id) != NULL;
}

static bool site_known(const struct inventory *inv, const char *id)
{
	return inventory_site(inv, id) != NULL;
}

static bool webhook_known(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->alerts.webhook_count; i++)
		if (!strcmp(inv->alerts.webhooks[i].id, id))
			return true;
	return false;
}

static void steps_check(const struct checking *c, const struct alert_route *route, size_t number)
{
	char key[96];

	for (size_t i = 0; i < route->step_count; i++) {
		const struct route_step *step = &route->steps[i];

		snprintf(key, sizeof(key), "alerts.routes[%zu].escalate[%zu].to", number, i + 1);
		to_check(c, &step->to, key);
		if (i && step->after_ms <= route->steps[i - 1].after_ms)
			SAY(c, step->after_place,
			        "alerts.routes[%zu].escalate[%zu].after: is not later than the step before it, "
			        "expected a longer time",
			        number, i + 1);
	}
	if (route->step_count && route->severity == ROUTE_WARNING)
		SAY(c, route->severity_place,
		        "alerts.routes[%zu].escalate: warnings are told once a day, expected severity: alarm", number);
}

static void route_check(const struct checking *c, const struct alert_route *route, size_t number)
{
	const struct {
		const struct conf_strings *list;
		bool (*known)(const struct inventory *inv, const char *id);
		const char *key, *what;
	} lists[] = {
	        {&route->units, unit_known, "units", "unit"},
	        {&route->sites, site_known, "sites", "site"},
	        {&route->webhooks, webhook_known, "webhooks", "webhook"},
	};
	char key[64];

	for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
		for (size_t i = 0; i < lists[k].list->count; i++)
			if (!lists[k].known(c->inv, lists[k].list->items[i]))
				SAY(c, place_of(lists[k].list, i),
				        "alerts.routes[%zu].%s: no %s has the id \"%s\", expected the id of a %s",
				        number, lists[k].key, lists[k].what, lists[k].list->items[i], lists[k].what);
	for (size_t i = 0; i < route->sectors.count; i++)
		if (!sector_known(c->inv, route->sectors.items[i]))
			SAY(c, place_of(&route->sectors, i),
			        "alerts.routes[%zu].sectors: no service is of the sector \"%s\", expected a service's "
			        "sector",
			        number, route->sectors.items[i]);
	snprintf(key, sizeof(key), "alerts.routes[%zu].to", number);
	to_check(c, &route->to, key);
	steps_check(c, route, number);
}

static void planned_check(const struct checking *c, const struct planned *p)
{
	char why[256];

	if (p->until <= p->from)
		SAY(c, p->until_place, "maintenance[%s].until: is not after from, expected a later time", p->id);
	for (size_t i = 0; i < p->targets.count; i++) {
		const char *text = p->targets.items[i];
		struct target target;

		if (!strncmp(text, "uplink:", 7)) {
			if (!inventory_line(c->inv, text + 7))
				SAY(c, place_of(&p->targets, i),
				        "maintenance[%s].targets: no line has the id \"%s\", expected the id of a line",
				        p->id, text + 7);
		} else if (inventory_target(c->inv, text, &target, why, sizeof(why))) {
			SAY(c, place_of(&p->targets, i), "maintenance[%s].targets: %s", p->id, why);
		}
	}
}

int alerts_check(const struct inventory_whole *w, const char *path, struct conf_errors *errors)
{
	const struct checking c = {&w->inv, path, errors};
	const struct alerts *a = &w->inv.alerts;
	size_t before = errors->count;

	for (size_t i = 0; i < a->rota_count; i++)
		rota_check(&c, &a->rotas[i]);
	for (size_t i = 0; i < a->route_count; i++)
		route_check(&c, &a->routes[i], i + 1);
	to_check(&c, &a->digest_to, "alerts.digest.to");
	for (size_t i = 0; i < w->inv.planned_count; i++)
		planned_check(&c, &w->inv.planned[i]);
	return errors->count == before ? 0 : -EINVAL;
}
