/*
 * route: journal records to rows of files.
 *
 * A batch's rows name their set by a number; (node, epoch, set) is resolved once to a file and then costs an
 * array access a row. An inventory record ends all resolutions, for nodes may have moved.
 *
 * Runs in series.
 */
#ifndef SANSANG_SERIES_ROUTE_H
#define SANSANG_SERIES_ROUTE_H

#include "collector/config.h"
#include "collector/journal/journal.h"
#include "collector/series/write.h"

struct route;

/* Borrows all until route_free. */
struct route *route_new(const struct collector_config *config, struct shard *shard, unsigned index, unsigned shards);
/* Loads <state_dir>/inventory/<digest>.yaml. 0 or -errno, logged; then the old one stays. */
int route_inventory(struct route *r, const char *digest);
/* Digest in force, "" when none is loaded yet: then no record may be given. */
const char *route_digest(const struct route *r);
void route_record(struct route *r, struct follower *follower, const struct record *record);
void route_free(struct route *r);

#endif
