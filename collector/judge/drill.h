/*
 * drill: a failure made on purpose, to see whether it is noticed, told and understood.
 *
 * A plan says when, where, what will be done and what is expected: the cause, within how long it must be detected and mailed. While it
 * runs its targets are excused ("drill:ID", excuse.h) and only its own contacts get mails, marked as a drill. When its window is over, or all expected
 * incidents are resolved, a sheet is filed: pass, or fail with every reason. Nothing seen is a fail. Kept in state.db, table `drill`; runs in judge.
 *
 *   { id, targets: [..], what: "rút dây kênh TSLCD" (words), cause: "uplink-down", from, until (ms), contacts: [..], by,
 *     detect_within_ms (default 15000), mail_within_ms (default 30000), began_at (ms, when the cut was really made; null: first evidence),
 *     state: "planned" | "running" | "passed" | "failed" | "cancelled", filed_at,
 *     sheet: { incident, cause, final_cause, opened_at, detected_at, mailed_at, resolved_at, detect_ms, mail_ms, reasons: [ {vi, en} ] } or null }
 */
#ifndef SANSANG_JUDGE_DRILL_H
#define SANSANG_JUDGE_DRILL_H

#include "collector/judge/judge.h"

struct drill;

/* Act "drill" (the plan), "drill-begin" (the cut is made now), "drill-cancel"; `o` is the act. */
void drill_act(struct judge *j, const json_t *o, int64_t at);
/* A mail about an incident left (tell's conclusion). */
void drill_mailed(struct judge *j, const char *incident, int64_t at);
/* Files what is due at j->now. */
void drill_tick(struct judge *j);

#endif
