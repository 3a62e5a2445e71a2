/*
 * drill_sheet: what a drill showed: detection and mail in time, the cause understood, nobody else bothered. Runs in judge.
 */
#ifndef SANSANG_JUDGE_DRILL_SHEET_H
#define SANSANG_JUDGE_DRILL_SHEET_H

#include "collector/judge/drill.h"

struct drill {
	char id[64];
	char *what, *by;                    /* owned */
	json_t *targets, *contacts, *mails; /* owned arrays; mails: [ {incident, kind, contact, at} ] */
	json_t *incidents; /* owned array: [ {id, opened_at, detected_at} ], what it brought about, as it was noticed */
	json_t *sheet;     /* owned, NULL until it is filed */
	enum cause cause;  /* what will really be done */
	int64_t from, until, began_at, filed_at;
	int64_t detect_within_ms, mail_within_ms;
	enum drill_state state;
	unsigned changes;
	bool dirty;
};

bool drill_has(const struct drill *d, const char *incident);
/* The sheet of drill.h as of now; `reasons` is empty when it passed. New reference. */
json_t *drill_sheet(const struct judge *j, const struct drill *d);

#endif
