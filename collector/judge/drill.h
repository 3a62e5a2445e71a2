/*
 * drill: a failure made on purpose, to see whether it is noticed, told and understood.
 *
 * A plan says when, where, what will be done and what is expected: the cause, within how long it must be detected and mailed. While it
 * runs its targets are excused ("drill:ID", excuse.h) and only its own contacts get mails, marked as a drill. When its window is over, or all expected
 * incidents are resolved, a sheet is filed: pass, or fail with every reason. Nothing seen is a fail. Kept in state.db, table `drill`; runs in judge.
 *
 *   { id, targets: [..], what: "rút dây kênh TSLCD" (words), cause: "uplink-down", from, until (ms), contacts: [..], by,
 *     detect_within_ms (default 15000), mail_within_ms (default 30000), began_at (ms, when the cut was really made; null: first evidence),
 *     incidents: [ {id, opened_at, detected_at} ] (what it brought about, as it was noticed), mails: [ {incident, kind, contact, at} ],
 *     state: "planned" | "running" | "passed" | "failed" | "cancelled", filed_at,
 *     sheet: { incident, cause, final_cause, opened_at, detected_at, mailed_at, resolved_at, detect_ms, mail_ms, incidents (count),
 *              strangers: [contact ids that were mailed and are none of the drill's], reasons: [ {vi, en} ] } or null }
 * Without contacts no mail is expected. Times run from began_at, else from the first evidence. Mails count when tell says that the server took them.
 */
#ifndef SANSANG_JUDGE_DRILL_H
#define SANSANG_JUDGE_DRILL_H

#include "collector/judge/judge.h"

#define DRILL_DETECT_MS 15000
#define DRILL_MAIL_MS 30000
#define DRILL_LONGEST_MS (24 * 3600000LL)
#define DRILL_KEEP_MS (400LL * 86400000LL) /* sheets in state.db: a gate asks for one within a year */

enum drill_state { DRILL_PLANNED, DRILL_RUNNING, DRILL_PASSED, DRILL_FAILED, DRILL_CANCELLED };
const char *drill_state_name(int state);

struct drill;

/* Act "drill" (the plan), "drill-begin" (the cut is made now), "drill-cancel"; `o` is the act. */
void drill_act(struct judge *j, const json_t *o, int64_t at);
/* A mail about an incident left: `o` is tell's conclusion. */
void drill_mailed(struct judge *j, const json_t *o);
/* Begins and files what is due at j->now. */
void drill_tick(struct judge *j);
/* The object above; new reference. */
json_t *drill_json(const struct drill *d);
/* From state.db. */
void drill_load(struct judge *j, const json_t *o, unsigned changes);
void drills_free(struct judge *j);

/* ---- between drill.c and store_drill.c ---- */

struct drills {
	struct drill **all; /* owned; those that are planned or running, and those not yet on disk */
	size_t count, cap;
};
const char *drill_id(const struct drill *d);
/* How many conclusions it made so far, counted up when it owes one; 0: nothing changed since. Clears it. */
unsigned drill_say(struct drill *d);

#endif
