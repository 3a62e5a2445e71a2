/*
 * event: what agents tell beside their rows: a cable pulled, a UPS on battery, a path that broke.
 *
 * Each is kept with the node that it is about (gear's with the gear, when the agent may speak for it) in
 * table `event`, for a month and EVENTS_KEPT a node, so that no peer fills the disk. Those that plainly bear on an open incident of that
 * node or site become evidence of it. Runs in judge.
 */
#ifndef SANSANG_JUDGE_EVENT_H
#define SANSANG_JUDGE_EVENT_H

#include "collector/judge/judge.h"

/* What happened so long before an incident may bear on it. */
#define EVENTS_BEFORE_MS 600000
#define EVENTS_KEPT 500
#define EVENTS_KEEP_MS (30LL * 86400000)
/* Of one node between two commits; more are passed over. */
#define EVENTS_PENDING_MAX 256

/* An event of a batch of node `n`; borrows the strings. */
void event_take(struct judge *j, struct judge_node *n, int64_t at, const char *kind, const char *text);
/* An incident has just opened: what was told a moment before becomes evidence too. */
void event_recall(struct judge *j, struct incident *i);
/* event_fact.c: the facts that it makes of the incident, which it bears on. */
void event_speaks(struct judge *j, struct incident *i, const struct node_event *e);
/* After loading: what the node told before the restart; borrows the strings. */
void event_restore(struct judge_node *n, int64_t at, const char *kind, const char *subject, const char *text);
/* Since when a UPS at the site is on battery, as far as known at `at`; 0 it is not. *who (may be NULL) is the node that says so. */
int64_t event_on_battery(const struct judge *j, const struct site *site, int64_t at, const char **who);
/* Frees what has waited for the commit. */
void events_forget(struct judge *j);

#endif
