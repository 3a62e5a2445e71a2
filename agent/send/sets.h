/*
 * sets: (class, instance) -> number, for the life of a spool.
 *
 * A number is fresh until sets_stored() says that a batch with its dictionary
 * entry is on disk. Runs in the agent process; memory only, the spool saves and loads it.
 */
#ifndef SANSANG_SETS_H
#define SANSANG_SETS_H

#include "common/metric.h"

struct set {
	const struct metric_class *class; /* NULL: a class of another version, only its number is taken */
	char instance[METRIC_INSTANCE_MAX];
	bool stored;
};

struct sets;

struct sets *sets_new(void);
void sets_free(struct sets *t);
/* Finds or makes; UINT32_MAX when BATCH_SETS_MAX are taken. */
uint32_t sets_number(struct sets *t, const struct metric_class *class, const char *instance);
/* As loaded from disk; another layout than ours makes it fresh. The number must be sets_count(): 0 or -EINVAL. */
int sets_load(struct sets *t, uint32_t number, const char *class_name, uint8_t layout, const char *instance);
uint32_t sets_count(const struct sets *t);
const struct set *sets_at(const struct sets *t, uint32_t number); /* NULL out of range */
void sets_stored(struct sets *t, uint32_t number);

#endif
