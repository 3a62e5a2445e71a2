/*
 * store: judge's memory on disk, <state_dir>/state.db.
 *
 * Everything that changed since the last commit, and the journal cursor, go in one transaction: after a
 * kill at any point judge goes on from a state that belongs to its cursor. Conclusions are rows of the same
 * transaction and are sent only after it, with unique keys; an answered one is forgotten with the next commit.
 * Schema by PRAGMA user_version, see migrations[] in store.c. WAL, synchronous=NORMAL: what a power cut takes back is
 * judged again from the journal. Runs in judge; view reads the same file.
 *
 *   meta         key, value: cursor, now, cut
 *   node         connection and facts of every agent
 *   check_state  every check: state, since, last evidence, last values, and what judge keeps of it (`memory`)
 *   interval     finished stretches of a state, observed ones only
 *   hour         figures.h of finished hours
 *   incident     columns to select by, `body` is the JSON of conclusion.h
 *   incident_act what people did about it
 *   trouble      checks that are down, and the incident that this belongs to
 *   conclusion   not yet answered by core
 *   excuse       maintenance, drills and planned power cuts (excuse.h)
 *   gap          stretches without rows that wait for a final cause (rejudge.h)
 *   rejudged     from when on a site's minutes are others than they were; whoever computes readiness takes the rows out
 *   event        what agents told beside their rows, bounded (event.h)
 *   complaint    user reports and what came of them (complaint.h); `body` is its JSON
 *   drill        plans and sheets (drill.h); `body` is its JSON
 */
#ifndef SANSANG_JUDGE_STORE_H
#define SANSANG_JUDGE_STORE_H

#include "collector/judge/judge.h"

/* Intervals and hours are kept as long as the RRDs of lines and readiness. */
#define STORE_KEEP_MS (400LL * 86400000)

struct store;

/* 0, or -errno with the reason logged. */
int store_open(struct store **out, const char *path);
/* Fills a judge fresh from judge_init(). Gives the cursor. 0 or -errno. */
int store_load(struct store *s, struct judge *j, int64_t *cursor);
/* Writes all that is dirty with the cursor, and clears it. 0 or -errno (logged): then nothing was written, and
 * the judge in memory is ahead of the disk: the process must end and begin again from there. */
int store_commit(struct store *s, struct judge *j, int64_t cursor);
/* The oldest conclusion after `seq` that core has not answered: gives the body, sets *seq. NULL when there is none. */
char *store_conclusion(struct store *s, int64_t *seq, char *key, size_t key_size);
/* Core has it; dropped from the table at once. */
void store_concluded(struct store *s, int64_t seq);
void store_close(struct store *s);

#endif
