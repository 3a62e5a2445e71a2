#include "collector/tell/oncall.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"

#define DAY_MS 86400000LL
#define MINUTE_MS 60000LL

/* ---- rotas ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The instant at which turn number `n` begins: always the same time on the wall clock. */
static int64_t turn_begins(const struct rota *r, const struct zone *zone, int64_t n)
{
	int64_t day = floor_div(r->start + zone_offset_ms(zone, r->start), DAY_MS) * DAY_MS;

	return zone_utc_ms(zone, day + alerts_minutes(r->handover) * MINUTE_MS + n * r->turn_ms);
}

const char *oncall_member(const struct rota *r, const struct zone *zone, int64_t at)
{
	int64_t n = floor_div(at - turn_begins(r, zone, 0), r->turn_ms);

	for (size_t i = 0; i < r->holiday_count; i++)
		if (at >= r->holidays[i].from && at < r->holidays[i].until)
			return r->holidays[i].who;
	/* the zone may have moved by an hour since the start */
	while (at < turn_begins(r, zone, n))
		n--;
	while (at >= turn_begins(r, zone, n + 1))
		n++;
	return r->members.items[n < 0 ? 0 : (size_t)(n % (int64_t)r->members.count)];
}

/* ---- routes ---- */

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static bool listed(const struct conf_strings *list, const char *id)
{
	for (size_t i = 0; id && i < list->count; i++)
		if (!strcmp(list->items[i], id))
			return true;
	return false;
}

static bool site_fits(const struct inventory *inv, const struct alert_route *r, const char *id, int64_t at)
{
	const struct site *s = id ? inventory_site(inv, id) : NULL;
	const struct unit *u = s ? site_unit(inv, s, at) : NULL;

	return s && (!r->sites.count || listed(&r->sites, id)) && (!r->units.count || (u && listed(&r->units, u->id)));
}

static bool places_fit(const struct inventory *inv, const struct alert_route *r, const json_t *incident)
{
	const json_t *sites = json_object_get(incident, "sites");
	int64_t at = json_integer_value(json_object_get(incident, "opened_at"));
	const char *unit = text_of(incident, "unit");
	json_t *one;
	size_t i;

	if (!r->units.count && !r->sites.count)
		return true;
	if (site_fits(inv, r, text_of(incident, "site"), at) || (!r->sites.count && listed(&r->units, unit)))
		return true;
	json_array_foreach(sites, i, one) if (site_fits(inv, r, json_string_value(one), at)) return true;
	return false;
}

static bool service_fits(const struct inventory *inv, const struct alert_route *r, const char *id)
{
	const struct service *sv = id ? inventory_service(inv, id) : NULL;

	return sv && sv->sector && listed(&r->sectors, sv->sector);
}

/* "service:land@mk-srv1" is the service land. */
static bool affected_fits(const struct inventory *inv, const struct alert_route *r, const char *text)
{
	char *id = text && !strncmp(text, "service:", 8) ? mem_strn(text + 8, strcspn(text + 8, "@")) : NULL;
	bool fits = service_fits(inv, r, id);

	free(id);
	return fits;
}

static bool sectors_fit(const struct inventory *inv, const struct alert_route *r, const json_t *incident)
{
	const json_t *affects = json_object_get(incident, "affects");
	json_t *one;
	size_t i;

	if (!r->sectors.count || service_fits(inv, r, text_of(incident, "service")))
		return true;
	json_array_foreach(affects, i, one) if (affected_fits(inv, r, json_string_value(one))) return true;
	return false;
}

static bool cause_fits(const struct alert_route *r, const json_t *incident)
{
	static const char *const keys[] = {"final_cause", "cause_now", "cause"};

	if (!r->causes.count)
		return true;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (text_of(incident, keys[i]))
			return listed(&r->causes, text_of(incident, keys[i]));
	return false;
}

static bool severity_fits(const struct alert_route *r, const json_t *incident)
{
	const char *severity = text_of(incident, "severity");
	bool warning = severity && !strcmp(severity, "warning");

	return r->severity == ROUTE_ANY || warning == (r->severity == ROUTE_WARNING);
}

const struct alert_route *oncall_route(const struct inventory *inv, const json_t *incident)
{
	for (size_t i = 0; i < inv->alerts.route_count; i++) {
		const struct alert_route *r = &inv->alerts.routes[i];

		if (severity_fits(r, incident) && cause_fits(r, incident) && places_fit(inv, r, incident) &&
		        sectors_fit(inv, r, incident))
			return r;
	}
	return NULL;
}

/* ---- people ---- */

void oncall_add_contact(const struct contact *c, struct oncall *out)
{
	if (!c->mail || !*c->mail)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (out->who[i] == c || !strcasecmp(out->who[i]->mail, c->mail))
			return;
	out->who = mem_grow(out->who, out->count + 1, sizeof(*out->who));
	out->who[out->count++] = c;
}

static void id_add(const struct inventory *inv, const char *id, struct oncall *out)
{
	for (size_t i = 0; i < inv->contact_count; i++)
		if (!strcmp(inv->contacts[i].id, id))
			oncall_add_contact(&inv->contacts[i], out);
}

void oncall_add(const struct inventory *inv, const struct zone *zone, const struct conf_strings *to, int64_t at,
        struct oncall *out)
{
	for (size_t i = 0; i < to->count; i++) {
		id_add(inv, to->items[i], out);
		for (size_t k = 0; k < inv->alerts.rota_count; k++)
			if (!strcmp(inv->alerts.rotas[k].id, to->items[i]))
				id_add(inv, oncall_member(&inv->alerts.rotas[k], zone, at), out);
	}
}

void oncall_for(
        const struct inventory *inv, const struct zone *zone, const json_t *incident, int64_t at, struct oncall *out)
{
	const struct alert_route *r = oncall_route(inv, incident);

	if (r) {
		oncall_add(inv, zone, &r->to, at, out);
		return;
	}
	for (size_t i = 0; i < inv->contact_count; i++)
		oncall_add_contact(&inv->contacts[i], out);
}

void oncall_free(struct oncall *list)
{
	free(list->who);
	*list = (struct oncall){0};
}
