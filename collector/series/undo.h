/*
 * undo: what stood in the files before the current checkpoint period touched them.
 *
 * A kill (or a power cut) inside an update leaves an RRD file wrong for good. So before the first
 * update of a file in a period its header goes into the period's undo file, which is synced before
 * the update; at start the headers are put back and the journal is read again from the committed cursor. A file
 * that was created in the period is removed instead. Rows written behind the old header's position are
 * simply written again.
 *
 * Two undo files take turns, so that a new period can begin while the old one is still being synced:
 * <state_dir>/undo-N.0 and .1 hold the even and odd generations. A generation that series-N.db
 * calls committed is void.
 *
 * Entry: length(4) checksum(8) kind(1) path(str) at(varint) bytes(blob). Reading stops at the first torn one: its file was not touched yet.
 *
 * Runs in series; appending on the loop, undo_clear on the checkpoint's thread.
 */
#ifndef SANSANG_SERIES_UNDO_H
#define SANSANG_SERIES_UNDO_H

#include <stddef.h>
#include <stdint.h>

struct undo;

/* Opens or makes both files. 0 or -errno, logged. */
int undo_open(struct undo **out, const char *state_dir, unsigned shard);
/* Puts back what uncommitted generations saved, newest first; paths are relative to rrd_dir. Returns files put back or -errno, logged. Call undo_clear for both generations after a sync. */
int undo_restore(struct undo *u, const char *rrd_dir, uint64_t committed);
/* These gather in memory ... */
void undo_add_header(struct undo *u, const char *path, size_t at, const void *bytes, size_t len);
void undo_add_created(struct undo *u, const char *path);
/* ... and this makes them durable in the generation's file. 0 or -errno (then no file may be touched); nothing gathered: 0 at once. */
int undo_sync(struct undo *u, uint64_t generation);
/* Forgets a generation. 0 or -errno. */
int undo_clear(struct undo *u, uint64_t generation);
void undo_close(struct undo *u);

#endif
