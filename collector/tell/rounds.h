/*
 * rounds: what is due by the clock rather than by a conclusion: the next step of an escalation, the day's digest, a storm's list.
 *
 * Tell process. Called when the journal has been read to its end: whoever acknowledged while tell was away has done so.
 */
#ifndef SANSANG_TELL_ROUNDS_H
#define SANSANG_TELL_ROUNDS_H

#include "collector/tell/desk.h"

/* All that is due, in one transaction of its own. 0 or -errno, logged; then nothing was made. */
int rounds_make(const struct desk *d, int64_t now_ms);
/* The inventory is another one. */
int rounds_again(const struct desk *d);

#endif
