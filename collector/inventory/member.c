#include <string.h>

#include "collector/inventory/private.h"

/* Chains of mergers are short; a ring of formed_from ends here. */
#define SUCCESSION_DEPTH 8

bool unit_in_force(const struct unit *u, int64_t at)
{
	return at >= u->from && at < u->until;
}

const struct unit *site_unit(const struct inventory *inv, const struct site *s, int64_t at)
{
	for (size_t i = 0; i < s->unit_count; i++)
		if (at >= s->units[i].from && at < s->units[i].until)
			return inventory_unit(inv, s->units[i].unit);
	return NULL;
}

size_t succession_first(const struct inventory_whole *w, uint32_t old)
{
	size_t low = 0, high = w->succession_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (w->successions[middle].old < old)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct unit *heir_find(const struct inventory *inv, const struct unit *u, int64_t at, int depth)
{
	const struct inventory_whole *w = inventory_whole(inv);
	uint32_t old = (uint32_t)(u - inv->units);
	const struct unit *heir = NULL;

	if (unit_in_force(u, at))
		return u;
	if (depth == 0)
		return NULL;
	for (size_t i = succession_first(w, old); i < w->succession_count && w->successions[i].old == old && !heir; i++)
		heir = heir_find(inv, &inv->units[w->successions[i].heir], at, depth - 1);
	return heir;
}

const struct unit *unit_successor(const struct inventory *inv, const struct unit *u, int64_t at)
{
	return heir_find(inv, u, at, SUCCESSION_DEPTH);
}

bool service_checked_by(const struct inventory *inv, const struct service *sv, const struct node *n, int64_t at)
{
	if (n->kind != NODE_SERVER || !n->at || at < sv->from || at >= sv->until)
		return false;
	if (sv->checked_by_all)
		return true;
	const struct unit *u = site_unit(inv, n->at, at);
	for (size_t i = 0; i < sv->checked_by.count; i++) {
		const char *who = sv->checked_by.items[i];
		if (!strcmp(who, n->at->id) || (u && !strcmp(who, u->id)))
			return true;
	}
	return false;
}
