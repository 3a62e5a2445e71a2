/*
 * figures: the running hour of a check's measured values: 5-minute aggregates
 * (count, sum, min, max of the scaled integers) and a log-bucket histogram for each value.
 *
 *   hour := version(1)=1 hour(varint, hours since 1970) values(varint) value*
 *   value := 12 * ( count(varint) [ sum(svarint) min(svarint) max-min(varint) ] ) histogram
 *
 * The same bytes stand in the check's own row (the hour that runs) and in table `hour`
 * (finished ones). Histograms hold values in units (ms, %), not scaled. Pure; runs in judge.
 */
#ifndef SANSANG_JUDGE_FIGURES_H
#define SANSANG_JUDGE_FIGURES_H

#include <stdbool.h>

#include "common/histogram.h"

#define FIGURES_VALUES_MAX 2
#define FIGURES_BUCKETS 12
#define FIGURES_HOUR_MS 3600000

struct figures_bucket {
	int64_t sum, min, max;
	uint32_t count;
};

struct figures {
	int64_t hour; /* since 1970; 0 nothing yet */
	unsigned values;
	struct figures_value {
		struct figures_bucket buckets[FIGURES_BUCKETS];
		struct histogram histogram;
	} value[FIGURES_VALUES_MAX];
};

/* Is `at` in another, later hour than the one that runs? Then the caller keeps the encoding and calls figures_begin. */
bool figures_over(const struct figures *f, int64_t at);
void figures_begin(struct figures *f, int64_t at);
/* `at` within the hour that runs, otherwise passed over; `scale` is 10^decimals. */
void figures_add(struct figures *f, unsigned value, int64_t at, int64_t scaled, int64_t scale);
void figures_encode(const struct figures *f, struct buf *out);
/* 0 or -EBADMSG, then empty. */
int figures_decode(struct figures *f, struct cursor *c);
void figures_free(struct figures *f);

#endif
