#include "collector/judge/figures.h"

#include <errno.h>
#include <string.h>

#define VERSION 1
#define BUCKET_MS (FIGURES_HOUR_MS / FIGURES_BUCKETS)

bool figures_over(const struct figures *f, int64_t at)
{
	return at / FIGURES_HOUR_MS > f->hour;
}

void figures_begin(struct figures *f, int64_t at)
{
	f->hour = at / FIGURES_HOUR_MS;
	for (unsigned i = 0; i < f->values; i++) {
		memset(f->value[i].buckets, 0, sizeof f->value[i].buckets);
		histogram_reset(&f->value[i].histogram);
	}
}

void figures_add(struct figures *f, unsigned value, int64_t at, int64_t scaled, int64_t scale)
{
	if (at / FIGURES_HOUR_MS != f->hour || value >= f->values)
		return;
	struct figures_bucket *b = &f->value[value].buckets[at % FIGURES_HOUR_MS / BUCKET_MS];
	if (!b->count || scaled < b->min)
		b->min = scaled;
	if (!b->count || scaled > b->max)
		b->max = scaled;
	b->sum += scaled;
	b->count++;
	histogram_add(&f->value[value].histogram, (double)scaled / (double)scale);
}

void figures_encode(const struct figures *f, struct buf *out)
{
	buf_put_u8(out, VERSION);
	buf_put_varint(out, (uint64_t)f->hour);
	buf_put_varint(out, f->values);
	for (unsigned i = 0; i < f->values; i++) {
		for (unsigned k = 0; k < FIGURES_BUCKETS; k++) {
			const struct figures_bucket *b = &f->value[i].buckets[k];
			buf_put_varint(out, b->count);
			if (!b->count)
				continue;
			buf_put_svarint(out, b->sum);
			buf_put_svarint(out, b->min);
			buf_put_varint(out, (uint64_t)(b->max - b->min));
		}
		histogram_encode(&f->value[i].histogram, out);
	}
}

static void bucket_decode(struct figures_bucket *b, struct cursor *c)
{
	uint64_t count = cursor_varint(c);
	if (count > UINT32_MAX)
		c->failed = true;
	b->count = (uint32_t)count;
	if (!count)
		return;
	b->sum = cursor_svarint(c);
	b->min = cursor_svarint(c);
	b->max = b->min + (int64_t)cursor_varint(c);
}

int figures_decode(struct figures *f, struct cursor *c)
{
	if (cursor_u8(c) != VERSION)
		c->failed = true;
	f->hour = (int64_t)cursor_varint(c);
	uint64_t values = cursor_varint(c);
	if (values > FIGURES_VALUES_MAX)
		c->failed = true;
	f->values = c->failed ? 0 : (unsigned)values;
	for (unsigned i = 0; i < f->values && !c->failed; i++) {
		for (unsigned k = 0; k < FIGURES_BUCKETS; k++)
			bucket_decode(&f->value[i].buckets[k], c);
		histogram_decode(&f->value[i].histogram, c);
	}
	if (!c->failed)
		return 0;
	figures_begin(f, 0);
	return -EBADMSG;
}

void figures_free(struct figures *f)
{
	for (unsigned i = 0; i < FIGURES_VALUES_MAX; i++)
		histogram_free(&f->value[i].histogram);
}
