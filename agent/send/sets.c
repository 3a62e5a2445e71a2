#include "agent/send/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/batch.h"
#include "common/memory.h"

struct sets {
	struct set *items; /* by number */
	uint32_t count, room;
	uint32_t *slots;     /* number + 1, or 0 */
	uint32_t slot_count; /* power of two, above twice the count */
};

struct sets *sets_new(void)
{
	return mem_alloc(sizeof(struct sets));
}

void sets_free(struct sets *t)
{
	if (!t)
		return;
	free(t->items);
	free(t->slots);
	free(t);
}

/* FNV-1a over the class and the instance. */
static uint32_t set_hash(const struct metric_class *class, const char *instance)
{
	uint32_t h = (2166136261u ^ (uint32_t) class->id) * 16777619u;

	for (const char *p = instance; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	return h;
}

/* The slot that holds it, or the empty one where it would go. */
static uint32_t *slot_find(const struct sets *t, const struct metric_class *class, const char *instance)
{
	uint32_t mask = t->slot_count - 1;

	for (uint32_t i = set_hash(class, instance) & mask;; i = (i + 1) & mask) {
		const struct set *s = t->slots[i] ? &t->items[t->slots[i] - 1] : NULL;

		if (!s || (s->class == class && !strcmp(s->instance, instance)))
			return &t->slots[i];
	}
}

static void slots_grow(struct sets *t)
{
	if (t->slot_count && t->slot_count > 2 * t->count + 2)
		return;
	t->slot_count = t->slot_count ? t->slot_count * 2 : 64;
	free(t->slots);
	t->slots = mem_alloc(t->slot_count * sizeof(*t->slots));
	for (uint32_t i = 0; i < t->count; i++)
		if (t->items[i].class)
			*slot_find(t, t->items[i].class, t->items[i].instance) = i + 1;
}

static struct set *set_append(struct sets *t, const struct metric_class *class, const char *instance)
{
	struct set *s;

	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 32;
		t->items = mem_grow(t->items, t->room, sizeof(*t->items));
	}
	s = &t->items[t->count++];
	s->class = class;
	s->stored = false;
	strcpy(s->instance, instance);
	return s;
}

uint32_t sets_number(struct sets *t, const struct metric_class *class, const char *instance)
{
	uint32_t *slot;

	slots_grow(t);
	slot = slot_find(t, class, instance);
	if (*slot)
		return *slot - 1;
	if (t->count >= BATCH_SETS_MAX || strlen(instance) >= METRIC_INSTANCE_MAX)
		return UINT32_MAX;
	set_append(t, class, instance);
	*slot = t->count;
	return t->count - 1;
}

int sets_load(struct sets *t, uint32_t number, const char *class_name, uint8_t layout, const char *instance)
{
	const struct metric_class *class = metric_class_named(class_name);

	if (number != t->count || number >= BATCH_SETS_MAX)
		return -EINVAL;
	if (!class) {
		set_append(t, NULL, "")->stored = true;
		return 0;
	}
	if (sets_number(t, class, instance) != number)
		return -EINVAL;
	t->items[number].stored = layout == class->layout;
	return 0;
}

uint32_t sets_count(const struct sets *t)
{
	return t->count;
}

const struct set *sets_at(const struct sets *t, uint32_t number)
{
	return number < t->count ? &t->items[number] : NULL;
}

void sets_stored(struct sets *t, uint32_t number)
{
	if (number < t->count)
		t->items[number].stored = true;
}
