/*
 * graph: one picture, drawn by librrd in this process's memory.
 *
 * SVG carries <title> and <desc> in plain text, because librrd draws letters as outlines. Times
 * are in the zone of TZ. librrd's graphs are not thread-safe: one at a time in a process.
 *
 * Runs in render.
 */
#ifndef SANSANG_RENDER_GRAPH_H
#define SANSANG_RENDER_GRAPH_H

#include "collector/render/target.h"
#include "common/buf.h"

#define GRAPH_WIDTH_MIN 200
#define GRAPH_WIDTH_MAX 4000
#define GRAPH_HEIGHT_MIN 80
#define GRAPH_HEIGHT_MAX 2000

struct graph_request {
	char target[192], graph[32];
	char title[256]; /* "" for the target's own */
	int64_t from_s, to_s;
	unsigned width, height; /* of the whole picture in pixels */
	bool png;
	int language;
};

/* Reads the JSON of MESSAGE_GRAPH, filling in what it leaves out. 0 or -EINVAL with `why`. */
int graph_request_read(
        struct graph_request *r, const char *json, size_t len, int64_t now_ms, int language, char *why, size_t size);
/* Appends the picture to `out`; the files must have been flushed. 0 or -EIO with `why`. */
int graph_draw(const struct graph_request *r, const struct graph_target *t, const struct inventory *inv,
        const char *rrd_dir, struct buf *out, char *why, size_t size);

#endif
