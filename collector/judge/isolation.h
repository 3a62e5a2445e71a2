/*
 * isolation: is it the collector itself that is cut off, or whose line is bad?
 *
 * Cut off: the agent beside the collector sees its gateway, its core or its line dead; or, where there is none, most agents (at least 3
 * and more than 60 %) fall silent within 15 s and nobody is heard since; or, although that agent sees its gateway, nearly all others (at least 5, more than 90 %)
 * did and no terminal answers it and no UPS spoke. While that lasts nothing is decided and nobody is accused.
 *
 * Worn (j->worn): the same lines lose packets or are slow; or, where there is no such agent, most sites (at least 3, more than 60 %) report
 * so within a minute. Then silence, looks from outside and the quality of lines say nothing about the sites and wait; what
 * agents say of their services stands. Runs in judge.
 */
#ifndef SANSANG_JUDGE_ISOLATION_H
#define SANSANG_JUDGE_ISOLATION_H

#include "collector/judge/judge.h"

/* Is this the agent beside the collector? */
bool isolation_beside(const struct judge *j, const struct judge_node *n);
/* A path or line of the agent beside the collector changed to that state. */
void isolation_path(struct judge *j, const struct judge_check *c, int64_t at, enum state state);
/* Something was heard of an agent. */
void isolation_heard(struct judge *j, const struct judge_node *n, int64_t at);
/* Every second: are most agents silent, do most sites report a bad line? */
void isolation_tick(struct judge *j);
/* After loading: takes up what was going on. */
void isolation_resume(struct judge *j);
/*
 * Of a service that was reached and failed while we were cut off, or told just after: its agent's word stands, and waits for nothing: the end of it may be
 * in the same batch.
 */
bool isolation_testifies(const struct judge *j, const struct judge_check *c, int reason);
/* May a trouble of this check be decided now? How long to wait longer in ms; 0 decide. */
int64_t isolation_hold_ms(const struct judge *j, const struct trouble *t);

#endif
