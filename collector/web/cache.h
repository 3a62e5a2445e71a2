/*
 * cache: answers that many browsers ask for at once, kept for a few seconds.
 *
 * Web process. A bounded table: at most CACHE_ENTRIES answers and CACHE_BYTES bytes;
 * a new entry pushes out the one that expires first. Keys say everything that the answer depends on.
 */
#ifndef SANSANG_WEB_CACHE_H
#define SANSANG_WEB_CACHE_H

#include <stdint.h>

#include "collector/web/blob.h"

#define CACHE_ENTRIES 128
#define CACHE_BYTES (16 * 1024 * 1024)

struct cache;

struct cache *cache_new(void);
void cache_free(struct cache *c);
/* Gives a reference and the (static) type, or NULL. */
struct blob *cache_get(struct cache *c, const char *key, int64_t now_ms, const char **type);
/* Holds the blob itself; the caller keeps its reference. `type` is static. */
void cache_put(struct cache *c, const char *key, struct blob *b, const char *type, int64_t until_ms);
/* Forgets every key that begins so. */
void cache_flush(struct cache *c, const char *prefix);

#endif
