/*
 * slip: the fault slip (phiếu báo hỏng) of an incident, to be pasted into Zalo or read out to the carrier on the phone.
 *
 * Plain text of at most SLIP_LINES_MAX lines: who reports, which line (carrier, circuit number, hotline), since when, what was
 * measured, what was ruled out (the power and the network of the site are fine because ...), our incident id, whom to call
 * back, the carrier's ticket when it is known. What the inventory does not say is named as missing. Of several circuits
 * that failed together it lists each. Pure: incident JSON (conclusion.h) and inventory in, text out; used by tell and view.
 */
#ifndef SANSANG_JUDGE_SLIP_H
#define SANSANG_JUDGE_SLIP_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/inventory/inventory.h"
#include "common/zone.h"

#define SLIP_LINES_MAX 32

/* Is it a matter for a carrier: a line is at fault, or may be? */
bool slip_wanted(const json_t *incident, const struct inventory *inv);
/*
 * Gives the text (malloc), ends with a line break. NULL when slip_wanted() says no. `incident` may hold more than conclusion.h
 * says and may lack anything; zone NULL is UTC; `now` UTC ms is for "so far".
 */
char *slip_text(
        const json_t *incident, const struct inventory *inv, const struct zone *zone, bool english, int64_t now);

#endif
