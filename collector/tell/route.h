/*
 * route: who gets a mail about what.
 *
 * Tell process. Turns one conclusion of the journal into rows of the outbox, within the caller's
 * transaction. Every contact with a mail address hears of every alarm. No mail: warnings, incidents
 * merged into another, conclusions marked late or older than ROUTE_HORIZON_MS (a replayed history is
 * no alarm), and a recovery of which nobody heard the beginning.
 */
#ifndef SANSANG_TELL_ROUTE_H
#define SANSANG_TELL_ROUTE_H

#include <jansson.h>

#include "collector/inventory/inventory.h"
#include "collector/tell/outbox.h"

#define ROUTE_HORIZON_MS (24 * 3600000LL)

/* `body` is that of a RECORD_CONCLUSION made at `at_ms`. The number of new rows, or -errno. */
int route_conclusion(struct outbox *o, const struct inventory *inv, const json_t *body, int64_t at_ms, int64_t now_ms);
/* NULL when no contact has that id. */
const struct contact *route_contact(const struct inventory *inv, const char *id);

#endif
