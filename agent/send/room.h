/*
 * room: one step of making room in a full store.
 *
 * The oldest hour of one boot becomes one thinned row (thin.h); where nothing
 * is left to thin, the oldest rows become one that only tells of the loss. The new row
 * takes the last id of what it stands for. One transaction. Runs in the agent process.
 */
#ifndef SANSANG_ROOM_H
#define SANSANG_ROOM_H

#include "agent/send/sets.h"
#include "agent/send/store.h"

enum room_level { ROOM_SAMPLED, ROOM_THINNED, ROOM_LOST }; /* store_row.level */

struct room_request {
	int64_t after_id;          /* rows up to it are acknowledged or on their way */
	int64_t boot_now, boot_ms; /* rows younger than ten minutes are not thinned */
	int64_t drop_bytes;        /* about how much to drop when nothing can be thinned */
};

/* 0 with rows and bytes freed, -ENOENT when there is nothing to gain, or -errno. */
int room_make(
        struct store *st, const struct sets *sets, const struct room_request *want, int64_t *rows, int64_t *bytes);

#endif
