/*
 * index: names to things, a hash table with open addressing.
 * Keys are borrowed and must live as long as the entry. Dies on lack of memory only.
 */
#ifndef SANSANG_JUDGE_INDEX_H
#define SANSANG_JUDGE_INDEX_H

#include <stddef.h>

struct index {
	struct index_slot *slots; /* owned */
	size_t used, cap;
};

void *index_get(const struct index *x, const char *key);
/* Replaces the value of a key that is there. */
void index_put(struct index *x, const char *key, void *value);
void index_free(struct index *x);

#endif
