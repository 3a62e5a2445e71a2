/*
 * store: the spool's SQLite file and nothing of its sense.
 *
 * WAL, synchronous=FULL, locked for one process. Rows are kept by an id that only grows;
 * the spool makes (epoch, seq) of it. Everything between store_begin() and store_end() happens
 * or does not. Functions give 0 or -errno: -ENOSPC disk full, -EILSEQ the file is
 * damaged, -EIO others; nothing is logged here but store_error() says more.
 * Runs in the agent process.
 */
#ifndef SANSANG_STORE_H
#define SANSANG_STORE_H

#include "common/buf.h"

struct store;

struct store_row {
	int64_t id, boot, base_ms, wall_ms;
	int64_t level;       /* 0 as sampled, 1 thinned, 2 only what tells of a loss */
	const uint8_t *body; /* borrowed until the next call */
	size_t len;
};

struct store_state {
	int64_t epoch, base, next_id; /* seq = id - base */
};

/* *out is set even on failure: for store_error() and store_close(). */
int store_open(struct store **out, const char *path, struct store_state *state);
void store_close(struct store *st);
const char *store_error(const struct store *st);

int store_begin(struct store *st);
/* Commits when `status` is 0, else takes all back; gives the status of the whole. */
int store_end(struct store *st, int status);

int store_put(struct store *st, const struct store_row *row);
/* The first row at or after `id`: 0, -ENOENT. */
int store_next(struct store *st, int64_t id, struct store_row *out);
/* The first row after `id` of at most `level`: 0, -ENOENT. */
int store_oldest(struct store *st, int64_t id, int64_t level, struct store_row *out);
int store_delete(struct store *st, int64_t first_id, int64_t last_id);
int store_count(struct store *st, int64_t first_id, int64_t last_id, int64_t *rows, int64_t *bytes);
int store_set_state(struct store *st, const struct store_state *state);

int store_put_set(struct store *st, uint32_t number, const char *class_name, uint8_t layout, const char *instance);
/* In order of number; a callback that does not give 0 ends it. */
int store_each_set(struct store *st,
        int (*on_set)(void *arg, uint32_t number, const char *class_name, uint8_t layout, const char *instance),
        void *arg);

/* Finds or makes the boot; offset_ms NULL: leave what is known. Gives its number in *boot. */
int store_put_boot(struct store *st, const uint8_t boot_id[16], const int64_t *offset_ms, int64_t *boot);
/* offset_ms NULL: not known. */
int store_each_boot(struct store *st,
        void (*on_boot)(void *arg, int64_t boot, const uint8_t boot_id[16], const int64_t *offset_ms), void *arg);

#endif
