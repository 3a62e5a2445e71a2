#include "collector/web/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct entry {
	char *key; /* NULL: free */
	struct blob *blob;
	const char *type;
	int64_t until_ms;
};

struct cache {
	struct entry entries[CACHE_ENTRIES];
	size_t bytes;
};

struct cache *cache_new(void)
{
	return mem_alloc(sizeof(struct cache));
}

static void entry_clear(struct cache *c, struct entry *e)
{
	if (!e->key)
		return;
	c->bytes -= e->blob->len;
	free(e->key);
	blob_drop(e->blob);
	*e = (struct entry){0};
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	cache_flush(c, "");
	free(c);
}

struct blob *cache_get(struct cache *c, const char *key, int64_t now_ms, const char **type)
{
	for (struct entry *e = c->entries; e < c->entries + CACHE_ENTRIES; e++) {
		if (!e->key || strcmp(e->key, key))
			continue;
		if (e->until_ms <= now_ms) {
			entry_clear(c, e);
			return NULL;
		}
		*type = e->type;
		return blob_hold(e->blob);
	}
	return NULL;
}

/* A free entry, or the one that expires first. */
static struct entry *entry_victim(struct cache *c)
{
	struct entry *victim = c->entries;

	for (struct entry *e = c->entries; e < c->entries + CACHE_ENTRIES; e++) {
		if (!e->key)
			return e;
		if (e->until_ms < victim->until_ms)
			victim = e;
	}
	return victim;
}

static struct entry *entry_oldest(struct cache *c)
{
	struct entry *oldest = NULL;

	for (struct entry *e = c->entries; e < c->entries + CACHE_ENTRIES; e++)
		if (e->key && (!oldest || e->until_ms < oldest->until_ms))
			oldest = e;
	return oldest;
}

void cache_put(struct cache *c, const char *key, struct blob *b, const char *type, int64_t until_ms)
{
	struct entry *e;

	if (b->len > CACHE_BYTES / 4)
		return;
	for (e = c->entries; e < c->entries + CACHE_ENTRIES; e++)
		if (e->key && !strcmp(e->key, key))
			entry_clear(c, e);
	while (c->bytes + b->len > CACHE_BYTES && (e = entry_oldest(c)))
		entry_clear(c, e);
	e = entry_victim(c);
	entry_clear(c, e);
	*e = (struct entry){.key = mem_str(key), .blob = blob_hold(b), .type = type, .until_ms = until_ms};
	c->bytes += b->len;
}

void cache_flush(struct cache *c, const char *prefix)
{
	size_t n = strlen(prefix);

	for (struct entry *e = c->entries; e < c->entries + CACHE_ENTRIES; e++)
		if (e->key && !strncmp(e->key, prefix, n))
			entry_clear(c, e);
}
