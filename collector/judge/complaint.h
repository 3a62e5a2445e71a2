/*
 * complaint: a user report (phản ánh): what somebody says does not work, held against what was measured.
 *
 * Act "complaint" {id, site, at (ms, when it was), words, name (of who called, may be ""), by, measured (what core read in
 * state.db of that instant, view/complaints.c: [ {node, kind, instance, state, reason, since} ], bad and good ones)}.
 * It is attached to the incident that explains it (one that covers the site at that time; the one about the named service
 * first), else answered: a check of the site was bad at that time, or "no fault measured: check Wi-Fi or the workstation", or, when
 * nothing was measured there then, that. An incident that is found later still takes up complaints whose time it covers. Those that
 * measuring missed are listed weekly (`sansang complaints --missed`). Kept in state.db, table `complaint`; runs in judge.
 */
#ifndef SANSANG_JUDGE_COMPLAINT_H
#define SANSANG_JUDGE_COMPLAINT_H

#include "collector/judge/judge.h"

#define COMPLAINT_WORDS_MAX 1000           /* bytes */
#define COMPLAINT_BEFORE_MS (10 * 60000LL) /* people notice before we do, */
#define COMPLAINT_JUST_BEFORE_MS                                                                                       \
	60000LL /* ... but one service explains a call that named none only when it failed just then */
#define COMPLAINT_AFTER_MS (20 * 60000LL)      /* ... and call when it is over */
#define COMPLAINT_OPEN_MS (8 * 86400000LL)     /* so long an incident found later takes it up: spools come back late */
#define COMPLAINT_KEEP_MS (400LL * 86400000LL) /* rows in state.db */

/* What came of it. */
enum complaint_found { FOUND_INCIDENT, FOUND_MEASURED, FOUND_NOTHING, FOUND_UNSEEN };
const char *complaint_found_name(
        int found); /* "incident", "measured", "nothing", "unmeasured"; the last two were missed */

struct complaint {
	char id[80], incident[192];                      /* incident: "" none */
	char *site, *unit, *service, *words, *name, *by; /* owned; unit and service may be NULL */
	json_t *measured;                                /* owned array */
	int64_t at, filed_at;
	int found; /* enum complaint_found */
	char *answer_vi, *answer_en;
	unsigned changes; /* conclusions so far */
	bool dirty;
};

struct complaints {
	struct complaint **all; /* owned; those younger than COMPLAINT_OPEN_MS */
	size_t count, cap;
};

void complaint_act(struct judge *j, const json_t *o, int64_t at);
/* An incident is new, or grew: takes up complaints that it explains. */
void complaint_recall(struct judge *j, struct incident *i);
/* {id, at, filed_at, site, unit, service, words, name, by, found, incident, answer_vi, answer_en}; new reference. */
json_t *complaint_json(const struct complaint *c);
/* From state.db: fields of that object. */
void complaint_load(struct judge *j, const json_t *o, unsigned changes);
/* Old ones leave memory; on disk they stay. */
void complaints_tick(struct judge *j);
void complaints_free(struct judge *j);

#endif
