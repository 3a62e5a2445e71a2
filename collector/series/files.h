/*
 * files: the RRD files of a shard, with the rows that wait to be written.
 *
 * A file is known by its path relative to <state_dir>/rrd ("site/node/svc-land.rrd"). It belongs to the
 * shard that files_shard_of() names. Rows are kept as they travel: seconds, then scaled integers.
 * Runs in series (files_shard_of in render too).
 */
#ifndef SANSANG_SERIES_FILES_H
#define SANSANG_SERIES_FILES_H

#include <stdbool.h>

#include "collector/series/layout.h"

#define FILE_PATH_SIZE 256

struct series_file {
	struct series_file *next; /* same bucket */
	struct layout *layout;
	unsigned step_s; /* of the file on disk, which wins over the configured one */
	unsigned count, cap;
	int64_t *rows;                     /* count rows of 1 + columns */
	int64_t last_s;                    /* of the last row taken or on disk; INT64_MIN when there is none */
	int64_t oldest_id;                 /* record of the first waiting row */
	int64_t held_since_ms, touched_ms; /* boot clock: first and last waiting row came */
	uint64_t undo_generation;          /* whose undo file knows this file */
	size_t header_len;                 /* 0: not known yet */
	bool due, backlog,
	        refused; /* in the list to be flushed; the first waiting row is an old one; not a file of ours */
	char path[];
};

struct files {
	struct series_file **buckets;
	size_t bucket_count, count;
};

unsigned files_shard_of(const char *path, unsigned shards);
/* "site/node/name.rrd" of plain letters, no '.' at a part's beginning: safe below rrd/. */
bool files_path_valid(const char *path);
struct series_file *files_find(const struct files *t, const char *path);
/* A new, empty one; the path must not be there yet. */
struct series_file *files_add(struct files *t, const char *path, struct layout *layout, unsigned step_s);
void files_each(const struct files *t, void (*each)(struct series_file *f, void *arg), void *arg);
void files_free(struct files *t);

/* Takes a row, padding columns that an older agent does not send. False when it is not newer than the last. */
bool file_put(struct series_file *f, int64_t record_id, int64_t wall_ms, int64_t now_ms, const int64_t *values,
        unsigned count);

#endif
