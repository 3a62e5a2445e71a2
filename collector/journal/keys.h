/*
 * keys: the records' unique keys that the retained segments hold, each with its id.
 * Lives in the appender's thread. Few: conclusions and acts carry one, batches do not.
 */
#ifndef SANSANG_JOURNAL_KEYS_H
#define SANSANG_JOURNAL_KEYS_H

#include <stdint.h>

#define KEY_PENDING 0 /* waits for its commit */
#define KEY_FREE (-1) /* its commit failed: may be used again */

struct keys;

struct key {
	char *name;
	int64_t id;
};

struct keys *keys_new(void);
void keys_free(struct keys *k);
/* Makes a missing one with id KEY_FREE. Valid until keys_drop takes it away; pending and free ones stay. */
struct key *keys_get(struct keys *k, const char *name);
/* Forgets keys of records up to `last_id`. */
void keys_drop(struct keys *k, int64_t last_id);

#endif
