#include <stdlib.h>
#include <string.h>

#include "collector/inventory/private.h"
#include "common/memory.h"

/* Chains of mergers are short; a ring of formed_from ends here. */
#define SUCCESSION_DEPTH 8

bool unit_in_force(const struct unit *u, int64_t at)
{
	return at >= u->from && at < u->until;
}

int64_t unit_go_live(const struct inventory *inv, const struct unit *u)
{
	return u && u->go_live ? u->go_live : inv->go_live;
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

static const struct node *collector_node(const struct inventory *inv)
{
	return inv->collector_node ? inventory_node(inv, inv->collector_node) : NULL;
}

const struct node *inventory_poller(const struct inventory *inv, const struct node *gear)
{
	(void)inv;
	return gear->poller;
}

void pollers_build(struct inventory_whole *w)
{
	struct inventory *inv = &w->inv;
	const struct node **first = mem_alloc((inv->site_count + 1) * sizeof(*first)), *collector = collector_node(inv);

	for (size_t i = inv->node_count; i-- > 0;)
		if (inv->nodes[i].kind == NODE_SERVER && inv->nodes[i].at)
			first[inv->nodes[i].at - inv->sites] = &inv->nodes[i];
	for (size_t i = 0; i < inv->node_count; i++) {
		struct node *n = &inv->nodes[i];
		if (n->kind != NODE_GEAR)
			continue;
		const struct node *here = n->at ? first[n->at - inv->sites] : NULL;
		n->poller = n->polled_by ? inventory_node(inv, n->polled_by) : here ? here : collector;
	}
	free(first);
}

const struct node *inventory_speaks_for(const struct inventory *inv, const struct node *agent, const char *gear_id)
{
	const struct node *gear = inventory_node(inv, gear_id);

	if (!gear || gear->kind != NODE_GEAR || agent->kind != NODE_SERVER)
		return NULL;
	bool may = (gear->at && gear->at == agent->at) || agent == collector_node(inv) ||
	           agent == inventory_poller(inv, gear);
	return may ? gear : NULL;
}
