#include "collector/series/files.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define ROWS_FIRST 16

static uint64_t path_hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3u;
	return h ^ h >> 32;
}

unsigned files_shard_of(const char *path, unsigned shards)
{
	return shards > 1 ? (unsigned)(path_hash(path) % shards) : 0;
}

bool files_path_valid(const char *path)
{
	unsigned parts = 1;
	char before = '/';
	size_t len = strlen(path);

	if (len < 9 || len >= FILE_PATH_SIZE || strcmp(path + len - 4, ".rrd") != 0)
		return false;
	for (; *path; before = *path++) {
		if (*path == '/' && (before == '/' || ++parts > 3))
			return false;
		if (*path == '.' && before == '/')
			return false;
		if (!isalnum((unsigned char)*path) && !strchr("/._:-", *path))
			return false;
	}
	return parts == 3;
}

static struct series_file **bucket_of(const struct files *t, const char *path)
{
	return &t->buckets[path_hash(path) & (t->bucket_count - 1)];
}

struct series_file *files_find(const struct files *t, const char *path)
{
	if (!t->bucket_count)
		return NULL;
	for (struct series_file *f = *bucket_of(t, path); f; f = f->next)
		if (strcmp(f->path, path) == 0)
			return f;
	return NULL;
}

static void files_grow(struct files *t)
{
	struct files old = *t;

	t->bucket_count = old.bucket_count ? old.bucket_count * 2 : 1024;
	t->buckets = mem_alloc(t->bucket_count * sizeof(*t->buckets));
	for (size_t i = 0; i < old.bucket_count; i++) {
		for (struct series_file *f = old.buckets[i], *next; f; f = next) {
			struct series_file **b = bucket_of(t, f->path);

			next = f->next;
			f->next = *b;
			*b = f;
		}
	}
	free(old.buckets);
}

struct series_file *files_add(struct files *t, const char *path, struct layout *layout, unsigned step_s)
{
	size_t len = strlen(path) + 1;
	struct series_file *f = mem_alloc(sizeof(*f) + len);

	if (t->count >= t->bucket_count)
		files_grow(t);
	memcpy(f->path, path, len);
	f->layout = layout;
	f->step_s = step_s;
	f->last_s = INT64_MIN;
	struct series_file **b = bucket_of(t, path);
	f->next = *b;
	*b = f;
	t->count++;
	return f;
}

void files_each(const struct files *t, void (*each)(struct series_file *f, void *arg), void *arg)
{
	for (size_t i = 0; i < t->bucket_count; i++)
		for (struct series_file *f = t->buckets[i]; f; f = f->next)
			each(f, arg);
}

void files_free(struct files *t)
{
	for (size_t i = 0; i < t->bucket_count; i++) {
		for (struct series_file *f = t->buckets[i], *next; f; f = next) {
			next = f->next;
			free(f->rows);
			free(f);
		}
	}
	free(t->buckets);
	*t = (struct files){0};
}

bool file_put(struct series_file *f, int64_t record_id, int64_t wall_ms, int64_t now_ms, const int64_t *values,
        unsigned count)
{
	unsigned columns = f->layout->class->count;
	int64_t step_ms = f->step_s * INT64_C(1000), at_s = (wall_ms + step_ms / 2) / step_ms * f->step_s;

	if (at_s <= f->last_s)
		return false;
	if (f->count == f->cap) {
		f->cap = f->cap ? f->cap * 2 : ROWS_FIRST;
		f->rows = mem_grow(f->rows, (size_t)f->cap * (1 + columns), sizeof(int64_t));
	}
	int64_t *row = f->rows + (size_t)f->count * (1 + columns);
	row[0] = at_s;
	for (unsigned c = 0; c < columns; c++)
		row[1 + c] = c < count ? values[c] : METRIC_UNKNOWN;
	if (!f->count++) {
		f->oldest_id = record_id;
		f->held_since_ms = now_ms;
	}
	f->touched_ms = now_ms;
	f->last_s = at_s;
	return true;
}
