/*
 * isolation: is it the collector itself that is cut off?
 *
 * Either the agent beside the collector sees its gateway or line dead, or, where there is none, most agents (at
 * least 3 and more than 60 %) fall silent within 15 s. While it lasts nobody is accused. Runs in judge.
 */
#ifndef SANSANG_JUDGE_ISOLATION_H
#define SANSANG_JUDGE_ISOLATION_H

#include "collector/judge/judge.h"

/* A path or line of the agent beside the collector changed. */
void isolation_path(struct judge *j, const struct judge_check *c, int64_t at, bool down);
/* An agent fell silent. */
void isolation_silent(struct judge *j, int64_t at);
/* Something was heard of an agent. */
void isolation_heard(struct judge *j, const struct judge_node *n, int64_t at);
/* May a trouble of this check be decided now? How long to wait longer in ms; 0 decide. */
int64_t isolation_hold_ms(const struct judge *j, const struct trouble *t);

#endif
