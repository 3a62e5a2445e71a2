/*
 * mtu_search: the largest packet that passes, when nobody says that larger ones are too big.
 *
 * Seven sizes are tried at once, so a range shrinks eightfold a round: from 1500 bytes to the exact figure in four. Pure.
 */
#ifndef SANSANG_MTU_SEARCH_H
#define SANSANG_MTU_SEARCH_H

#include <stdbool.h>

#define MTU_SEARCH_SIZES 7

struct mtu_search {
	unsigned low, high; /* low passes, high does not */
};

/* The sizes to be tried next, growing; 0: low is exact. */
unsigned mtu_search_next(const struct mtu_search *s, unsigned sizes[MTU_SEARCH_SIZES]);
/* What became of them, all of a round at once. */
void mtu_search_take(struct mtu_search *s, const unsigned *sizes, const bool *passed, unsigned count);

#endif
