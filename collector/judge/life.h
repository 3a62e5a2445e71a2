/*
 * life: what becomes of an incident between its first evidence and its end, other than by its troubles.
 *
 * Its severity by the phase of its unit; maintenance, drills and approved power cuts that excuse it, and the moment when they
 * no longer do; trouble that comes back at the same target and reopens it; closing by hand; and what leaves memory when it is long
 * over. Everything follows from the journal and its time alone, so a replay does the same. Runs in judge.
 */
#ifndef SANSANG_JUDGE_LIFE_H
#define SANSANG_JUDGE_LIFE_H

#include "collector/judge/judge.h"

/* Trouble that comes back within this time after the end is the same incident, reopened. */
#define LIFE_REOPEN_MS (10 * 60000LL)
/* What was over before that leaves memory; the table keeps it. */
#define LIFE_KEEP_MS (35LL * 86400000)

/* The incident that trouble of this check takes up again: the same target, over for less than LIFE_REOPEN_MS. NULL: none. */
struct incident *life_return(const struct judge *j, const struct judge_check *c, int64_t from);
/* A fresh incident that this check makes: is its unit live, is it excused? */
void life_begin(struct judge *j, struct incident *i, const struct judge_check *c, int64_t from);
/* Excuses changed: those of the open incidents that nobody was told of are weighed anew. */
void life_excuse_all(struct judge *j);
/* Excuses that are over at j->now, and incidents that are long over. */
void life_tick(struct judge *j);
/* Does any check that makes the incident show as down at j->now? */
bool life_is_down(const struct judge *j, const struct incident *i);
/* By hand. False: something of it is down and it is not forced; nothing was changed. */
bool life_close(struct judge *j, struct incident *i, const char *by, const char *reason, bool forced, int64_t at);

#endif
