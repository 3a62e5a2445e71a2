#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/inventory/private.h"

static bool unit_take(const struct inventory *inv, const char *id, struct target *out)
{
	return (out->unit = inventory_unit(inv, id)) != NULL;
}

static bool site_take(const struct inventory *inv, const char *id, struct target *out)
{
	return (out->site = inventory_site(inv, id)) != NULL;
}

static bool node_take(const struct inventory *inv, const char *id, struct target *out)
{
	return (out->node = inventory_node(inv, id)) != NULL;
}

static bool service_take(const struct inventory *inv, const char *id, struct target *out)
{
	return (out->service = inventory_service(inv, id)) != NULL;
}

static bool province_take(const struct inventory *inv, const char *id, struct target *out)
{
	return (out->province = !strcmp(inv->id, id));
}

static const struct {
	const char *name;
	bool (*take)(const struct inventory *inv, const char *id, struct target *out);
} kinds[] = {
        {"unit", unit_take},
        {"site", site_take},
        {"node", node_take},
        {"service", service_take},
        {"province", province_take},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int kind_resolve(
        const struct inventory *inv, const char *text, const char *colon, struct target *out, char *why, size_t size)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strlen(kinds[i].name) != (size_t)(colon - text) ||
		        strncmp(kinds[i].name, text, (size_t)(colon - text)))
			continue;
		if (kinds[i].take(inv, colon + 1, out))
			return 0;
		snprintf(why, size, "no %s has the id \"%.64s\"", kinds[i].name, colon + 1);
		return -ENOENT;
	}
	snprintf(why, size, "\"%.64s\" is no target, expected unit:ID, site:ID, node:ID, service:ID or province:ID",
	        text);
	return -ENOENT;
}

int inventory_target(const struct inventory *inv, const char *text, struct target *out, char *why, size_t size)
{
	const char *colon = strchr(text, ':');
	struct target found = {0};
	char candidates[400] = "";
	size_t hits = 0, at = 0;

	*out = (struct target){0};
	if (size)
		why[0] = 0;
	if (colon)
		return kind_resolve(inv, text, colon, out, why, size);
	for (size_t i = 0; i < KINDS; i++) {
		struct target one = {0};
		if (!kinds[i].take(inv, text, &one))
			continue;
		found = one;
		hits++;
		at += (size_t)snprintf(
		        candidates + at, sizeof(candidates) - at, "%s%s:%.63s", at ? ", " : "", kinds[i].name, text);
	}
	if (hits == 1) {
		*out = found;
		return 0;
	}
	if (hits == 0)
		snprintf(why, size,
		        "nothing has the id \"%.64s\", expected unit:ID, site:ID, node:ID, service:ID or province:ID",
		        text);
	else
		snprintf(why, size, "\"%.63s\" is ambiguous, expected one of %s", text, candidates);
	return hits ? -EEXIST : -ENOENT;
}
