#include "agent/send/thin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

/* What is being gathered of one set. */
struct thin_set {
	const struct metric_class *class;
	unsigned count;
	bool used;  /* holds rows not yet written */
	bool known; /* class was looked up */
	bool stated;
	int64_t bucket, last_boot_ms;
	int64_t up, reason; /* of the last row of a service that was seen */
	int64_t last[METRIC_COLUMNS_MAX];
	double sum[METRIC_COLUMNS_MAX];
	uint32_t seen[METRIC_COLUMNS_MAX];
};

struct thin {
	enum thin_mode mode;
	int64_t shift_ms;
	thin_class_of class_of;
	void *arg;
	struct batch_writer *writer;
	struct thin_set *sets; /* by number */
	size_t room;
	uint32_t batches, rows;
	int64_t first_boot_ms, last_boot_ms;
};

struct thin *thin_new(enum thin_mode mode, int64_t wall_shift_ms, thin_class_of class_of, void *arg)
{
	struct thin *t = mem_alloc(sizeof(*t));

	t->mode = mode;
	t->shift_ms = wall_shift_ms;
	t->class_of = class_of;
	t->arg = arg;
	t->writer = batch_writer_new();
	return t;
}

void thin_free(struct thin *t)
{
	if (!t)
		return;
	batch_writer_free(t->writer);
	free(t->sets);
	free(t);
}

static struct thin_set *set_get(struct thin *t, uint32_t number)
{
	struct thin_set *set;

	if (number >= t->room) {
		size_t room = number + 32;

		t->sets = mem_grow(t->sets, room, sizeof(*t->sets));
		memset(t->sets + t->room, 0, (room - t->room) * sizeof(*t->sets));
		t->room = room;
	}
	set = &t->sets[number];
	if (!set->known) {
		set->class = t->class_of(t->arg, number);
		set->known = true;
	}
	return set;
}

static void set_flush(struct thin *t, uint32_t number, struct thin_set *set)
{
	int64_t values[METRIC_COLUMNS_MAX];
	bool averaged = set->class && set->class->id != CLASS_SERVICE;

	if (!set->used)
		return;
	for (unsigned i = 0; i < set->count; i++) {
		values[i] = set->last[i];
		if (averaged && i < set->class->count && set->class->metrics[i].kind == METRIC_GAUGE && set->seen[i])
			values[i] = (int64_t)(set->sum[i] / set->seen[i] + (set->sum[i] < 0 ? -0.5 : 0.5));
	}
	batch_row(t->writer, number, set->last_boot_ms, values, set->count);
	memset(set->sum, 0, sizeof(set->sum));
	memset(set->seen, 0, sizeof(set->seen));
	set->used = false;
}

static void set_gather(struct thin_set *set, int64_t bucket, int64_t boot_ms, const int64_t *values, unsigned count)
{
	set->bucket = bucket;
	set->last_boot_ms = boot_ms;
	set->count = count;
	set->used = true;
	for (unsigned i = 0; i < count; i++) {
		set->last[i] = values[i];
		if (values[i] == METRIC_UNKNOWN)
			continue;
		set->sum[i] += (double)values[i];
		set->seen[i]++;
	}
}

/* A row at which a service changed must stay: minutes down are counted from it. */
static bool set_changed(struct thin_set *set, const int64_t *values, unsigned count)
{
	bool changed;

	if (!set->class || set->class->id != CLASS_SERVICE || count <= SVC_REASON)
		return false;
	changed = !set->stated || set->up != values[SVC_UP] || set->reason != values[SVC_REASON];
	set->stated = true;
	set->up = values[SVC_UP];
	set->reason = values[SVC_REASON];
	return changed;
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct thin *t = arg;

	batch_dict(t->writer, set, class_name, layout, instance);
}

static void note_time(struct thin *t, int64_t boot_ms)
{
	if (!t->first_boot_ms)
		t->first_boot_ms = boot_ms;
	if (boot_ms > t->last_boot_ms)
		t->last_boot_ms = boot_ms;
}

static void on_row(void *arg, uint32_t number, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct thin *t = arg;
	struct thin_set *set;
	int64_t bucket = (boot_ms + t->shift_ms) / THIN_STEP_MS;

	t->rows++;
	note_time(t, boot_ms);
	if (t->mode == THIN_ALL)
		return;
	set = set_get(t, number);
	if (set->used && (bucket != set->bucket || count != set->count || !set->class))
		set_flush(t, number, set);
	if (set_changed(set, values, count)) {
		set_flush(t, number, set);
		set_gather(set, bucket, boot_ms, values, count);
		set_flush(t, number, set);
		return;
	}
	set_gather(set, bucket, boot_ms, values, count);
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct thin *t = arg;

	if (t->mode == THIN_ALL && strncmp(kind, "spool-", 6))
		return;
	note_time(t, boot_ms);
	batch_event(t->writer, boot_ms, kind, text);
}

int thin_add(struct thin *t, const uint8_t *body, size_t len)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict, .on_row = on_row, .on_event = on_event};

	t->batches++;
	return batch_decode(body, len, &handlers, t, NULL);
}

size_t thin_size(const struct thin *t)
{
	return batch_size(t->writer);
}

void thin_finish(struct thin *t, struct buf *out)
{
	char text[160];

	for (uint32_t i = 0; i < t->room; i++)
		set_flush(t, i, &t->sets[i]);
	snprintf(text, sizeof(text), "%s: %u batches with %u rows, %lld s from boot second %lld",
	        t->mode == THIN_ALL ? "spool full, dropped" : "spool full, thinned to 5 minutes", t->batches, t->rows,
	        (long long)(t->last_boot_ms - t->first_boot_ms) / 1000, (long long)t->first_boot_ms / 1000);
	batch_event(t->writer, t->last_boot_ms, t->mode == THIN_ALL ? "spool-dropped" : "spool-thinned", text);
	batch_finish(t->writer, out);
}
