/*
 * excuse: stretches in which something may be down: maintenance, drills and planned power cuts.
 *
 * They come from province.yaml (`maintenance:`) and from acts of the journal (act "maintenance", "drill", "planned-cut"), so a replay knows the same. They
 * excuse minutes and mute mail, and everything is recorded as ever. A planned power cut that nobody approved is only
 * expected: it is evidence for site-power and area-power, and excuses nothing. Kept in state.db, table `excuse`. Runs in judge; the pure half is read by view too.
 */
#ifndef SANSANG_JUDGE_EXCUSE_H
#define SANSANG_JUDGE_EXCUSE_H

#include <jansson.h>

#include "collector/inventory/inventory.h"

#define EXCUSE_BY_FILE "province.yaml"

enum excuse_kind { EXCUSE_MAINTENANCE, EXCUSE_DRILL, EXCUSE_PLANNED_CUT };

struct excuse {
	char id[64];
	int kind;       /* enum excuse_kind */
	char **targets; /* owned: "unit:ID", "site:ID", "node:ID", "service:ID", "uplink:ID", "province:ID" */
	size_t target_count;
	int64_t from, until; /* UTC ms; until moves when it is ended early */
	bool approved;       /* of a planned cut; the others always are */
	char *by, *reason;   /* owned */
	bool dirty;          /* to be written */
};

struct excuses {
	struct excuse **all; /* owned */
	size_t count, cap;
	bool dirty;
};

const char *excuse_kind_name(int kind); /* "maintenance", "drill", "planned-cut" */
/* Does that target cover the check? Gear and services of a site, a node or a unit are covered with it. */
struct judge_check;
bool excuse_covers(const struct excuse *e, const struct inventory *inv, const struct judge_check *c, int64_t at);
/* The one in force over the check at `at` (an approved one first), or NULL. */
const struct excuse *excuse_at(
        const struct excuses *all, const struct inventory *inv, const struct judge_check *c, int64_t at);
/* Adds or replaces by id; takes nothing. 0 or -EINVAL with the reason in `why`. */
int excuse_put(struct excuses *all, const struct inventory *inv, const json_t *o, char *why, size_t why_size);
struct excuse *excuse_find(const struct excuses *all, const char *id);
/* Over at `at`, or never begun. False: there is none, or it was over before. */
bool excuse_end(struct excuses *all, const char *id, int64_t at);
/* Takes up `maintenance:` of a new inventory; what it does not say any more is over at `now`. */
void excuses_plan(struct excuses *all, const struct inventory *inv, int64_t now);
/* Drops from memory what was over before that; the table keeps it. */
void excuses_forget(struct excuses *all, int64_t before);
/* {id, kind, targets, from, until, approved, by, reason}; new reference. */
json_t *excuse_json(const struct excuse *e);
void excuses_free(struct excuses *all);

#endif
