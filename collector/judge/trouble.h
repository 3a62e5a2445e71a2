/*
 * trouble: what it means that a check is down, and whose fault it is.
 *
 * A check that goes down makes a trouble. It is decided at once or after a short hold,
 * when other evidence is still to come: it joins the incident that explains it (the
 * line it goes by is down, the interface lost carrier, the same service fails elsewhere), or
 * opens one of its own. A trouble that makes its incident is primary; an incident resolves when its last primary trouble ends.
 * Troubles that are only affected and outlive their incident are decided again. Runs in judge.
 */
#ifndef SANSANG_JUDGE_TROUBLE_H
#define SANSANG_JUDGE_TROUBLE_H

#include "collector/judge/judge.h"

/* Kinds and checks that accuse somebody; others only have a state. */
bool trouble_counts(const struct judge_check *c);
void trouble_begin(struct judge *j, struct judge_check *c, int64_t from, int reason, bool connected, int64_t hold_ms);
/*
 * A fact about a check in trouble: told to its incident, or kept with the trouble until it has one (say it after
 * trouble_begin(), with any hold: a verdict is first told at the next commit). False: the check is in no trouble, or it is no news.
 */
bool trouble_know(struct judge *j, struct judge_check *c, enum fact f, enum answer answer, enum rank rank, int64_t at,
        const char *who);
/* `gone`: the check is no longer watched. */
void trouble_end(struct judge *j, struct judge_check *c, int64_t at, bool gone);
/* Decides what is due at j->now. */
void trouble_tick(struct judge *j);
/* Everything undecided waits at least this long from now (the collector was cut off). */
void trouble_hold_all(struct judge *j, int64_t hold_ms);
/* Makes trouble `t` part of incident `i`. */
void trouble_join(struct judge *j, struct trouble *t, struct incident *i, bool primary);
/* Moves all troubles of `from` to `into`, as affected or as its makers, and merges the incident. */
void trouble_merge(struct judge *j, struct incident *from, struct incident *into, bool primary);
/* Forgets it without a word. */
void trouble_drop(struct judge *j, struct trouble *t);
/* After loading. */
struct trouble *trouble_add(struct judge *j, struct judge_check *c, int64_t from);
/* Opens an incident of its own for `t`, or takes up the one with the same id, or that came back (life.h). */
struct incident *trouble_open(struct judge *j, struct trouble *t);

/* ---- root.c: what explains a trouble ---- */

/* How far apart two pieces of evidence of one thing may be for this check. */
int64_t root_tolerance_ms(const struct judge_check *c);
/* The incident that explains it, or NULL; *primary says whether the trouble is one more maker of it. May make an incident wide. */
struct incident *root_find(struct judge *j, struct trouble *t, bool *primary);
/* crowd.c: services that fail together; may open the incident that stands for them. NULL: it is alone. */
struct incident *crowd_find(struct judge *j, struct trouble *t);
/* How long to wait still for what other sites say of the same service: the first mail shall name one site only if it is one. */
int64_t crowd_hold_ms(const struct judge *j, const struct trouble *t);
/* Incidents that the new one explains after all are merged into it. */
void root_absorb(struct judge *j, struct incident *root, const struct judge_check *c);
/* Does the site's own agent contradict what was seen from outside? */
bool root_contradicted(const struct judge *j, const struct trouble *t);

/* ---- testimony.c: what a node tells when it is back ---- */

/* Its silence since `from` is over: what it says from now on is also about the time of `i`. */
void testimony_back(struct judge *j, struct judge_node *n, struct incident *i, int64_t from);
/* It has another boot id than before, whatever its clock says. */
void testimony_boot(struct judge_node *n);
/* Its agent says that it began to run at `at`. */
void testimony_started(struct judge_node *n, int64_t at);
/* A batch with samples of [first, last] came; `rebooted`: it is the first of another boot. `before`: newest sample before it. */
void testimony_batch(struct judge *j, struct judge_node *n, bool rebooted, int64_t before, int64_t first, int64_t last);
/* A check of a witness moved. */
void testimony_move(struct judge *j, struct judge_check *c, const struct transition *t);
/* The incident has just ended: nobody may have anything to add. */
void testimony_resolved(struct judge *j, struct incident *i);
/* Final causes that are known at j->now. */
void testimony_tick(struct judge *j);
/* A line or interface turned out to have been down during the dark stretch `i`. */
void testimony_line(struct judge *j, struct incident *i, const struct judge_check *c);

#endif
