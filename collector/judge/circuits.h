/*
 * circuits: which lines of which sites an incident (JSON of conclusion.h) is about. Pure; for slips and the monthly list.
 */
#ifndef SANSANG_JUDGE_CIRCUITS_H
#define SANSANG_JUDGE_CIRCUITS_H

#include <jansson.h>

#include "collector/inventory/inventory.h"

struct circuit {
	const struct site *site; /* borrowed from the inventory */
	const struct uplink *line;
};

/*
 * The line that the incident names; else, of each of its sites, the lines of the carrier that it names, or all of them. At
 * most `max` into `out`; gives how many there are in all.
 */
size_t circuits_of(const json_t *incident, const struct inventory *inv, struct circuit *out, size_t max);
/* Does it say which line, or which carrier's? Otherwise all lines of the site are only candidates. */
bool circuits_known(const json_t *incident);
/* "TSLCD", "internet", "4G": as people say it. */
const char *circuit_kind(const struct uplink *u);

#endif
