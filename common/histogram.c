#include "common/histogram.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define MANTISSA_BITS 6
#define ZERO_BELOW 1e-9
#define CELLS_MAX 65536

/* Bucket 0 holds the zeros; positive doubles order as their bits do. */
static uint32_t bucket_of(double value)
{
	uint64_t bits;
	if (!(value >= ZERO_BELOW))
		return 0;
	memcpy(&bits, &value, sizeof bits);
	return (uint32_t)(bits >> (52 - MANTISSA_BITS));
}

static double bucket_edge(uint32_t bucket)
{
	uint64_t bits = (uint64_t)bucket << (52 - MANTISSA_BITS);
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static double bucket_middle(uint32_t bucket)
{
	return bucket ? (bucket_edge(bucket) + bucket_edge(bucket + 1)) / 2 : 0;
}

/* First cell whose bucket is not below the wanted one. */
static uint32_t cell_find(const struct histogram *h, uint32_t bucket)
{
	uint32_t low = 0, high = h->used;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (h->cells[mid].bucket < bucket)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void count_add(struct histogram *h, uint32_t bucket, uint32_t count)
{
	uint32_t i = cell_find(h, bucket);
	h->total += count;
	if (i < h->used && h->cells[i].bucket == bucket) {
		h->cells[i].count += count;
		return;
	}
	if (h->used == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 4;
		h->cells = mem_grow(h->cells, h->cap, sizeof *h->cells);
	}
	memmove(h->cells + i + 1, h->cells + i, (h->used - i) * sizeof *h->cells);
	h->cells[i] = (struct histogram_cell){.bucket = bucket, .count = count};
	h->used++;
}

void histogram_add(struct histogram *h, double value)
{
	if (!isfinite(value))
		return;
	count_add(h, bucket_of(value), 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (uint32_t i = 0; i < from->used; i++)
		count_add(into, from->cells[i].bucket, from->cells[i].count);
}

double histogram_quantile(const struct histogram *h, double q)
{
	if (!h->total)
		return NAN;
	double rank = q * (double)(h->total - 1);
	uint64_t wanted = rank <= 0 ? 0 : (uint64_t)llround(rank), seen = 0;
	for (uint32_t i = 0; i < h->used; i++) {
		seen += h->cells[i].count;
		if (seen > wanted)
			return bucket_middle(h->cells[i].bucket);
	}
	return bucket_middle(h->cells[h->used - 1].bucket);
}

void histogram_encode(const struct histogram *h, struct buf *out)
{
	uint32_t last = 0;
	buf_put_varint(out, h->used);
	for (uint32_t i = 0; i < h->used; i++) {
		buf_put_varint(out, h->cells[i].bucket - last);
		buf_put_varint(out, h->cells[i].count);
		last = h->cells[i].bucket;
	}
}

int histogram_decode(struct histogram *h, struct cursor *c)
{
	uint64_t used = cursor_varint(c), bucket = 0;
	if (used > CELLS_MAX || used > cursor_left(c))
		c->failed = true;
	for (uint64_t i = 0; i < used && !c->failed; i++) {
		uint64_t step = cursor_varint(c), count = cursor_varint(c);
		bucket += step;
		if ((i && !step) || step > UINT32_MAX || bucket > UINT32_MAX || !count || count > UINT32_MAX)
			c->failed = true;
		if (!c->failed)
			count_add(h, (uint32_t)bucket, (uint32_t)count);
	}
	if (!c->failed)
		return 0;
	histogram_reset(h);
	return -EBADMSG;
}

void histogram_reset(struct histogram *h)
{
	h->used = 0;
	h->total = 0;
}

void histogram_free(struct histogram *h)
{
	free(h->cells);
	memset(h, 0, sizeof *h);
}
