/*
 * reading: a batch's rows into checks: what a row says about its check (good, slow, down),
 * its measured values into figures. Runs in judge, the hot path.
 */
#ifndef SANSANG_JUDGE_READING_H
#define SANSANG_JUDGE_READING_H

#include "collector/judge/judge.h"

/* Gives the wall times of its first and last row or event in *first and *last (0 when it had none that is plausible). */
void reading_batch(struct judge *j, struct judge_node *n, const struct record *r, int64_t *first, int64_t *last);

#endif
