/*
 * histogram: mergeable log-bucket histograms; a quantile is right to 1 %.
 *
 * A bucket is named by the exponent and the six highest mantissa bits of the
 * value, so its width is at most 1/64 of its lower edge and its middle is at most
 * 0.8 % from any value in it. Values below 1e-9 (and negative ones) are counted as
 * zero. Buckets are kept sparse and sorted; two histograms merge by adding counts,
 * so hours make days without loss. Runs in judge, and in web for figures.
 */
#ifndef SANSANG_HISTOGRAM_H
#define SANSANG_HISTOGRAM_H

#include "common/buf.h"

struct histogram_cell {
	uint32_t bucket, count;
};

/* All zero is an empty histogram. */
struct histogram {
	struct histogram_cell *cells; /* owned, rising by bucket */
	uint32_t used, cap;
	uint64_t total;
};

void histogram_add(struct histogram *h, double value);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value below which the fraction q (0..1) of all lies; NaN when empty. */
double histogram_quantile(const struct histogram *h, double q);
void histogram_encode(const struct histogram *h, struct buf *out);
/* Fills an empty histogram. 0 or -EBADMSG (then it is empty). */
int histogram_decode(struct histogram *h, struct cursor *c);
/* Forgets the counts, keeps the memory. */
void histogram_reset(struct histogram *h);
void histogram_free(struct histogram *h);

#endif
