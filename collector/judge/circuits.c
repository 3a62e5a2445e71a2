#include "collector/judge/circuits.h"

#include <string.h>

struct list {
	struct circuit *out;
	size_t max, count;
};

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool fits(const json_t *incident, const struct uplink *u, bool wide)
{
	const char *uplink = word_of(incident, "uplink"), *carrier = word_of(incident, "carrier");
	if (*uplink && !wide)
		return !strcmp(u->id, uplink);
	return !*carrier || (u->carrier && !strcmp(u->carrier, carrier));
}

static void add_site(struct list *l, const json_t *incident, const struct inventory *inv, const char *id, bool wide)
{
	const struct site *site = inventory_site(inv, id);
	for (size_t k = 0; site && k < site->uplink_count; k++) {
		if (!fits(incident, &site->uplinks[k], wide))
			continue;
		if (l->count < l->max)
			l->out[l->count] = (struct circuit){site, &site->uplinks[k]};
		l->count++;
	}
}

size_t circuits_of(const json_t *incident, const struct inventory *inv, struct circuit *out, size_t max)
{
	const json_t *sites = json_object_get(incident, "sites");
	struct list l = {.out = out, .max = max};
	size_t k;
	json_t *v;
	json_array_foreach(sites, k, v) if (json_is_string(v))
	        add_site(&l, incident, inv, json_string_value(v), json_array_size(sites) > 1);
	if (!l.count)
		add_site(&l, incident, inv, word_of(incident, "site"), false);
	return l.count;
}

bool circuits_known(const json_t *incident)
{
	return *word_of(incident, "uplink") || *word_of(incident, "carrier");
}

const char *circuit_kind(const struct uplink *u)
{
	return u->kind == UPLINK_TSLCD ? "TSLCD" : u->kind == UPLINK_4G ? "4G" : "internet";
}
