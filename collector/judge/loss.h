/*
 * loss: what citizens lost by an incident: for each service that it affects the minutes in which at least one of its
 * sites was without it.
 *
 * A site is without a service in a minute when no agent there saw it up and at least one saw it down (availability.h); minutes
 * that are excused or that nobody observed are not counted. A dark agent stands for every service that it checks.
 * Pure: intervals come through a function. Runs in judge.
 */
#ifndef SANSANG_JUDGE_LOSS_H
#define SANSANG_JUDGE_LOSS_H

#include "collector/judge/availability.h"
#include "collector/judge/judge.h"

/* Finished intervals of the check that touch [from, until), rising; at most `max`. Gives their number. */
typedef size_t (*loss_read)(void *arg, int64_t check_id, int64_t from, int64_t until, struct interval *out, size_t max);

/* {"land": 12, ...} between the incident's beginning and end; services without a lost minute are left out. New reference. */
json_t *loss_count(const struct judge *j, const struct incident *i, loss_read read, void *arg);

#endif
