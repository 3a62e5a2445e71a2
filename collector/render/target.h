/*
 * target: from the words of a request to the files of a graph.
 *
 * Takes "file:SITE/NODE/NAME", "service:ID@NODE", "uplink:ID" (as its site's agent sees the line, else as the
 * agent beside the collector does) and all that inventory_target() takes. Of several
 * nodes the first with a fitting file wins, those of required sites before others. No file is no error:
 * the picture then says that there are no data.
 *
 * Runs in render.
 */
#ifndef SANSANG_RENDER_TARGET_H
#define SANSANG_RENDER_TARGET_H

#include "collector/inventory/inventory.h"
#include "collector/render/kind.h"

struct graph_target {
	const struct graph_kind *kind;
	struct kind_files files; /* of those on disk; paths relative to rrd/ */
	bool simulated;
	char title[384]; /* with site and unit as of `at` */
};

/* `graph` "" is the most telling kind. 0; -EINVAL or -ENOENT with `why` (at least 256) saying what was expected. */
int target_resolve(const struct inventory *inv, const char *rrd_dir, const char *target, const char *graph, int64_t at,
        int language, struct graph_target *out, char *why, size_t size);

#endif
