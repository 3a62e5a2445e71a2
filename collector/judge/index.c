#include "collector/judge/index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct index_slot {
	const char *key;
	void *value;
	uint32_t hash;
};

/* FNV-1a */
static uint32_t hash_of(const char *key)
{
	uint32_t h = 2166136261u;
	for (; *key; key++)
		h = (h ^ (uint8_t)*key) * 16777619u;
	return h;
}

static struct index_slot *slot_of(const struct index *x, const char *key, uint32_t hash)
{
	size_t i = hash & (x->cap - 1);
	while (x->slots[i].key && (x->slots[i].hash != hash || strcmp(x->slots[i].key, key)))
		i = (i + 1) & (x->cap - 1);
	return &x->slots[i];
}

void *index_get(const struct index *x, const char *key)
{
	return x->cap ? slot_of(x, key, hash_of(key))->value : NULL;
}

static void index_grow(struct index *x)
{
	struct index old = *x;
	x->cap = old.cap ? old.cap * 2 : 64;
	x->slots = mem_alloc(x->cap * sizeof *x->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			*slot_of(x, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void index_put(struct index *x, const char *key, void *value)
{
	if (x->used * 4 >= x->cap * 3)
		index_grow(x);
	uint32_t hash = hash_of(key);
	struct index_slot *s = slot_of(x, key, hash);
	if (!s->key)
		x->used++;
	*s = (struct index_slot){.key = key, .value = value, .hash = hash};
}

void index_free(struct index *x)
{
	free(x->slots);
	memset(x, 0, sizeof *x);
}
