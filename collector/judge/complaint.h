/*
 * complaint: a user report (phản ánh): what somebody says does not work, held against what was measured.
 *
 * Act "complaint" {id, site (or unit), at (ms, when it was), words, name}. It is attached to the incident that explains it (one that covers the site at
 * that time; the one about the named service first), else answered: a check of the site was bad at that time, or "no fault measured: check Wi-Fi or the
 * workstation". An incident that is found later still takes up complaints without one whose time it covers. Those that measuring missed are
 * listed weekly (`sansang complaints --missed`). Kept in state.db, table `complaint`; runs in judge.
 */
#ifndef SANSANG_JUDGE_COMPLAINT_H
#define SANSANG_JUDGE_COMPLAINT_H

#include "collector/judge/judge.h"

void complaint_act(struct judge *j, const json_t *o, int64_t at);
/* A new incident: takes up complaints that it explains. */
void complaint_recall(struct judge *j, struct incident *i);

#endif
