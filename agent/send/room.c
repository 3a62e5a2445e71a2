#include "agent/send/room.h"

#include <errno.h>

#include "agent/send/thin.h"

#define SPAN_MS 3600000
#define RECENT_MS 600000

struct gathering {
	const struct room_request *want;
	enum room_level level; /* of what is made */
	struct store_row first, last;
	int64_t rows, bytes;
};

static const struct metric_class *class_of(void *arg, uint32_t number)
{
	const struct set *set = sets_at(arg, number);

	return set ? set->class : NULL;
}

static bool wanted(const struct gathering *g, const struct store_row *row, const struct thin *thin)
{
	if (row->boot != g->first.boot || thin_size(thin) > THIN_BYTES_MAX)
		return false;
	if (g->level == ROOM_LOST)
		return g->bytes < g->want->drop_bytes || g->rows < 2;
	return row->level == ROOM_SAMPLED && row->base_ms - g->first.base_ms < SPAN_MS &&
	       (row->boot != g->want->boot_now || row->base_ms < g->want->boot_ms - RECENT_MS);
}

/* Feeds rows from the first one on into `thin`. */
static int gather(struct store *st, struct gathering *g, struct thin *thin)
{
	struct store_row row;
	int status = store_oldest(st, g->want->after_id, g->level - 1, &row);

	if (status)
		return status;
	g->first = row;
	while (!status && wanted(g, &row, thin)) {
		thin_add(thin, row.body, row.len); /* a damaged one counts as lost */
		g->last = row;
		g->rows++;
		g->bytes += (int64_t)row.len;
		status = store_next(st, row.id + 1, &row);
	}
	if (status && status != -ENOENT)
		return status;
	return g->rows < 2 ? -ENOENT : 0;
}

static int replace(struct store *st, const struct gathering *g, const struct buf *body)
{
	int status = store_begin(st);

	if (status)
		return status;
	status = store_delete(st, g->first.id, g->last.id);
	if (!status)
		status = store_put(st, &(struct store_row){.id = g->last.id,
		                               .boot = g->first.boot,
		                               .base_ms = g->first.base_ms,
		                               .wall_ms = g->first.wall_ms,
		                               .level = g->level,
		                               .body = body->data,
		                               .len = body->len});
	return store_end(st, status);
}

static int make(struct store *st, const struct sets *sets, struct gathering *g)
{
	struct store_row row;
	struct thin *thin;
	struct buf body = {0};
	int status = store_oldest(st, g->want->after_id, g->level - 1, &row);

	if (status)
		return status;
	thin = thin_new(
	        g->level == ROOM_LOST ? THIN_ALL : THIN_ROWS, row.wall_ms - row.base_ms, class_of, (void *)sets);
	status = gather(st, g, thin);
	if (!status) {
		thin_finish(thin, &body);
		g->bytes -= (int64_t)body.len;
		g->rows--;
		status = g->bytes > 0 ? replace(st, g, &body) : -ENOENT;
	}
	buf_free(&body);
	thin_free(thin);
	return status;
}

int room_make(struct store *st, const struct sets *sets, const struct room_request *want, int64_t *rows, int64_t *bytes)
{
	int status = -ENOENT;

	for (enum room_level level = ROOM_THINNED; level <= ROOM_LOST && status == -ENOENT; level++) {
		struct gathering g = {.want = want, .level = level};

		status = make(st, sets, &g);
		*rows = g.rows;
		*bytes = g.bytes;
	}
	return status;
}
