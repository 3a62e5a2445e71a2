/*
 * catalog: which graphs there are, for whom, and how they are called.
 *
 * A graph is named by a target and a kind. The entries that a catalog lists have targets
 * "file:SITE/NODE/NAME" (one RRD file) or "node:ID" (several files of a node), so a page shows them by asking
 * MESSAGE_GRAPH with the same two words. Only graphs whose files are on disk are listed.
 * Render also takes "unit:ID", "site:ID", "node:ID", "service:ID", "service:ID@NODE" with any kind, "" being
 * the most telling one.
 *
 * Runs in core and web (through view) and in render. Reads folders only, opens no file.
 */
#ifndef SANSANG_RENDER_CATALOG_H
#define SANSANG_RENDER_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "collector/inventory/inventory.h"

struct catalog_entry {
	char target[192];
	const char *
	        graph; /* static: "host", "load", "memory", "disk", "uptime", "traffic", "uplink", "path", "service", "services", "agent", "gear", "ups", "http" ... */
	const char *site;                  /* borrowed from the inventory: id of the site */
	const char *node;                  /* ... and of the node */
	char title_vi[192], title_en[192]; /* plain UTF-8, says mô phỏng / simulated when the site is */
};

struct catalog {
	struct catalog_entry *entries; /* owned; most telling first */
	size_t count, cap;
};

/* These append to `c` (begin with a zeroed one). `rrd_dir` is <state_dir>/rrd; names are those of the inventory at `at` (UTC ms). */
void catalog_add_node(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct node *n, int64_t at);
void catalog_add_site(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct site *s, int64_t at);
/* Of the sites that belong to the unit at `at`, the required ones first. */
void catalog_add_unit(
        struct catalog *c, const char *rrd_dir, const struct inventory *inv, const struct unit *u, int64_t at);
/* Frees the entries, not `c`. */
void catalog_free(struct catalog *c);

#endif
