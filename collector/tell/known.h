/*
 * known: what tell remembers of incidents and drills: the last conclusion of each, and what was made of it.
 *
 * Tell process, in the caller's transaction. Table `known` of outbox.db; escalate.c and digest.c have columns of
 * their own there. What is over and told of is forgotten after 40 days (outbox_open).
 */
#ifndef SANSANG_TELL_KNOWN_H
#define SANSANG_TELL_KNOWN_H

#include "collector/tell/desk.h"

/* Remembers the incident as it is now. `news`: a warning that the next digest tells. 0 or -errno, logged. */
int known_put(const struct desk *d, const json_t *incident, int64_t at, bool news);
/* Was anybody to be told of it by now? */
bool known_routed(const struct desk *d, const char *id);
int known_set_routed(const struct desk *d, const char *id);
/* The last conclusion; NULL when there is none. New reference. */
json_t *known_get(const struct desk *d, const char *id);
/* Open, an alarm, and nothing excuses it: somebody has to act. */
bool known_urgent(const json_t *incident);

/* A drill's plan (drill.h), and what is remembered of it: new reference or NULL. */
int known_put_drill(const struct desk *d, const json_t *drill);
json_t *known_drill(const struct desk *d, const char *id);

#endif
