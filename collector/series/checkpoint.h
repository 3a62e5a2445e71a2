/*
 * checkpoint: makes what was written last, then commits the cursor, then forgets the undo headers, in this order.
 *
 * Each period between two checkpoints has a generation. checkpoint_begin() ends the current one: from then
 * on flushes belong to the next (and save their headers anew), while a thread syncs the file
 * system, drops the page cache of files created in the period (their large folios would be written whole at each
 * update: LIBRARIES.md), commits series-N.db and clears the period's undo file. One at a time.
 */
#ifndef SANSANG_SERIES_CHECKPOINT_H
#define SANSANG_SERIES_CHECKPOINT_H

#include <stdbool.h>
#include <uv.h>

#include "collector/series/book.h"
#include "collector/series/undo.h"

struct checkpoint;

/* Opens series-N.db. Borrows rrd_fd and undo until checkpoint_close. 0 or -errno, logged. */
int checkpoint_open(struct checkpoint **out, uv_loop_t *loop, const char *state_dir, unsigned shard, int rrd_fd,
        struct undo *undo, struct book_state *state);
/* See book_layout. */
void checkpoint_layout(struct checkpoint *k, const char *path, char *layout, size_t size);
/* Of the current period. */
uint64_t checkpoint_generation(const struct checkpoint *k);
/* Something was written in this period. */
void checkpoint_touched(struct checkpoint *k);
/* A file was created in this period. */
void checkpoint_created(struct checkpoint *k, const char *path, const char *layout);
/* False when one is running. Without anything new on_done is called at once. After a full disk the same period is tried again. on_done gets the committed cursor or -errno. */
bool checkpoint_begin(struct checkpoint *k, int64_t cursor, const char *digest,
        void (*on_done)(int64_t cursor, void *arg), void *arg);
/* Runs the loop until none is running. */
void checkpoint_wait(struct checkpoint *k);
/* The same without a thread; 0 or -errno. */
int checkpoint_now(struct checkpoint *k, int64_t cursor, const char *digest);
uint64_t checkpoint_count(const struct checkpoint *k);
int64_t checkpoint_cursor(const struct checkpoint *k);
/* None may be running. */
void checkpoint_close(struct checkpoint *k);

#endif
