/*
 * private: what the files of inventory/ share beyond inventory.h. Not for others.
 */
#ifndef SANSANG_INVENTORY_PRIVATE_H
#define SANSANG_INVENTORY_PRIVATE_H

#include "collector/inventory/inventory.h"

/* From ids to places in an array: open addressing, at most half full. */
struct id_table {
	uint32_t *slots; /* index + 1; 0 is free */
	size_t mask;     /* slots - 1 */
	const char *ids; /* where the first item's id pointer stands ... */
	size_t stride;   /* ... and how far the next one's is */
};

/* `id` is the address of the first item's `char *id`; all ids are set. */
void id_table_build(struct id_table *t, const void *id, size_t stride, size_t count);
/* The item's index, or -1. An empty table has none. */
long id_table_find(const struct id_table *t, const char *id);
void id_table_free(struct id_table *t);

struct line {
	const char *id; /* first, for id_table */
	const struct uplink *uplink;
	const struct site *site;
};

/* Unit number `old` was taken over by unit number `heir`; sorted by old. */
struct succession {
	uint32_t old, heir;
};

/* The struct inventory stands first, so that a pointer to it is a pointer to this. */
struct inventory_whole {
	struct inventory inv;
	struct id_table units, sites, nodes, services, uplinks;
	struct line *lines; /* all of them, as `uplinks` numbers them */
	size_t line_count;
	struct succession *successions;
	size_t succession_count;
};

const struct inventory_whole *inventory_whole(const struct inventory *inv);
/* Any site's line of that id, or NULL. */
const struct line *inventory_line(const struct inventory *inv, const char *id);
/* The index among successions of the first with that old unit, or their count. */
size_t succession_first(const struct inventory_whole *w, uint32_t old);

/* Who reads each gear; the tables of `w` are built. */
void pollers_build(struct inventory_whole *w);

/* Every reference and every pair of dates; 0 or -EINVAL with errors added. The tables of `w` are built. */
int inventory_check(const struct inventory_whole *w, const char *path, struct conf_errors *errors);
/* Its part for `alerts:` and `maintenance:`. */
int alerts_check(const struct inventory_whole *w, const char *path, struct conf_errors *errors);

#endif
