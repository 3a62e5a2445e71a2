/*
 * segment: one file of the journal, `<dir>/<first id, 16 digits>.seg`, an SQLite database.
 *
 *   block(first, last, at, data)  records packed back to back (record.h), of one commit; at: of the last one
 *   start(data)                   streams and dictionaries as they stood before the first record (stream.h)
 *   keyed(key, id)                records with a unique key
 *
 * A segment is made in the same transaction as its first records, so a file without tables holds
 * nothing yet. Used by the appender (one thread at a time) and by followers, each with a
 * connection of its own. Errors are 0 or -errno, logged here once with the file's name.
 */
#ifndef SANSANG_JOURNAL_SEGMENT_H
#define SANSANG_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define SEGMENT_BLOCK_BYTES (128 * 1024) /* a block is closed above this */

struct segment;

enum segment_mode { SEGMENT_APPEND, SEGMENT_READ };

/* -ENOENT (not logged) when there is no such file; with SEGMENT_APPEND it is made. */
int segment_open(struct segment **out, const char *dir, int64_t first, enum segment_mode mode);
void segment_close(struct segment *s);
/* For the appender that leaves it: folds the write-ahead log into the file. */
void segment_seal(struct segment *s);

/* False: no tables yet. */
bool segment_begun(struct segment *s);

/* ---- appender: between begin and commit ---- */
int segment_begin(struct segment *s);
/* Makes the tables and writes the start. */
int segment_put_start(struct segment *s, const struct buf *start);
int segment_put_block(struct segment *s, int64_t first, int64_t last, int64_t at_ms, const struct buf *data);
int segment_put_key(struct segment *s, const char *key, int64_t id);
/* After an error the transaction is rolled back. -ENOSPC: no room. */
int segment_commit(struct segment *s);
void segment_roll_back(struct segment *s);

/* ---- readers ---- */
/* Last record's id and time; 0 and 0 when there is none. */
int segment_last(struct segment *s, int64_t *last, int64_t *at_ms);
int segment_start(struct segment *s, struct buf *out);
int segment_keys(struct segment *s, void (*on_key)(const char *key, int64_t id, void *arg), void *arg);

struct block {
	int64_t first, last;
	size_t at, len; /* within the buffer */
};
/*
 * Appends blocks that hold records after `id` to `data`, until about `bytes` or `max` of them.
 * Gives their number, or -errno.
 */
int segment_read(struct segment *s, int64_t id, struct buf *data, size_t bytes, struct block *blocks, int max);

/* ---- files ---- */
void segment_path(const char *dir, int64_t first, char *out, size_t size);
/* First ids of all segments in the folder, rising; gives the array. 0 or -errno. */
int segment_list(const char *dir, int64_t **firsts, size_t *count);
/* Bytes on disk with its write-ahead log. */
int64_t segment_bytes(const char *dir, int64_t first);
int segment_remove(const char *dir, int64_t first);
/* Renames it to NAME.seg.bad, with its log. */
int segment_set_aside(const char *dir, int64_t first);

#endif
