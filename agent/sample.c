#include "agent/sample.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/memory.h"

/* A batch is sealed early above it. batch_size() guesses three bytes a value, at worst there are ten: still below BATCH_BYTES_MAX. */
#define SEAL_BYTES (72 * 1024)
#define STATES_MAX 8192

/* What was said last of one thing. */
struct state {
	enum metric_class_id class_id;
	char instance[METRIC_INSTANCE_MAX];
	bool up;
	enum reason reason;
	int64_t since_boot_ms;
};

struct sample {
	struct sample_sink sink;
	struct batch_writer *writer;
	bool begun; /* first_boot_ms holds */
	int64_t first_boot_ms;
	uint8_t *entered; /* by set number: its dictionary entry is in this batch */
	size_t entered_count;
	struct state *states;
	size_t state_count, state_room;
	struct buf body;
};

struct sample *sample_new(const struct sample_sink *sink)
{
	struct sample *s = mem_alloc(sizeof(*s));

	s->sink = *sink;
	s->writer = batch_writer_new();
	return s;
}

void sample_free(struct sample *s)
{
	if (!s)
		return;
	batch_writer_free(s->writer);
	buf_free(&s->body);
	free(s->entered);
	free(s->states);
	free(s);
}

/* The batch's base is the time of what is put first (batch.h). */
static void note_time(struct sample *s, int64_t boot_ms)
{
	if (!s->begun)
		s->first_boot_ms = boot_ms;
	s->begun = true;
}

/* True the first time in this batch. */
static bool set_enter(struct sample *s, uint32_t number)
{
	if (number >= s->entered_count) {
		size_t count = number + 64;

		s->entered = mem_grow(s->entered, count, 1);
		memset(s->entered + s->entered_count, 0, count - s->entered_count);
		s->entered_count = count;
	}
	if (s->entered[number])
		return false;
	s->entered[number] = 1;
	return true;
}

void sample_row(
        struct sample *s, enum metric_class_id class_id, const char *instance, int64_t boot_ms, const int64_t *values)
{
	const struct metric_class *class = metric_class(class_id);
	uint32_t number;
	bool fresh;

	if (!class || !metric_subject_valid(instance))
		return;
	number = s->sink.number(s->sink.arg, class_id, instance, &fresh);
	if (number >= BATCH_SETS_MAX)
		return;
	note_time(s, boot_ms);
	if (fresh && set_enter(s, number))
		batch_dict(s->writer, number, class->name, class->layout, instance);
	batch_row(s->writer, number, boot_ms, values, class->count);
	if (batch_size(s->writer) > SEAL_BYTES)
		sample_seal(s);
}

void sample_event(struct sample *s, int64_t boot_ms, const char *kind, const char *text)
{
	note_time(s, boot_ms);
	batch_event(s->writer, boot_ms, kind, text);
}

static struct state *state_find(struct sample *s, enum metric_class_id class_id, const char *instance)
{
	for (size_t i = 0; i < s->state_count; i++)
		if (s->states[i].class_id == class_id && !strcmp(s->states[i].instance, instance))
			return &s->states[i];
	return NULL;
}

static struct state *state_add(struct sample *s, enum metric_class_id class_id, const char *instance)
{
	struct state *st;

	if (s->state_count >= STATES_MAX)
		return NULL;
	if (s->state_count == s->state_room) {
		s->state_room = s->state_room ? s->state_room * 2 : 16;
		s->states = mem_grow(s->states, s->state_room, sizeof(*s->states));
	}
	st = &s->states[s->state_count++];
	memset(st, 0, sizeof(*st));
	st->class_id = class_id;
	strncpy(st->instance, instance, sizeof(st->instance) - 1);
	return st;
}

static void state_say(struct sample *s, const struct state *st, int64_t boot_ms)
{
	s->sink.hint(s->sink.arg, boot_ms, st->class_id, st->instance, st->up, st->reason, st->since_boot_ms);
}

void sample_hint(struct sample *s, int64_t boot_ms, enum metric_class_id class_id, const char *instance, bool up,
        enum reason reason)
{
	struct state *st = state_find(s, class_id, instance);
	bool changed = !st || st->up != up;

	if (!st)
		st = state_add(s, class_id, instance);
	if (!st)
		return;
	st->reason = reason;
	if (!changed)
		return;
	st->up = up;
	st->since_boot_ms = boot_ms;
	state_say(s, st, boot_ms);
}

void sample_repeat_hints(struct sample *s)
{
	for (size_t i = 0; i < s->state_count; i++)
		state_say(s, &s->states[i], clock_boot_ms());
}

void sample_seal(struct sample *s)
{
	buf_reset(&s->body);
	batch_finish(s->writer, &s->body);
	if (s->body.len)
		s->sink.batch(s->sink.arg, s->first_boot_ms, s->body.data, s->body.len);
	if (s->entered)
		memset(s->entered, 0, s->entered_count);
	s->begun = false;
}
