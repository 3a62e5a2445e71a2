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
json_t *view_find(struct view *v, const char *words, int64_t at);

#endif
