/*
 * rrdfile: rows into an RRD file, many at a time, without text.
 *
 * The file is librrd's (format 0003, rrd_format.h; any rrdtool reads it); consolidation follows
 * rrd_update.c of RRDtool 1.7.2 for rows that lie on step boundaries, with one difference: a gauge says something
 * about its own step only, so steps without a row stay unknown and the first row after a gap is kept
 * (rrd_update would lose it when the gap is longer than the heartbeat, and stretch it over the gap when shorter).
 * A counter's difference is spread over the gap when it is within the heartbeat.
 *
 * rrd_updatex_r costs 0.46 µs a value at 60 rows a call, this about a tenth of it: no mapping, no parsing.
 * The page after the newest rows is written whole, so up to a page of an archive's oldest rows is unknown a little early.
 * Archive rows are written first, the header last in one pwrite: until then a reader sees the old state.
 *
 * Runs in series, and in its tests beside librrd.
 */
#ifndef SANSANG_SERIES_RRDFILE_H
#define SANSANG_SERIES_RRDFILE_H

#define RRD_EXPORT_DEPRECATED 1
#include <rrd.h>
#include <rrd_format.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/series/layout.h"

#define RRDFILE_HEADER_MAX 16384

/* A view of header bytes, which it borrows and changes in place. */
struct rrdfile {
	uint8_t *bytes; /* aligned to 8 */
	size_t len;     /* of the header */
	size_t live_at; /* what may change begins here */
	stat_head_t *stat;
	ds_def_t *ds;
	rra_def_t *rra;
	live_head_t *live;
	pdp_prep_t *pdp;
	cdp_prep_t *cdp;
	rra_ptr_t *ptr;
};

/* Working memory, kept between calls; zeroed before first use. */
struct rrdfile_space {
	double *pdp;       /* entries x columns */
	uint64_t *elapsed; /* of each entry, in steps */
	size_t entries, cap;
	double *out; /* rows of one archive on their way to the file */
};

/* `len` bytes were read, possibly more than the header. 0 or -EBADMSG: not a file of ours. */
int rrdfile_parse(struct rrdfile *f, uint8_t *bytes, size_t len);
/* 0 or -EBADMSG when names or kinds of the data sources differ from the class's. */
int rrdfile_matches(const struct rrdfile *f, const struct metric_class *class);
/* Moves the header of a fresh layout to a start instant. */
void rrdfile_start(struct rrdfile *f, int64_t start_s);
/*
 * `rows`: count rows of (seconds, value ...) with 1 + columns integers each; those at or before the file's last
 * update are passed over. Writes archives and header to `fd`. 0 or -errno: then the header on disk is still the old one, or torn (undo.h).
 */
int rrdfile_apply(struct rrdfile *f, int fd, const struct layout *l, const int64_t *rows, unsigned count,
        struct rrdfile_space *space);
/* Reads the pages that the next update will write into the cache, each for itself. */
void rrdfile_warm(int fd);
void rrdfile_space_free(struct rrdfile_space *space);

#endif
