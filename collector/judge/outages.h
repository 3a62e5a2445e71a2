/*
 * outages: what each carrier's lines cost in a month: every outage with its ticket, sums and availability by circuit and carrier.
 *
 * Counted are incidents whose responsible is the carrier, of every line that they took down (a wide one counts for each of its
 * circuits, once). Minutes that a maintenance, a drill or an approved power cut excuses stand apart and are no outage. What overlaps is
 * counted once for the sums; only what lies within the month counts. Availability is up / (up + down): `up` is what was measured as up outside
 * the outages, so what nobody measured is never counted as up. Pure: JSON of incidents (conclusion.h), the
 * inventory and, when known, the stretches in which each line was seen up. Used by view.
 */
#ifndef SANSANG_JUDGE_OUTAGES_H
#define SANSANG_JUDGE_OUTAGES_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/inventory/inventory.h"
#include "collector/judge/availability.h"
#include "common/zone.h"

struct outages;

/* Of [from, until) UTC ms, `now` ends what is still open; `carrier` NULL: all. inv is borrowed. */
struct outages *outages_new(const struct inventory *inv, const char *carrier, int64_t from, int64_t until, int64_t now);
/* Borrows nothing of the incident. Incidents that do not count are passed over. */
void outages_add(struct outages *o, const json_t *incident);
/* The stretches in which the line was seen up or slow; in any order, they may overlap. */
void outages_seen_up(struct outages *o, const char *site, const char *uplink, const struct interval *up, size_t count);
/*
 * {from, until, carriers: [ {carrier, outages, minutes, excused_minutes, availability (0..1 or null),
 *     circuits: [ {site, site_name, unit_name, uplink, kind, circuit, hotline, outages, minutes, excused_minutes, measured_minutes, availability,
 *         list: [ {incident, begin, end (null: still down), minutes, excused (null or word), cause, cause_vi, cause_en, ticket} ] } ] } ],
 *     unattributed: [ as in list, with site, site_name: a carrier's outage at a site with several lines of which none is named ] }
 * Circuits without outages are listed too; minutes are rounded, sums are of the exact spans. New reference.
 */
json_t *outages_json(const struct outages *o);
void outages_free(struct outages *o);

/*
 * The same as CSV (RFC 4180) with a byte order mark, so that a spreadsheet reads Vietnamese: a row an outage, a row of sums a circuit. Cells that begin like a
 * formula get an apostrophe before them. `report` is of outages_json(). Gives the text (malloc).
 */
char *outages_csv(const json_t *report, const struct zone *zone, bool english);

/* "2025-07" to the month's bounds in that zone. False: it is none. */
bool outages_month(const char *text, const struct zone *zone, int64_t *from, int64_t *until);
/* The month of that instant, "2025-07". */
void outages_month_of(int64_t at, const struct zone *zone, char out[8]);

#endif
