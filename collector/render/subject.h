/*
 * subject: what a file of a node is about, and how a graph of it is called.
 *
 * Runs in render, and in core and web through catalog.h.
 */
#ifndef SANSANG_RENDER_SUBJECT_H
#define SANSANG_RENDER_SUBJECT_H

#include "collector/inventory/inventory.h"
#include "collector/render/kind.h"

#define SUBJECT_TITLE_SIZE 192

/* The class of "svc-land" and its instance ("land", borrowed from `file`); NULL when it is none of ours. */
const struct metric_class *subject_class(const char *file, const char **instance);
/* The site's line that an uplink file is about: of that id, or the only one. NULL when there is none. */
const struct uplink *subject_uplink(const struct site *s, const char *instance);
/*
 * "Kênh truyền TSLCD VNPT · Trụ sở xã Mường Khương", and behind it "(mô phỏng)" when the site is simulated. `n`
 * may be NULL (no longer in the inventory). Returns out.
 */
const char *subject_title(const struct inventory *inv, const struct graph_kind *kind, const struct node *n,
        const char *instance, int language, char *out, size_t size);
/* The same without the site's name: "Kênh truyền TSLCD VNPT". */
const char *subject_name(const struct inventory *inv, const struct graph_kind *kind, const struct node *n,
        const char *instance, int language, char *out, size_t size);

#endif
