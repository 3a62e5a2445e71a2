/*
 * contact: whether we hear of an agent. Its connection is a check of its own (KIND_AGENT). Runs in judge.
 */
#ifndef SANSANG_JUDGE_CONTACT_H
#define SANSANG_JUDGE_CONTACT_H

#include "collector/judge/judge.h"

/* RECORD_AGENT. */
void contact_record(struct judge *j, const struct record *r);
/* Any sign of life at `at`, collector's clock. */
void contact_heard(struct judge *j, struct judge_node *n, int64_t at);
/* Connections that are only believed, since a restart or because intake died: until then. */
void contact_doubt(struct judge *j, int64_t now);
void contact_tick(struct judge *j);

#endif
