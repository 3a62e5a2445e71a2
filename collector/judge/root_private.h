/*
 * root_private: what root.c and absorb.c both ask of an incident: may it explain this check's trouble? Private to them. Runs in judge.
 */
#ifndef SANSANG_JUDGE_ROOT_PRIVATE_H
#define SANSANG_JUDGE_ROOT_PRIVATE_H

#include "collector/judge/trouble.h"

/* A hole for large packets is looked for each minute, gear is polled so often. */
#define ROOT_SLOW_MS 90000

/* Was it going on at the check's site at `at`, and not over before what is left of the trouble? */
bool root_may_explain(const struct incident *i, const struct judge_check *c, int64_t at, int64_t tolerance);
/* Does what the service said fit the line's incident? */
bool root_fits_line(const struct judge *j, const struct incident *i, const struct judge_check *c, int reason);
/* All lines that the service can take are down or bad: the incident of one of them. NULL: there is another way, or the reason does not fit. */
struct incident *root_line(const struct judge *j, const struct judge_check *c, int64_t at, int reason);
/* An incident about the node itself that explains that reason: address conflict, clock, hole. */
bool root_of_node(const struct incident *i, const struct judge_check *c, int reason);
/* A name server's incident, and is this node one of those that cannot use it? */
bool root_names(const struct judge *j, const struct incident *i, const struct judge_check *c);
/* Is the line behind the gear whose incident this is? */
bool root_gear(const struct judge *j, const struct incident *i, const struct judge_check *c);

#endif
