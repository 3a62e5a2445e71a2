#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/private.h"
#include "common/memory.h"

static size_t id_hash(const char *id)
{
	uint64_t h = 14695981039346656037ULL; /* FNV-1a */

	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * 1099511628211ULL;
	return (size_t)(h ^ h >> 32);
}

static const char *id_at(const struct id_table *t, size_t index)
{
	const char *id;

	memcpy(&id, t->ids + index * t->stride, sizeof(id));
	return id;
}

void id_table_build(struct id_table *t, const void *id, size_t stride, size_t count)
{
	size_t size = 8;

	while (size < count * 2)
		size *= 2;
	*t = (struct id_table){mem_alloc(size * sizeof(*t->slots)), size - 1, id, stride};
	for (size_t i = 0; i < count; i++) {
		size_t slot = id_hash(id_at(t, i)) & t->mask;
		while (t->slots[slot])
			slot = (slot + 1) & t->mask;
		t->slots[slot] = (uint32_t)i + 1;
	}
}

long id_table_find(const struct id_table *t, const char *id)
{
	if (!t->slots || !id)
		return -1;
	for (size_t slot = id_hash(id) & t->mask; t->slots[slot]; slot = (slot + 1) & t->mask)
		if (!strcmp(id_at(t, t->slots[slot] - 1), id))
			return (long)t->slots[slot] - 1;
	return -1;
}

void id_table_free(struct id_table *t)
{
	free(t->slots);
	*t = (struct id_table){0};
}
