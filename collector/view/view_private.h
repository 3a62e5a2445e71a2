/* view_private: what the files of view share. */
#ifndef SANSANG_VIEW_PRIVATE_H
#define SANSANG_VIEW_PRIVATE_H

#include "collector/view/snapshot.h"
#include "collector/view/view.h"
#include "common/zone.h"

struct view {
	const struct collector_config *config; /* borrowed */
	const struct inventory *inv;           /* borrowed; NULL at first */
	struct rows *rows;
	char *rrd_dir;
	struct zone *zone; /* of the config; NULL: UTC */
};

/* Does any of its sites at that instant show made-up data? */
bool unit_simulated(const struct inventory *inv, const struct unit *u, int64_t at);

/* State of a unit or (unit NULL) of one site; *worst is the check that decides, or NULL. */
enum state place_state(const struct snapshot *s, const struct unit *unit, const struct site *site,
        const struct seen_check **worst, int64_t *since);
/* "inside": an agent there has reported; "outside": its lines are only looked at from the collector; NULL: nobody looks. */
const char *place_vantage(const struct snapshot *s, const struct unit *unit, const struct site *site);
/* What is wrong with what was checked, one sentence in each language. False: nothing is. */
bool check_words(const struct seen_check *c, char *vi, char *en, size_t size);
/* What the list of nodes and a unit's page say of a node. New reference. */
json_t *node_row(const struct view *v, const struct snapshot *s, const struct node *n);
/* Up to `most` events of the node row, newest first, appended to `list`. */
void events_add(const struct view *v, json_t *list, const struct node *n, int64_t row, const char *kind, int64_t from,
        int64_t to, int most);
/* The newest event of that kind and subject: its text (given), or NULL. */
char *event_last(const struct view *v, int64_t row, const char *kind, const char *subject);
/* The newest events of all its nodes, newest first. New reference. */
json_t *unit_events(const struct view *v, const struct snapshot *s, const struct unit *u, int64_t at);

/* id, name, kind, code, state, since, reasons, simulated, former. New reference. */
json_t *unit_row(const struct view *v, const struct snapshot *s, const struct unit *u, int64_t at);
/* Is the collector's own line down: is that incident the one, or (id NULL) is there any? */
bool view_is_cut(const struct view *v, const char *id);
/* ms, or null for 0. */
json_t *json_time(int64_t ms);
/* String, or null for NULL. */
json_t *json_text(const char *s);
/* Number, or null for NaN. */
json_t *json_figure(double value);
/* Array of incidents that the statement (id, body) yields; resets it. NULL gives an empty array. */
json_t *incident_list(const struct view *v, sqlite3_stmt *st);
/* The incident as judge keeps it; NULL when there is none. New reference. */
json_t *incident_body(const struct view *v, const char *id);
/* Who stands in the inventory under that id, for rows that only name it. New references. */
json_t *site_name_json(const struct view *v, const char *id);
json_t *unit_name_json(const struct view *v, const char *id);

#endif
