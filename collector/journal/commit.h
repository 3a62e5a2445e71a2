/*
 * commit: the half of the appender that touches the disk. It runs on a worker thread, one group at a time:
 * all records that gathered since the last commit become one transaction.
 *
 * The loop fills a group, lends it to committer_run(), and answers its entries from the result. Nothing
 * else is shared, so there is no lock. A group is stored whole or not at all.
 */
#ifndef SANSANG_JOURNAL_COMMIT_H
#define SANSANG_JOURNAL_COMMIT_H

#include "collector/journal/group.h"

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
