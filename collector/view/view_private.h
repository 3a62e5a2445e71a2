/* view_private: what the files of view share. */
#ifndef SANSANG_VIEW_PRIVATE_H
#define SANSANG_VIEW_PRIVATE_H

#include "collector/view/snapshot.h"
#include "collector/view/view.h"

struct view {
	const struct collector_config *config; /* borrowed */
	const struct inventory *inv;           /* borrowed; NULL at first */
	struct rows *rows;
	char *rrd_dir;
};

/* Does any of its sites at that instant show made-up data? */
bool unit_simulated(const struct inventory *inv, const struct unit *u, int64_t at);

/* State of a unit or (unit NULL) of one site; *worst is the check that decides, or NULL. */
enum state place_state(const struct snapshot *s, const struct unit *unit, const struct site *site,
        const struct seen_check **worst, int64_t *since);
/* id, name, kind, code, state, since, reasons, simulated, former. New reference. */
json_t *unit_row(const struct view *v, const struct snapshot *s, const struct unit *u, int64_t at);
/* ms, or null for 0. */
json_t *json_time(int64_t ms);
/* String, or null for NULL. */
json_t *json_text(const char *s);
/* Number, or null for NaN. */
json_t *json_figure(double value);
/* Array of incidents that the statement (id, body) yields; resets it. NULL gives an empty array. */
json_t *incident_list(const struct view *v, sqlite3_stmt *st);

#endif
