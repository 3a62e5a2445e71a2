/*
 * place: the site that a caller means, from what was said: "ta ngai cho", "Xã Pha Long", "pha-long-hq", "site:pha-long-hq".
 *
 * A former unit leads to the unit that answers for it today. Names may repeat: when several places fit equally
 * well nothing is chosen, the candidates are given. Pure.
 */
#ifndef SANSANG_INVENTORY_PLACE_H
#define SANSANG_INVENTORY_PLACE_H

#include "collector/inventory/inventory.h"

#define PLACE_CANDIDATES_MAX 8

/* All borrowed from the inventory. */
struct place {
	const struct site *site;
	const struct unit *unit;   /* that answers for it today; NULL: none */
	const struct unit *former; /* that was named and is no more; NULL: none was */
};

/*
 * 0; -ENOENT: nothing is called so, or it has no site; -EEXIST: several are, then `candidates` (PLACE_CANDIDATES_MAX) and *count
 * say which. A unit's place is its required site, a service centre first; the building of a former unit when that was named.
 */
int inventory_place(const struct inventory *inv, const char *words, int64_t at, struct place *out,
        struct place *candidates, size_t *count);

#endif
