/*
 * cuts: planned power cuts as the power company's list says them, a CSV of columns unit (or site), from, until, words, approved.
 *
 * Titles and names are understood in Vietnamese and English, with or without accents. Times are of the province's zone
 * ("05/07/2025 08:00", "2025-07-05 08:00") or name their offset. Every problem is told with its row; whoever imports decides whether to take the rest.
 * Pure. Runs in core.
 */
#ifndef SANSANG_INVENTORY_CUTS_H
#define SANSANG_INVENTORY_CUTS_H

#include <jansson.h>

#include "collector/inventory/inventory.h"
#include "common/zone.h"

#define CUTS_MAX 2000
#define CUT_LONGEST_MS (7LL * 86400000)

/*
 * *cuts: [ {id, targets: ["unit:ID"], from, until (ms), reason, approved, row, name} ], ids follow from place and time, so the same list
 * again changes nothing. *problems: [ {row, column, text} ]. Both are given.
 */
void cuts_read(const struct inventory *inv, const struct zone *zone, int64_t now, const void *csv, size_t len,
        json_t **cuts, json_t **problems);

#endif
