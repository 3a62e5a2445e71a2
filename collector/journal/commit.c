#include "collector/journal/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "collector/journal/segment.h"
#include "common/log.h"
#include "common/memory.h"

#define DEFAULT_SEGMENT_BYTES (INT64_C(64) << 20)
#define LEAST_SEGMENT_BYTES (INT64_C(256) << 10)
#define ROOM_TO_RESUME_BYTES (INT64_C(16) << 20) /* free disk that ends a refusal */
#define LOCK_WAIT_MS 5000                        /* a killed predecessor may take a moment to go */

struct span { /* a segment file */
	int64_t first, last, first_at_ms, at_ms, bytes;
};

struct committer {
	char *dir;
	int dir_fd; /* locked: one appender only */
	struct journal_limits limits;
	struct segment *current; /* the last span's, or NULL: the next group begins one */
	struct span *spans;
	size_t span_count;
	int64_t next_id, dropped;
	bool disk_full;
	void (*on_lost)(int64_t first, int64_t last, const char *path, void *arg);
	void *arg;
};

/* ---- opening ---- */

static int lock_folder(struct committer *c)
{
	if (mkdir(c->dir, 0700) && errno != EEXIST) {
		int err = -errno;
		log_error("journal folder %s cannot be made: %s", c->dir, strerror(-err));
		return err;
	}
	c->dir_fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0) {
		int err = -errno;
		log_error("journal folder %s cannot be opened: %s", c->dir, strerror(-err));
		return err;
	}
	for (int waited = 0; flock(c->dir_fd, LOCK_EX | LOCK_NB); waited += 20) {
		if (waited >= LOCK_WAIT_MS) {
			log_error("journal folder %s is in use by another process", c->dir);
			return -EBUSY;
		}
		usleep(20000);
	}
	return 0;
}

struct keying {
	struct keys *keys;
};

static void on_key(const char *key, int64_t id, void *arg)
{
	struct keying *k = arg;

	keys_get(k->keys, key)->id = id;
}

/* Opens one file and fills its span. 1: it holds nothing yet. */
static int examine(struct committer *c, int64_t first, struct keys *keys, struct segment **out, struct span *span)
{
	struct keying k = {.keys = keys};
	int err = segment_open(out, c->dir, first, SEGMENT_APPEND);

	if (err)
		return err;
	if (!segment_begun(*out))
		return 1;
	*span = (struct span){.first = first};
	err = segment_last(*out, &span->last, &span->at_ms);
	if (!err)
		err = segment_keys(*out, on_key, &k);
	span->first_at_ms = span->at_ms;
	span->bytes = segment_bytes(c->dir, first);
	return err;
}

static void add_span(struct committer *c, const struct span *span)
{
	c->spans = mem_grow(c->spans, c->span_count + 1, sizeof(*c->spans));
	c->spans[c->span_count++] = *span;
}

/* An id that no record of the file can have had: each takes more than a byte. */
static int64_t lose_segment(struct committer *c, int64_t first, int64_t next_first)
{
	char path[4096];
	int64_t last = next_first ? next_first - 1 : first + segment_bytes(c->dir, first);

	segment_path(c->dir, first, path, sizeof(path));
	log_error("journal segment %s cannot be read: records %lld to at most %lld are set aside in %s.bad", path,
	        (long long)first, (long long)last, path);
	segment_set_aside(c->dir, first);
	c->on_lost(first, last, path, c->arg);
	return last + 1;
}

/* Replays a segment into the stream table. */
static int learn(struct segment *s, struct streams *streams, int64_t *first_at_ms)
{
	struct buf data = {0};
	struct block blocks[16];
	int64_t id = 0;
	int n, err = segment_start(s, &data);

	if (!err)
		err = streams_unpack(streams, data.data, data.len);
	*first_at_ms = 0;
	while (!err) {
		buf_reset(&data);
		n = segment_read(s, id, &data, 4 * SEGMENT_BLOCK_BYTES, blocks, 16);
		if (n <= 0) {
			err = n;
			break;
		}
		for (int i = 0; i < n; i++) {
			struct cursor c = cursor_of(data.data + blocks[i].at, blocks[i].len);
			struct record r;
			while (cursor_left(&c) && !record_unpack(&c, &r)) {
				if (!*first_at_ms)
					*first_at_ms = r.at_ms;
				streams_note(streams, &r);
			}
			id = blocks[i].last;
		}
	}
	buf_free(&data);
	return err;
}

/* The newest readable segment: what it taught is what the journal knows; appending goes on in it. */
static void take_newest(struct committer *c, struct segment *s, struct streams *streams, bool is_last_file)
{
	struct span *span = &c->spans[c->span_count - 1];
	int err = learn(s, streams, &span->first_at_ms);

	if (!err && is_last_file) {
		c->current = s;
		return;
	}
	if (err)
		log_error(
		        "journal: the segment from record %lld is damaged; a new one is begun", (long long)span->first);
	segment_close(s);
}

static int look_through(struct committer *c, struct streams *streams, struct keys *keys)
{
	struct segment *s = NULL, *newest = NULL;
	int64_t *firsts;
	size_t count;
	int err = segment_list(c->dir, &firsts, &count);
	bool last_taken = false;

	for (size_t i = 0; !err && i < count; i++) {
		struct span span;
		int found = examine(c, firsts[i], keys, &s, &span);
		last_taken = false;
		if (found < 0) {
			segment_close(s);
			c->next_id = lose_segment(c, firsts[i], i + 1 < count ? firsts[i + 1] : 0);
		} else if (found == 1) {
			segment_close(s);
			if (i + 1 < count)
				segment_remove(c->dir, firsts[i]);
			c->next_id = firsts[i] > c->next_id ? firsts[i] : c->next_id;
		} else {
			segment_close(newest);
			newest = s;
			add_span(c, &span);
			c->next_id = span.last + 1;
			last_taken = true;
		}
		s = NULL;
	}
	free(firsts);
	if (newest)
		take_newest(c, newest, streams, last_taken);
	return err;
}

int committer_open(struct committer **out, const char *dir, const struct journal_limits *limits,
        struct streams *streams, struct keys *keys,
        void (*on_lost)(int64_t first, int64_t last, const char *path, void *arg), void *arg)
{
	struct committer *c = mem_alloc(sizeof(*c));
	int64_t most = limits->max_bytes / 8;

	c->dir = mem_str(dir);
	c->limits = *limits;
	c->next_id = 1;
	c->on_lost = on_lost;
	c->arg = arg;
	if (!c->limits.segment_bytes)
		c->limits.segment_bytes = most && most < DEFAULT_SEGMENT_BYTES ? most : DEFAULT_SEGMENT_BYTES;
	if (c->limits.segment_bytes < LEAST_SEGMENT_BYTES && !limits->segment_bytes)
		c->limits.segment_bytes = LEAST_SEGMENT_BYTES;
	int err = lock_folder(c);
	if (!err)
		err = look_through(c, streams, keys);
	if (err) {
		committer_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void committer_close(struct committer *c)
{
	if (!c)
		return;
	segment_close(c->current);
	if (c->dir_fd > 0)
		close(c->dir_fd);
	free(c->spans);
	free(c->dir);
	free(c);
}

int64_t committer_last_id(const struct committer *c)
{
	return c->next_id - 1;
}

/* ---- room ---- */

static int64_t total_bytes(const struct committer *c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->span_count; i++)
		sum += c->spans[i].bytes;
	return sum;
}

static void drop_due(struct committer *c, int64_t slowest, int64_t now_ms)
{
	while (c->span_count > (c->current ? 1u : 0u)) {
		struct span *oldest = &c->spans[0];
		bool old = c->limits.keep_ms && oldest->at_ms < now_ms - c->limits.keep_ms;
		bool large = c->limits.max_bytes && total_bytes(c) + c->limits.segment_bytes > c->limits.max_bytes;
		if (oldest->last > slowest || (!old && !large) || segment_remove(c->dir, oldest->first))
			return;
		log_info("journal: dropped records %lld to %lld", (long long)oldest->first, (long long)oldest->last);
		c->dropped = oldest->last;
		memmove(oldest, oldest + 1, --c->span_count * sizeof(*oldest));
	}
}

static bool is_full(struct committer *c)
{
	struct statvfs fs;

	if (c->disk_full && !statvfs(c->dir, &fs))
		c->disk_full = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize < ROOM_TO_RESUME_BYTES;
	return c->disk_full || (c->limits.max_bytes && total_bytes(c) >= c->limits.max_bytes);
}

bool committer_want_rotate(const struct committer *c)
{
	if (!c->current)
		return true;
	const struct span *s = &c->spans[c->span_count - 1];
	return s->bytes > c->limits.segment_bytes ||
	       (c->limits.keep_ms && s->at_ms - s->first_at_ms > c->limits.keep_ms / 8);
}

/* ---- storing ---- */

static int put_records(struct segment *s, const struct group *g, int64_t first_id)
{
	int64_t id = first_id;
	int err = 0;

	for (size_t i = 0; !err && i < g->block_count; i++) {
		const struct packed *b = &g->blocks[i];
		err = segment_put_block(s, id, id + b->count - 1, b->at_ms, &b->data);
		id += b->count;
	}
	id = first_id;
	for (size_t i = 0; !err && i < g->entry_count; i++) {
		const struct entry *e = &g->entries[i];
		if (!e->status && e->key)
			err = segment_put_key(s, e->key->name, id);
		id += !e->status;
	}
	return err;
}

static int store(struct committer *c, struct group *g, struct segment *s)
{
	int err = segment_begin(s);

	if (!err && g->rotate)
		err = segment_put_start(s, &g->start);
	if (!err)
		err = put_records(s, g, c->next_id);
	if (err) {
		segment_roll_back(s);
		return err;
	}
	return segment_commit(s);
}

static int store_in_new(struct committer *c, struct group *g)
{
	struct segment *s;
	int err = segment_open(&s, c->dir, c->next_id, SEGMENT_APPEND);

	if (!err)
		err = store(c, g, s);
	if (err) {
		segment_close(s); /* the file stays, without tables: the next try takes it up */
		return err;
	}
	if (c->current) {
		struct span *old = &c->spans[c->span_count - 1];
		segment_seal(c->current);
		segment_close(c->current);
		old->bytes = segment_bytes(c->dir, old->first);
	}
	c->current = s;
	add_span(c, &(struct span){.first = c->next_id, .first_at_ms = g->blocks[0].at_ms});
	fsync(c->dir_fd); /* the file's name */
	return 0;
}

static int store_group(struct committer *c, struct group *g)
{
	if (is_full(c))
		return -ENOSPC;
	int err = g->rotate ? store_in_new(c, g) : store(c, g, c->current);
	if (err == -ENOSPC)
		c->disk_full = true;
	if (err)
		return err;
	g->first_id = c->next_id;
	c->next_id += g->records;
	struct span *span = &c->spans[c->span_count - 1];
	span->last = c->next_id - 1;
	span->at_ms = g->blocks[g->block_count - 1].at_ms;
	span->bytes = segment_bytes(c->dir, span->first);
	return 0;
}

void committer_run(struct committer *c, struct group *g)
{
	drop_due(c, g->slowest, clock_wall_ms());
	g->status = g->records ? store_group(c, g) : 0;
	g->full = g->records ? g->status == -ENOSPC : is_full(c);
	g->want_rotate = committer_want_rotate(c);
	g->dropped = c->dropped;
}
