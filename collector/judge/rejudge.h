/*
 * rejudge: minutes that nobody observed, once it is known why.
 *
 * When a site's power or line was gone, what depends on it was down too, though nobody could measure it. A stretch without rows that falls into
 * an incident is kept until the final cause is known, and a while after it; if that is one that takes everything behind it along, the stretch becomes an interval
 * "down" with REASON_HINDSIGHT. What the site's own spool observed has no such stretch, so it is never overwritten. Stretches that wait are kept in
 * state.db, table `gap`; from which hour on a site's readiness must be computed anew stands in table `rejudged` until whoever
 * computes it has done so. Runs in judge.
 */
#ifndef SANSANG_JUDGE_REJUDGE_H
#define SANSANG_JUDGE_REJUDGE_H

#include "collector/judge/judge.h"

/* A check moved: out of the unobserved it leaves a stretch behind. */
void rejudge_move(struct judge *j, struct judge_check *c, const struct transition *t);
/* The final cause of the incident is known, or another than before. */
void rejudge_incident(struct judge *j, const struct incident *i);
/* After loading; takes nothing. */
void rejudge_restore(struct judge *j, struct judge_check *c, int64_t start, int64_t stop, struct incident *i);

#endif
