/*
 * digest: warnings, once a day.
 *
 * Tell process, in the caller's transaction. At `digest.at` of the province's wall clock (alerts.h), each of `digest.to` (or, when
 * that is unset, whoever an alarm of that kind would go to) gets one mail, kind "digest-YYYYMMDD" (list_letter.h), of the warnings that began or
 * ended since the last one, and of those that go on. Nothing new: no mail. The day of the last one is kept in outbox.db, so over any kill a day
 * has one digest; one that was missed while tell was away is made when it is back. Excused, merged and late ones are not in it.
 */
#ifndef SANSANG_TELL_DIGEST_H
#define SANSANG_TELL_DIGEST_H

#include "collector/tell/desk.h"

/* When the next one is due, UTC ms: at or before `now_ms` when it has not been made. */
int64_t digest_due(const struct desk *d, int64_t now_ms);
int digest_tick(const struct desk *d, int64_t now_ms);

#endif
