/*
 * stream: what is known of every node's epochs: their last sequence and their dictionary.
 *
 * Both halves of the journal keep one: the appender to tell duplicates, the follower to say what
 * a set means. Packed, it is the beginning of a segment. Lives in one thread; owns its strings.
 */
#ifndef SANSANG_JOURNAL_STREAM_H
#define SANSANG_JOURNAL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/journal/record.h"
#include "common/buf.h"

#define STREAM_EPOCHS_KEPT 4 /* of a node, when packed */

struct streams;

struct stream {
	char *node;
	uint64_t epoch;
	uint64_t seq;       /* last appended, counting what waits for its commit */
	uint64_t committed; /* last on disk; followers leave it alone */
	uint64_t held;      /* a batch that could not be stored: until it comes again nothing after it is taken */
	int64_t held_at_ms; /* boot clock */
	int held_status;
	uint64_t born;        /* order of first sight: higher is newer */
	struct stream *older; /* the node's epoch before this one */
	char **sets;          /* by set number: layout byte, class, NUL, instance, NUL */
	uint32_t set_room;
};

struct streams *streams_new(void);
void streams_free(struct streams *s);
/* NULL when unknown and not to be made. Stays valid until streams_free. */
struct stream *streams_get(struct streams *s, const char *node, uint64_t epoch, bool make);
/* The node's newest epoch, or NULL. */
struct stream *streams_newest(const struct streams *s, const char *node);
/* Puts every seq back to what is committed. */
void streams_roll_back(struct streams *s);

/* Sets at or above BATCH_SETS_MAX are passed over. */
void stream_dict_put(struct stream *st, uint32_t set, const char *class_name, uint8_t layout, const char *instance);
/* Strings are valid until the set is put anew. */
bool stream_dict_get(
        const struct stream *st, uint32_t set, const char **class_name, uint8_t *layout, const char **instance);

/* Learns from a stored batch (with its internal flags): its sequence and, where it holds some, its dictionary entries. */
void streams_note(struct streams *s, const struct record *r);

/* Appends what is known. Of each node only the newest STREAM_EPOCHS_KEPT epochs. */
void streams_pack(const struct streams *s, struct buf *out);
/* Adds to what is known. 0 or -EBADMSG. */
int streams_unpack(struct streams *s, const uint8_t *data, size_t len);

#endif
