/*
 * commit: the half of the appender that touches the disk. It runs on a worker thread, one group at a time:
 * all records that gathered since the last commit become one transaction.
 *
 * The loop fills a group, lends it to committer_run(), and answers its entries from the result. Nothing
 * else is shared, so there is no lock. A group is stored whole or not at all.
 */
#ifndef SANSANG_JOURNAL_COMMIT_H
#define SANSANG_JOURNAL_COMMIT_H

#include "collector/journal/journal.h"
#include "collector/journal/keys.h"
#include "collector/journal/stream.h"
#include "common/buf.h"

struct entry { /* who waits for an answer */
	journal_on_append on_append;
	void *arg;
	int status;            /* 0: stores a record; else what to answer when the group was stored */
	int64_t id;            /* set after the commit; of an -EALREADY by key: the old one's */
	struct stream *stream; /* of a batch */
	uint64_t seq;
	struct key *key; /* of a keyed record, or of one that waits for the same key */
};

struct packed {
	struct buf data;
	uint32_t count;
	int64_t at_ms;
};

struct group {
	struct entry *entries;
	size_t entry_count, entry_room;
	struct packed *blocks; /* those past block_count keep their memory */
	size_t block_count, block_room;
	size_t bytes;
	uint32_t records;
	bool rotate; /* begin a new segment with `start` */
	struct buf start;
	int64_t slowest; /* nothing above this id may be dropped */
	/* result */
	int status;
	bool want_rotate, full;
	int64_t first_id, dropped; /* ids up to `dropped` are gone */
};

void group_reset(struct group *g);
void group_free(struct group *g);

struct committer;

/*
 * Looks through the segments, sets aside what cannot be read (on_lost tells the range), fills streams and keys.
 * 0 or -errno, logged.
 */
int committer_open(struct committer **out, const char *dir, const struct journal_limits *limits,
        struct streams *streams, struct keys *keys,
        void (*on_lost)(int64_t first, int64_t last, const char *path, void *arg), void *arg);
/* Drops what is due, then stores the group, if it has records. */
void committer_run(struct committer *c, struct group *g);
int64_t committer_last_id(const struct committer *c);
bool committer_want_rotate(const struct committer *c);
void committer_close(struct committer *c);

#endif
