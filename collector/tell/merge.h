/*
 * merge: an incident turns out to be part of a wider one, and one root cause stays one mail.
 *
 * Tell process, in the caller's transaction. Who has heard of the part is not told of the whole apart: neither an opening nor a
 * note; the end of the whole comes in the part's thread. What nobody has heard yet of the part is taken back, and the
 * whole is told as it would be.
 */
#ifndef SANSANG_TELL_MERGE_H
#define SANSANG_TELL_MERGE_H

#include <stdint.h>

#include "collector/tell/outbox.h"

/* `body` is the part's. 0 or -errno, logged. */
int merge_parts(struct outbox *o, const char *part, const char *whole, int64_t at, const char *body);

#endif
