/*
 * view: the questions that web and the command line ask, answered as JSON from
 * the inventory and judge's tables (read-only). One function per question; both
 * doors give the same answer, so the dashboard and `sansang --json` never differ.
 *
 * Runs in core (for the command line) and in web. Functions give a new reference or NULL
 * with `why` set to a borrowed message.
 */
#ifndef SANSANG_VIEW_H
#define SANSANG_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/config.h"
#include "collector/inventory/inventory.h"

#define VIEW_EVENTS_MAX 500

struct view;

/* `state_db` is judge's <state_dir>/state.db; it may be missing yet (then all is unobserved). */
struct view *view_open(const struct collector_config *config);
/* Borrows inv until the next call. */
void view_set_inventory(struct view *v, const struct inventory *inv);
void view_close(struct view *v);

json_t *view_province(struct view *v, int64_t at);
json_t *view_units(struct view *v, int64_t at); /* units in force at that instant, with state */
json_t *view_unit(struct view *v, const char *id, int64_t at, const char **why);
json_t *view_nodes(struct view *v, int64_t at);
/* Newest first; `kind` NULL is all; `from` and `to` UTC ms. At most VIEW_EVENTS_MAX. */
json_t *view_events(struct view *v, const char *node, const char *kind, int64_t from, int64_t to, const char **why);
json_t *view_incidents(struct view *v, bool all);
json_t *view_incident(struct view *v, const char *id, const char **why);
/* Those to come and in force, newest first; `all`: also what is over. {"maintenance": [...]} or {"planned_cuts": [...]}, by kind. */
json_t *view_excuses(struct view *v, const char *kind, bool all);
/* {id, kind, targets, from, until, approved, by, reason, state: "planned" | "running" | "over"}; NULL: there is none. */
json_t *view_excuse(struct view *v, const char *id);
json_t *view_find(struct view *v, const char *words, int64_t at);

/* ---- people.c: what people said, and what was practised ---- */
/* Every check of the site as it was at that instant: [ {node, kind, instance, state, reason, since} ]. */
json_t *view_measured(struct view *v, const char *site, int64_t at);
/* {"complaints": [ complaint_json() with site_name, unit_name, and of its incident state, summary_vi, summary_en ]}, newest first; site NULL: all. */
json_t *view_complaints(struct view *v, const char *site, bool missed, int64_t since);
json_t *view_complaint(struct view *v, const char *id, const char **why);
/* {"drills": [...]}, newest first, as drill.h; `target` (of `unit:ID` ... as it was planned) and `state` may be NULL. */
json_t *view_drills(struct view *v, const char *target, const char *state);
json_t *view_drill(struct view *v, const char *id, const char **why);
/* Is it a word of the closed list of causes? */
bool view_cause_known(const char *word);

/* ---- lamps.c, slips.c, outages.c ---- */
/*
 * {place, site, site_name, unit, unit_name, former, at, incidents: [...],
 *  lamps: [ {id ("power" | "tslcd" | "internet" | "service"), vi, en, state ("up" | "degraded" | "down" | "unobserved" | "none": it has no such line),
 *      since, why_vi, why_en, call_vi, call_en, incident (id or null), slip (bool)} ]},
 * or {"error", "status": 404 | 409, "candidates": [ {site, site_name, unit, unit_name, former} ]}.
 */
json_t *view_lamps(struct view *v, const char *place, int64_t at);
/* {site: {...}} or {"error", "status", "candidates"} as above. */
json_t *view_place(struct view *v, const char *place, int64_t at);
/* {incident, language, text}; NULL with why: no such incident, or no matter for a carrier. */
json_t *view_slip(struct view *v, const char *incident, bool english, const char **why);
/* outages.h, with "month"; month NULL or "": this one. */
json_t *view_outages(struct view *v, const char *month, const char *carrier, const char **why);
/* The same as CSV; gives (malloc). */
char *view_outages_csv(struct view *v, const char *month, const char *carrier, bool english, const char **why);

#endif
