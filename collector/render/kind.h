/*
 * kind: the kinds of graphs, a row and a function each.
 *
 * A kind draws files of one class. Runs in render; the table is read in core and web too (catalog.h).
 */
#ifndef SANSANG_RENDER_KIND_H
#define SANSANG_RENDER_KIND_H

#include "collector/render/drawing.h"
#include "common/metric.h"

#define KIND_FILES_MAX 12
#define KIND_PATH_SIZE 256

/* What is drawn: files relative to rrd/ and what each is called. */
struct kind_files {
	unsigned count;
	char path[KIND_FILES_MAX][KIND_PATH_SIZE];
	char name[KIND_FILES_MAX][DRAWING_LABEL_SIZE];
	double capacity_bps; /* of the line, 0 when unknown */
};

struct graph_kind {
	const char *name;
	enum metric_class_id class;
	unsigned files_most;
	struct words title, axis;
	const char *watched; /* data source that says whether there is anything to show */
	const char *scale;   /* rrd_graph options of the axis, separated by blanks */
	void (*draw)(struct drawing *d, const struct kind_files *files);
};

/* NULL when there is none of that name for that class. */
const struct graph_kind *kind_of(const char *name, enum metric_class_id class);
/* By name alone. */
const struct graph_kind *kind_named(const char *name);
/* The most telling one of a class. */
const struct graph_kind *kind_default(enum metric_class_id class);
/* The i-th of the table, NULL at its end. */
const struct graph_kind *kind_at(unsigned i);

#endif
