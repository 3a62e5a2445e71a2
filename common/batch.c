#include "common/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define BATCH_VERSION 1
#define COLUMN_DELTA_LIMIT (INT64_MAX / 4) /* beyond it a value is not a measurement */

enum item { ITEM_DICT = 1, ITEM_ROWS = 2, ITEM_EVENT = 3 };

/* ---- writing ---- */

struct row_set {
	uint32_t set;
	unsigned columns, rows, room;
	int64_t *times;
	int64_t *values; /* row after row */
};

struct batch_writer {
	struct buf head; /* dictionary entries and events, encoded as they come but for the times' base */
	struct row_set *sets;
	size_t set_count, set_room; /* entries up to set_room keep their arrays for reuse */
	int64_t base_ms;
	bool based;
	size_t row_bytes;
};

struct batch_writer *batch_writer_new(void)
{
	return mem_alloc(sizeof(struct batch_writer));
}

void batch_writer_free(struct batch_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->set_room; i++) {
		free(w->sets[i].times);
		free(w->sets[i].values);
	}
	free(w->sets);
	buf_free(&w->head);
	free(w);
}

/* The first time that is put becomes the base of all. */
static int64_t since_base(struct batch_writer *w, int64_t boot_ms)
{
	if (!w->based) {
		w->base_ms = boot_ms > 0 ? boot_ms : 0;
		w->based = true;
	}
	return boot_ms - w->base_ms;
}

void batch_dict(struct batch_writer *w, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	buf_put_varint(&w->head, ITEM_DICT);
	buf_put_varint(&w->head, set);
	buf_put_str(&w->head, class_name);
	buf_put_u8(&w->head, layout);
	buf_put_str(&w->head, instance);
}

void batch_event(struct batch_writer *w, int64_t boot_ms, const char *kind, const char *text)
{
	size_t len = strlen(text);

	buf_put_varint(&w->head, ITEM_EVENT);
	buf_put_svarint(&w->head, since_base(w, boot_ms));
	buf_put_str(&w->head, kind);
	buf_put_blob(&w->head, text, len < BATCH_TEXT_MAX ? len : BATCH_TEXT_MAX - 1);
}

static struct row_set *find_set(struct batch_writer *w, uint32_t set, unsigned columns)
{
	/* rows mostly come in the order of their sets, or many to the last one */
	for (size_t i = w->set_count; i-- > 0;)
		if (w->sets[i].set == set && w->sets[i].columns == columns && w->sets[i].rows < BATCH_ROWS_MAX)
			return &w->sets[i];
	if (w->set_count == w->set_room) {
		size_t room = w->set_room ? w->set_room * 2 : 16;
		w->sets = mem_grow(w->sets, room, sizeof(*w->sets));
		memset(w->sets + w->set_room, 0, (room - w->set_room) * sizeof(*w->sets));
		w->set_room = room;
	}
	struct row_set *s = &w->sets[w->set_count++];
	s->set = set;
	s->rows = 0;
	if (s->columns != columns) {
		s->columns = columns;
		s->room = 0;
	}
	return s;
}

void batch_row(struct batch_writer *w, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	if (count > METRIC_COLUMNS_MAX)
		count = METRIC_COLUMNS_MAX;
	struct row_set *s = find_set(w, set, count);
	if (s->rows == s->room) {
		s->room = s->room ? s->room * 2 : 4;
		s->times = mem_grow(s->times, s->room, sizeof(int64_t));
		s->values = mem_grow(s->values, (size_t)s->room * s->columns, sizeof(int64_t));
	}
	s->times[s->rows] = since_base(w, boot_ms);
	memcpy(s->values + (size_t)s->rows * s->columns, values, s->columns * sizeof(int64_t));
	s->rows++;
	w->row_bytes += 4 + 3 * (size_t)s->columns;
}

size_t batch_size(const struct batch_writer *w)
{
	return w->head.len + w->row_bytes;
}

static void put_column(struct buf *out, const struct row_set *s, unsigned column)
{
	int64_t last = 0;

	for (unsigned r = 0; r < s->rows; r++) {
		int64_t v = s->values[(size_t)r * s->columns + column];
		if (v == METRIC_UNKNOWN || v > COLUMN_DELTA_LIMIT || v < -COLUMN_DELTA_LIMIT) {
			buf_put_varint(out, 0);
			continue;
		}
		int64_t d = v - last;
		buf_put_varint(out, (((uint64_t)d << 1) ^ -(uint64_t)(d < 0)) + 1);
		last = v;
	}
}

void batch_finish(struct batch_writer *w, struct buf *out)
{
	if (!w->head.len && !w->set_count)
		return;
	buf_put_varint(out, BATCH_VERSION);
	buf_put_varint(out, (uint64_t)w->base_ms);
	buf_put(out, w->head.data, w->head.len);
	for (size_t i = 0; i < w->set_count; i++) {
		struct row_set *s = &w->sets[i];
		int64_t last = 0;
		buf_put_varint(out, ITEM_ROWS);
		buf_put_varint(out, s->set);
		buf_put_varint(out, s->columns);
		buf_put_varint(out, s->rows);
		for (unsigned r = 0; r < s->rows; r++) {
			buf_put_svarint(out, s->times[r] - last);
			last = s->times[r];
		}
		for (unsigned c = 0; c < s->columns; c++)
			put_column(out, s, c);
	}
	buf_reset(&w->head);
	w->set_count = 0;
	w->based = false;
	w->row_bytes = 0;
}

/* ---- reading ---- */

struct decoding {
	struct cursor c;
	const struct batch_handlers *h;
	void *arg;
	int64_t base_ms;
	struct batch_summary sum;
	bool timed;
};

static void note_time(struct decoding *d, int64_t boot_ms)
{
	if (!d->timed || boot_ms < d->sum.first_boot_ms)
		d->sum.first_boot_ms = boot_ms;
	if (!d->timed || boot_ms > d->sum.last_boot_ms)
		d->sum.last_boot_ms = boot_ms;
	d->timed = true;
}

/* base + delta without overflow; a time beyond 2^60 ms fails. */
static int64_t add_time(struct decoding *d, int64_t from, int64_t delta)
{
	const int64_t limit = INT64_C(1) << 60;

	if (delta > limit || delta < -limit || from + delta > limit || from + delta < -limit) {
		d->c.failed = true;
		return 0;
	}
	return from + delta;
}

static void read_dict(struct decoding *d)
{
	char class_name[32], instance[METRIC_INSTANCE_MAX];
	uint64_t set = cursor_varint(&d->c);

	cursor_str(&d->c, class_name, sizeof(class_name));
	uint8_t layout = cursor_u8(&d->c);
	cursor_str(&d->c, instance, sizeof(instance));
	if (set >= BATCH_SETS_MAX || !class_name[0] || !metric_instance_valid(class_name) ||
	        !metric_subject_valid(instance))
		d->c.failed = true;
	if (d->c.failed)
		return;
	d->sum.dicts++;
	if (d->h && d->h->on_dict)
		d->h->on_dict(d->arg, (uint32_t)set, class_name, layout, instance);
}

static void read_event(struct decoding *d)
{
	char kind[32], text[BATCH_TEXT_MAX];
	int64_t at = add_time(d, d->base_ms, cursor_svarint(&d->c));

	cursor_str(&d->c, kind, sizeof(kind));
	cursor_str(&d->c, text, sizeof(text));
	if (d->c.failed)
		return;
	note_time(d, at);
	d->sum.events++;
	if (d->h && d->h->on_event)
		d->h->on_event(d->arg, at, kind, text);
}

/* Finds where each column begins, by passing over the columns before it. */
static bool find_columns(struct decoding *d, unsigned columns, unsigned rows, struct cursor *starts)
{
	for (unsigned c = 0; c < columns; c++) {
		starts[c] = d->c;
		for (unsigned r = 0; r < rows; r++)
			cursor_varint(&d->c);
	}
	return !d->c.failed;
}

/* The next value of a column; *last is the last known one. Differences wrap, so hostile bytes overflow nothing. */
static inline int64_t next_value(struct cursor *c, int64_t *last)
{
	uint64_t v = cursor_varint(c);

	if (!v)
		return METRIC_UNKNOWN;
	v--;
	*last = (int64_t)((uint64_t)*last + ((v >> 1) ^ -(v & 1)));
	return *last;
}

static void read_rows(struct decoding *d)
{
	uint64_t set = cursor_varint(&d->c), columns = cursor_varint(&d->c), rows = cursor_varint(&d->c);
	struct cursor starts[METRIC_COLUMNS_MAX];
	int64_t last[METRIC_COLUMNS_MAX] = {0}, values[METRIC_COLUMNS_MAX];

	if (set >= BATCH_SETS_MAX || !columns || columns > METRIC_COLUMNS_MAX || !rows || rows > BATCH_ROWS_MAX)
		d->c.failed = true;
	struct cursor times = d->c;
	for (uint64_t r = 0; r < rows && !d->c.failed; r++)
		cursor_varint(&d->c);
	if (d->c.failed || !find_columns(d, (unsigned)columns, (unsigned)rows, starts))
		return;
	int64_t at = d->base_ms;
	for (uint64_t r = 0; r < rows; r++) {
		at = add_time(d, at, cursor_svarint(&times));
		if (d->c.failed)
			return;
		note_time(d, at);
		for (unsigned c = 0; c < columns; c++)
			values[c] = next_value(&starts[c], &last[c]);
		if (d->h && d->h->on_row)
			d->h->on_row(d->arg, (uint32_t)set, at, values, (unsigned)columns);
	}
	d->sum.rows += (uint32_t)rows;
	d->sum.values += (uint32_t)(rows * columns);
}

int batch_decode(
        const uint8_t *data, size_t len, const struct batch_handlers *h, void *arg, struct batch_summary *summary)
{
	struct decoding d = {.c = cursor_of(data, len), .h = h, .arg = arg};

	if (len > BATCH_BYTES_MAX || cursor_varint(&d.c) != BATCH_VERSION)
		return -EBADMSG;
	uint64_t base = cursor_varint(&d.c);
	if (base > UINT64_C(1) << 59)
		return -EBADMSG;
	d.base_ms = (int64_t)base;
	while (!d.c.failed && cursor_left(&d.c)) {
		switch (cursor_varint(&d.c)) {
		case ITEM_DICT:
			read_dict(&d);
			break;
		case ITEM_ROWS:
			read_rows(&d);
			break;
		case ITEM_EVENT:
			read_event(&d);
			break;
		default:
			d.c.failed = true;
		}
	}
	if (summary)
		*summary = d.sum;
	return d.c.failed ? -EBADMSG : 0;
}
