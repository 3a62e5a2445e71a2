/*
 * group: the records that become one transaction, and who waits for the answer.
 *
 * The loop fills a group; commit.h stores it whole or not at all; the loop settles or rolls it back, and answers.
 */
#ifndef SANSANG_JOURNAL_GROUP_H
#define SANSANG_JOURNAL_GROUP_H

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

/* A new entry at the end. Valid until the next one. */
struct entry *group_add(struct group *g, journal_on_append on_append, void *arg);
/* Packs a record behind the others. 0 or -EINVAL. */
int group_pack(struct group *g, const struct record *r, int64_t now_ms);
/* After the commit: entries, streams and keys learn their ids. */
void group_settle(struct group *g);
/* After a failure: keys are free again, streams held (their sequence: streams_roll_back). */
void group_roll_back(struct group *g, int status);
/* Appends the entries of `from`, which is emptied; its records are forgotten. */
void group_join(struct group *g, struct group *from);
/* Calls back in order, then empties the group. */
void group_answer(struct group *g, int status);
void group_reset(struct group *g);
void group_free(struct group *g);

#endif
