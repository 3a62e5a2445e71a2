/*
 * lines: by which interface this host reaches each line of its site, and which line it sends by now.
 *
 * The line in use is the one whose gateway, source address or interface is the default route's. Event "line": `mk-ts used`, `mk-net unused`, on change.
 * Asks the kernel when told to look, so callers do when routes change. Runs in the agent process.
 */
#ifndef SANSANG_LINES_H
#define SANSANG_LINES_H

#include "agent/central.h"
#include "agent/sense/iface.h"
#include "agent/sense/sense.h"

struct lines;

/* Never fails: without netlink nothing is known. `sink` is borrowed. */
struct lines *lines_open(const struct sink *sink);
void lines_close(struct lines *l);
/* `central` is borrowed until the next call; NULL: none. */
void lines_set(struct lines *l, const struct central *central);
/* Routes may be others now. Gives where this host sends: borrowed until the next call; the collector is left alone. */
void lines_look(struct lines *l, struct sense_place *place);
/* A row of a line with its own traffic, counters of the interface that its target is reached by: copied to `filled`, and given. */
const int64_t *lines_filled(const struct lines *l, const struct iface *iface, const char *instance,
        const int64_t *values, int64_t filled[METRIC_COLUMNS_MAX]);

#endif
