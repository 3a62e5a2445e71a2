/*
 * known: values that a swarm sends and that can be computed again, to compare them with what the RRD
 * files hold. 50 values a step and node, in six files. Pure.
 */
#ifndef SANSANG_BENCH_KNOWN_H
#define SANSANG_BENCH_KNOWN_H

#include "common/metric.h"

#define KNOWN_SETS 6

struct known_set {
	enum metric_class_id class_id;
	const char *instance;
};

extern const struct known_set known_sets[KNOWN_SETS];

/* The row of a set at a wall time (a whole step), as it is sent. Counters rise by known_rate a second. */
void known_row(unsigned node, unsigned set, int64_t wall_ms, int64_t *values);
/* What an RRD's AVERAGE row at that time must hold in that column. */
double known_stored(unsigned node, unsigned set, unsigned column, int64_t wall_ms);

#endif
