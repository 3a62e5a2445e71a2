#include "collector/inventory/place.h"

#include <errno.h>
#include <string.h>

#define HITS_MAX 64
#define EQUAL 10 /* hits whose scores are that close fit equally well (find.c) */

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool was_of(const struct site *s, const struct unit *u)
{
	for (size_t k = 0; u && k < s->unit_count; k++)
		if (same(s->units[k].unit, u->id))
			return true;
	return false;
}

/* The unit's main building at that instant. */
static const struct site *main_site(
        const struct inventory *inv, const struct unit *unit, const struct unit *former, int64_t at)
{
	const struct site *best = NULL;
	int most = -1;
	for (size_t k = 0; k < inv->site_count; k++) {
		const struct site *s = &inv->sites[k];
		if (site_unit(inv, s, at) != unit || at < s->from || at >= s->until)
			continue;
		int score =
		        (was_of(s, former) ? 4 : 0) + (s->required ? 2 : 0) + (same(s->role, "service-centre") ? 1 : 0);
		if (score > most) {
			most = score;
			best = s;
		}
	}
	return best;
}

static struct place place_of_site(const struct inventory *inv, const struct site *s, int64_t at)
{
	return (struct place){.site = s, .unit = site_unit(inv, s, at)};
}

static struct place place_of_unit(const struct inventory *inv, const struct unit *u, int64_t at)
{
	struct place p = {.unit = unit_successor(inv, u, at), .former = unit_in_force(u, at) ? NULL : u};
	if (p.unit)
		p.site = main_site(inv, p.unit, p.former, at);
	return p;
}

static bool place_of_id(const struct inventory *inv, const char *words, int64_t at, struct place *out)
{
	struct target t;
	char why[256];
	if (inventory_target(inv, words, &t, why, sizeof why))
		return false;
	if (t.unit)
		*out = place_of_unit(inv, t.unit, at);
	else if (t.site)
		*out = place_of_site(inv, t.site, at);
	else if (t.node && t.node->at)
		*out = place_of_site(inv, t.node->at, at);
	return out->site != NULL;
}

static struct place place_of_hit(const struct inventory *inv, const struct find_hit *h, int64_t at)
{
	struct place none = {0};
	const struct node *n = h->kind == FIND_NODE ? inventory_node(inv, h->id) : NULL;
	if (h->kind == FIND_UNIT)
		return place_of_unit(inv, inventory_unit(inv, h->id), at);
	if (h->kind == FIND_SITE)
		return place_of_site(inv, inventory_site(inv, h->id), at);
	return n && n->at ? place_of_site(inv, n->at, at) : none;
}

/* Accents were typed, and this name has them just so. */
static bool is_literal(const char *words, const char *name)
{
	for (const char *c = words; *c; c++)
		if ((unsigned char)*c > 0x7f)
			return strstr(name, words) != NULL;
	return false;
}

static bool is_known(const struct place *list, size_t count, const struct place *p)
{
	for (size_t k = 0; k < count; k++)
		if (list[k].site == p->site || (p->unit && list[k].unit == p->unit))
			return true;
	return false;
}

/* Those that fit as well as the best one does. */
static size_t equals(const struct find_hit *hits, size_t count)
{
	size_t k = 0;
	while (k < count && hits[k].score >= hits[0].score - EQUAL)
		k++;
	return k;
}

static void add_places(const struct inventory *inv, const char *words, int64_t at, const struct find_hit *hits,
        size_t found, bool literal, struct place *candidates, size_t *count)
{
	for (size_t k = 0; k < found && *count < PLACE_CANDIDATES_MAX; k++) {
		struct place p = place_of_hit(inv, &hits[k], at);
		if (p.site && (!literal || is_literal(words, hits[k].name)) && !is_known(candidates, *count, &p))
			candidates[(*count)++] = p;
	}
}

int inventory_place(const struct inventory *inv, const char *words, int64_t at, struct place *out,
        struct place *candidates, size_t *count)
{
	struct find_hit hits[HITS_MAX];
	*count = 0;
	*out = (struct place){0};
	if (place_of_id(inv, words, at, out))
		return 0;
	size_t all = inventory_find(inv, words, at, hits, HITS_MAX), found = equals(hits, all);
	/* what is written just so comes before what only sounds so */
	add_places(inv, words, at, hits, found, true, candidates, count);
	if (!*count)
		add_places(inv, words, at, hits, found, false, candidates, count);
	if (!*count)
		add_places(inv, words, at, hits, all, false, candidates, count);
	if (!*count)
		return -ENOENT;
	*out = candidates[0];
	return *count > 1 ? -EEXIST : 0;
}
