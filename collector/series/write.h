/*
 * write: a shard's way from waiting rows to synced files.
 *
 * Rows wait in memory (the journal has them on disk) until a file has FLUSH_ROWS of them, has held one for twelve
 * steps, or has been quiet. A flush cycle takes up to CYCLE_FILES files: their headers go to the undo
 * file, one fdatasync, then each file is updated. A checkpoint then makes it last: on a thread syncfs, the
 * commit of cursor and layouts in series-N.db, and the end of that period's undo file. The cursor covers only
 * records all of whose rows were in files before the syncfs began; what is read again after a crash is passed over by each file's last row.
 *
 * Runs in series, on its loop; only checkpoints use a thread.
 */
#ifndef SANSANG_SERIES_WRITE_H
#define SANSANG_SERIES_WRITE_H

#include <uv.h>

#include "collector/series/book.h"
#include "collector/series/files.h"

struct shard;

struct shard_figures {
	uint64_t rows, values; /* written to files since start */
	uint64_t rows_pending;
	uint64_t skipped_old;     /* rows at or before the file's last */
	uint64_t skipped_unknown; /* rows of unknown nodes, classes, layouts or implausible times */
	uint64_t created, flushes, errors, checkpoints;
	int64_t cursor; /* committed */
};

/* Opens everything, puts back what a crash left. *state is where to go on from. 0 or -errno, logged. */
int shard_open(struct shard **out, uv_loop_t *loop, const char *state_dir, unsigned index, struct book_state *state);
/* The file of that path, made known when it is new; NULL when what is on disk is not of this class. */
struct series_file *shard_file(
        struct shard *s, const char *path, const struct metric_class *class, unsigned step_s, bool simulated);
void shard_row(struct shard *s, struct series_file *f, int64_t record_id, int64_t wall_ms, const int64_t *values,
        unsigned count);
struct shard_figures *shard_figures(struct shard *s);
size_t shard_file_count(const struct shard *s);

/* Once a loop turn: the time that rows are stamped with. */
void shard_set_now(struct shard *s, int64_t boot_ms, int64_t wall_ms);
/* Flushes files that are full, if enough of them are. */
void shard_flush_full(struct shard *s);
/* Once a second: flushes what is full, old or quiet. */
void shard_tick(struct shard *s);
/* 0 or -errno. An unknown path holds nothing back: 0. */
int shard_flush_path(struct shard *s, const char *path);
int shard_flush_all(struct shard *s);
/* The disk refuses and rows pile up: stop reading for now. */
bool shard_pressed(const struct shard *s);
/* Makes all so far durable, up to record `read_id`; on_done gets the committed cursor, or -errno. False when one is running already. */
bool shard_checkpoint(
        struct shard *s, int64_t read_id, const char *digest, void (*on_done)(int64_t cursor, void *arg), void *arg);
/* The same at the end, without a thread. Waits for a running one by running the loop. */
void shard_close(struct shard *s, int64_t read_id, const char *digest);

#endif
