/*
 * read: a range of an RRD file as compact JSON, quickly.
 *
 * {"start": S, "step": S, "names": [...], "rows": [[v|null, ...], ...]}; `start` is the time of the first row, and
 * a row's time is the end of its step, as in rrdtool. Numbers have at most six decimals.
 *
 * Runs in series, after the file was flushed.
 */
#ifndef SANSANG_SERIES_READ_H
#define SANSANG_SERIES_READ_H

#include <stdint.h>

#include "common/buf.h"

/*
 * Appends the JSON to `out`. rows_max 0: all. More rows on file than that are consolidated by `cf`
 * ("AVERAGE", "MAX", "MIN"). 0, -ENOENT, -EINVAL or -EIO.
 */
int read_range(const char *path, const char *cf, int64_t from_s, int64_t to_s, uint32_t rows_max, struct buf *out);
/* A number as JSON; NaN and infinities are null. */
void read_put_number(struct buf *out, double v);

#endif
