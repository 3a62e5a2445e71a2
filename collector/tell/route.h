/*
 * route: who gets a mail about what.
 *
 * Tell process. Turns one conclusion of the journal (conclusion.h) into rows of the outbox, within the caller's transaction. Whom a
 * route of the province means (oncall.h), and every contact when none fits, hears of an alarm once, of its end, and once each again when it comes back;
 * its webhooks (when no route fits: all) beside them. An opening may be held by a storm (storm.h); nobody acknowledges: escalate.h.
 *
 * No mail: warnings (digest.h), incidents merged into another (merge.h), excused ones (but a drill's own contacts), conclusions marked late or older than
 * ROUTE_HORIZON_MS (a replayed history is no alarm), and a recovery of which nobody heard the beginning. A warning that turns into an
 * alarm, and an alarm that is no longer excused, are told by their next update.
 */
#ifndef SANSANG_TELL_ROUTE_H
#define SANSANG_TELL_ROUTE_H

#include "collector/tell/desk.h"

#define ROUTE_HORIZON_MS (24 * 3600000LL)

/* `body` is that of a RECORD_CONCLUSION made at `at_ms`. The number of new rows, or -errno. */
int route_conclusion(const struct desk *d, const json_t *body, int64_t at_ms, int64_t now_ms);
/* One opening (or escalation) to one contact, held in a storm. 1 new, 0 was there before, -errno. */
int route_opening(const struct desk *d, const json_t *incident, const char *kind, const char *contact, int64_t at_ms,
        const char *body);
/* The same to a webhook, which is never held. */
int route_hook(const struct desk *d, const json_t *incident, const char *kind, const char *hook, int64_t at_ms,
        const char *body);
/* NULL when no contact has that id. */
const struct contact *route_contact(const struct inventory *inv, const char *id);

#endif
