#include "collector/journal/keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct keys {
	struct key **slots; /* open addressing */
	size_t room, count;
};

struct keys *keys_new(void)
{
	struct keys *k = mem_alloc(sizeof(*k));

	k->room = 64;
	k->slots = mem_alloc(k->room * sizeof(*k->slots));
	return k;
}

static void key_free(struct key *key)
{
	if (key)
		free(key->name);
	free(key);
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->room; i++)
		key_free(k->slots[i]);
	free(k->slots);
	free(k);
}

static struct key **find_slot(struct key **slots, size_t room, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = name; *p; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	size_t i = (h ^ h >> 32) & (room - 1);
	while (slots[i] && strcmp(slots[i]->name, name))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

/* Moves all but those up to last_id into a table of `room`. */
static void rebuild(struct keys *k, size_t room, int64_t last_id)
{
	struct key **slots = mem_alloc(room * sizeof(*slots));

	k->count = 0;
	for (size_t i = 0; i < k->room; i++) {
		struct key *key = k->slots[i];
		if (!key)
			continue;
		if (key->id > 0 && key->id <= last_id) {
			key_free(key);
			continue;
		}
		*find_slot(slots, room, key->name) = key;
		k->count++;
	}
	free(k->slots);
	k->slots = slots;
	k->room = room;
}

struct key *keys_get(struct keys *k, const char *name)
{
	struct key **slot = find_slot(k->slots, k->room, name);
	struct key *key = *slot;

	if (key)
		return key;
	key = mem_alloc(sizeof(*key));
	key->name = mem_str(name);
	key->id = KEY_FREE;
	*slot = key;
	if (++k->count * 2 > k->room)
		rebuild(k, k->room * 2, 0);
	return key;
}

void keys_drop(struct keys *k, int64_t last_id)
{
	rebuild(k, k->room, last_id);
}
