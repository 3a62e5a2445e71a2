/*
 * layout: which data sources and archives a new RRD file gets, by class and step.
 *
 * The table of archives is in layout.c. A layout has an id ("svc1/10", "uplink1/300/sim"), kept with every
 * file in series-N.db, so that layouts are never silently mixed. Gauges have a heartbeat of 2.5 steps; counters
 * (DERIVE, min 0) one of at least 310 s, because the difference of a counter is known over a thinned stretch.
 *
 * Runs in series. librrd writes the header of each layout once; files are then copies of it.
 */
#ifndef SANSANG_SERIES_LAYOUT_H
#define SANSANG_SERIES_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "common/metric.h"

#define LAYOUT_ID_SIZE 48

struct layout {
	char id[LAYOUT_ID_SIZE];
	const struct metric_class *class;
	unsigned step_s;
	double scale[METRIC_COLUMNS_MAX]; /* 10^decimals */
	uint8_t *header;                  /* as librrd made it; NULL until the first file is created */
	size_t header_len, file_len;
	struct layout *next;
};

/* All layouts in use; zeroed before first use. */
struct layouts {
	struct layout *first;
};

/* Finds or makes; borrowed until layouts_free. */
struct layout *layouts_get(struct layouts *all, const struct metric_class *class, unsigned step_s, bool simulated);
void layouts_free(struct layouts *all);
/* RRA and DS arguments of rrd_create_r, for this layout; gives strings in argv (free each). Returns their count, at most `max`. */
unsigned layout_arguments(const struct layout *l, char **argv, unsigned max);
/*
 * Makes `path` (its folder too) with `start_s` as its last update, by way of a temporary file beside it.
 * Nothing is synced. 0 or -errno.
 */
int layout_create(struct layout *l, const char *path, int64_t start_s);

#endif
