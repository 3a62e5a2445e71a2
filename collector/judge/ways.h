/*
 * ways: is what a line loses lost one way? By what TCP lost of the agent's connection, as both ends count it.
 *
 * intake counts with the agent what their connection lost either way (collector/intake/crossing.h; RECORD_AGENT, state "lossy"). About
 * as much goes either way: heartbeats and their answers, batches and theirs. So when a line loses both ways alike, each loss is up or down with one
 * half, and the sum of the last WAYS_KEEP minutes is one way only when a fair coin would give it less than once in 200
 * (binomial tail; sign test, Dixon and Mood 1946), once in 400 for either way: 8 to 0, 11 to 1, 13 to 2. Less evidence says nothing.
 * Kept with the check of the agent's connection. Pure, but for ways_tell(). Runs in judge.
 */
#ifndef SANSANG_JUDGE_WAYS_H
#define SANSANG_JUDGE_WAYS_H

#include "common/buf.h"

#define WAYS_KEEP 4

enum way { WAY_NONE, WAY_UP, WAY_DOWN };

/* Zero at first. */
struct ways {
	int64_t minute;              /* of the newest, since 1970 */
	uint32_t lost[2][WAYS_KEEP]; /* up, down; the newest first */
	uint32_t told[2];            /* by intake, of the connection at hand */
};

/* More losses up (or down). */
void ways_add(struct ways *w, int64_t at, enum way way, int64_t lost);
/* intake's counts since the connection began. */
void ways_count(struct ways *w, int64_t at, int64_t up, int64_t down);
/* The one way that all is lost in, as of `at`; WAY_NONE: both, or too few to say. */
enum way ways_judge(const struct ways *w, int64_t at);
void ways_encode(const struct ways *w, struct buf *out);
void ways_decode(struct ways *w, struct cursor *c);

struct judge;
struct judge_node;
/* Says it of the site's line that is bad, when there is one such line. */
void ways_tell(struct judge *j, struct judge_node *n, int64_t at);

#endif
