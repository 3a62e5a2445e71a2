/*
 * book: <state_dir>/series-N.db, what a shard knows to be on disk.
 *
 * The cursor (all rows of records up to it are in synced files), the generation of the checkpoint that made it
 * so, the digest of the inventory in force at the cursor, and the layout of each file. SQLite, WAL, synchronous=FULL.
 * Runs in series: reading on the loop at start, committing on the checkpoint's thread.
 */
#ifndef SANSANG_SERIES_BOOK_H
#define SANSANG_SERIES_BOOK_H

#include <stddef.h>
#include <stdint.h>

struct book;

struct book_state {
	int64_t cursor;
	uint64_t generation;
	char digest[72]; /* "" when none yet */
};

struct book_layout {
	char *path; /* relative to rrd/, owned */
	char layout[48];
};

/* 0 or -errno, logged. A file of a newer version of the program is refused. */
int book_open(struct book **out, const char *path, struct book_state *state);
/* The layout that the file was made with; "" when the book does not know it. */
void book_layout(struct book *b, const char *path, char *layout, size_t size);
/* One transaction. 0 or -errno, logged. */
int book_commit(struct book *b, const struct book_state *state, const struct book_layout *fresh, size_t count);
void book_close(struct book *b);

#endif
