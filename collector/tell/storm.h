/*
 * storm: when many sites fail, one list every half an hour instead of a mail each.
 *
 * Tell process, in the caller's transaction. For each contact: when openings of more than `storm.sites` sites fell within
 * `storm.every`, further openings (and what follows about them: their recoveries) are held, and each `every` all that is held
 * goes out as one mail, kind "storm-N" (list_letter.h). It ends by itself when no more than `sites` fell within `every`; what is held then
 * still goes out with the next list, so nothing is lost. Held rows live in the outbox: a kill changes nothing.
 * Incidents of one root are one incident already; drills and webhooks take no part.
 */
#ifndef SANSANG_TELL_STORM_H
#define SANSANG_TELL_STORM_H

#include "collector/tell/desk.h"

/* Shall an opening at `site` be held from that contact now? */
bool storm_holds(const struct desk *d, const char *contact, const char *site, int64_t at);
/* When the next list is due, UTC ms; -1: nothing is held. */
int64_t storm_due(const struct desk *d);
/* Makes the lists that are due. 0 or -errno, logged. */
int storm_tick(const struct desk *d, int64_t now_ms);

#endif
