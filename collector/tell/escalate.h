/*
 * escalate: while nobody has acknowledged, the next ones are told.
 *
 * Tell process, in the caller's transaction. The route of an alarm may have steps (alerts.h): so long after its opening without
 * an acknowledgement, contacts get a mail of kind "escalate-N" (N the number of the step), and its webhooks a post. Acknowledging, recovery, a
 * merge or an excuse ends it; when the incident comes back, it goes on at the step where it stopped. The step that is next stands in
 * outbox.db and moves in one transaction with its mails: over any kill, each step is told exactly once. Whom a step means is
 * asked when it is due: who is on call then.
 *
 * The body of such a row is the incident with a member more: "escalation": { step, since (ms, when it was first told of), told: [names] }.
 */
#ifndef SANSANG_TELL_ESCALATE_H
#define SANSANG_TELL_ESCALATE_H

#include "collector/tell/desk.h"

/* An opening was told at `at` by that route (NULL: none, no steps). 0 or -errno, logged. */
int escalate_begin(const struct desk *d, const char *incident, const struct alert_route *route, int64_t at);
int escalate_end(const struct desk *d, const char *incident);
/* When the next step is due, UTC ms; -1: none is. */
int64_t escalate_due(const struct desk *d);
int escalate_tick(const struct desk *d, int64_t now_ms);
/* The inventory changed: all are asked again at the next tick. */
int escalate_again(const struct desk *d);

#endif
