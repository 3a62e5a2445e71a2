#include "collector/intake/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define SIZE_LEAST 256

static size_t id_hash(const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * UINT64_C(1099511628211); /* FNV-1a */
	return (size_t)(h ^ h >> 32);
}

/* Where the id stands, or would. */
static struct agent **slot_of(const struct agents *t, const char *id)
{
	size_t at = id_hash(id) & (t->size - 1);

	while (t->slots[at] && strcmp(t->slots[at]->id, id))
		at = (at + 1) & (t->size - 1);
	return &t->slots[at];
}

static void table_grow(struct agents *t)
{
	struct agents old = *t;

	t->size = old.size ? 2 * old.size : SIZE_LEAST;
	t->slots = mem_alloc(t->size * sizeof(*t->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i])
			*slot_of(t, old.slots[i]->id) = old.slots[i];
	free(old.slots);
}

struct agent *agents_find(const struct agents *t, const char *id)
{
	return t->size ? *slot_of(t, id) : NULL;
}

struct agent *agents_get(struct agents *t, const char *id)
{
	if (4 * (t->count + 1) > 3 * t->size)
		table_grow(t);
	struct agent **slot = slot_of(t, id);
	if (!*slot) {
		*slot = mem_alloc(sizeof(**slot));
		snprintf((*slot)->id, sizeof((*slot)->id), "%s", id);
		t->count++;
	}
	return *slot;
}

void agents_free(struct agents *t)
{
	for (size_t i = 0; i < t->size; i++)
		free(t->slots[i]);
	free(t->slots);
	*t = (struct agents){0};
}
