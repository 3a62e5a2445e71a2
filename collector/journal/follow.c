#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collector/journal/journal.h"
#include "collector/journal/record.h"
#include "collector/journal/segment.h"
#include "collector/journal/stream.h"
#include "common/log.h"
#include "common/memory.h"

#define READ_BYTES (256 * 1024) /* blocks taken at a time */
#define READ_BLOCKS 64

struct follower {
	char *dir;
	int64_t cursor; /* id of the last record given */
	int64_t wanted; /* records up to this were asked for as already seen */
	struct segment *segment;
	int64_t segment_first; /* 0: none open */
	struct streams *streams;
	struct buf data;
	struct block blocks[READ_BLOCKS];
	int block_count, block;
	struct cursor within;   /* of the current block */
	int64_t next_id;        /* of the record at `within` */
	struct timespec looked; /* the folder's time of change when it was last listed */
	bool damaged;           /* the open segment cannot be read on */
};

int follower_open(struct follower **out, const char *dir, int64_t cursor)
{
	struct follower *f = mem_alloc(sizeof(*f));

	f->dir = mem_str(dir);
	f->wanted = cursor > 0 ? cursor : 0;
	f->streams = streams_new();
	*out = f;
	return 0;
}

void follower_close(struct follower *f)
{
	if (!f)
		return;
	segment_close(f->segment);
	streams_free(f->streams);
	buf_free(&f->data);
	free(f->dir);
	free(f);
}

/* ---- which segment ---- */

/* First id of the segment to read after what was read: 0 when there is none. At the beginning the one that holds `wanted`. */
static int64_t choose_segment(struct follower *f)
{
	int64_t *firsts, chosen = 0;
	size_t count;

	if (segment_list(f->dir, &firsts, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (!f->segment_first) {
			/* the newest that begins at or before what is wanted, else the oldest there is */
			if (!chosen || firsts[i] <= f->wanted + 1)
				chosen = firsts[i];
		} else if (firsts[i] > f->segment_first && firsts[i] > f->cursor) {
			chosen = firsts[i];
			break;
		}
	}
	free(firsts);
	return chosen;
}

/* `learn`: what the segment begins with is news. */
static int enter_segment(struct follower *f, int64_t first, bool learn)
{
	struct segment *s;
	struct buf start = {0};
	int err = segment_open(&s, f->dir, first, SEGMENT_READ);

	if (err)
		return err;
	if (!segment_begun(s)) {
		segment_close(s);
		return -ENOENT;
	}
	err = segment_start(s, &start);
	if (!err && learn)
		err = streams_unpack(f->streams, start.data, start.len);
	buf_free(&start);
	if (err) {
		segment_close(s);
		return err;
	}
	segment_close(f->segment);
	f->segment = s;
	f->segment_first = first;
	f->damaged = false;
	if (f->cursor < first - 1)
		f->cursor = first - 1;
	return 0;
}

static bool folder_changed(struct follower *f)
{
	struct stat st;

	if (stat(f->dir, &st))
		return false;
	if (st.st_mtim.tv_sec == f->looked.tv_sec && st.st_mtim.tv_nsec == f->looked.tv_nsec)
		return false;
	f->looked = st.st_mtim;
	return true;
}

/* ---- blocks ---- */

static void open_block(struct follower *f)
{
	const struct block *b = &f->blocks[f->block];

	f->within = cursor_of(f->data.data + b->at, b->len);
	f->next_id = b->first;
}

/* 1: blocks are there, 0: none for now. */
static int read_blocks(struct follower *f)
{
	buf_reset(&f->data);
	f->block = 0;
	f->block_count = 0;
	int n = segment_read(f->segment, f->cursor, &f->data, READ_BYTES, f->blocks, READ_BLOCKS);
	if (n <= 0)
		return n;
	f->block_count = n;
	open_block(f);
	return 1;
}

/* The segment that follows what was read, 0 when there is none: by name, or, where ids were lost, by looking for it. */
static int64_t find_next(struct follower *f)
{
	char path[4096];
	struct stat st;

	segment_path(f->dir, f->cursor + 1, path, sizeof(path));
	if (f->segment_first && !stat(path, &st))
		return f->cursor + 1;
	return f->damaged || folder_changed(f) ? choose_segment(f) : 0;
}

/* 1: blocks are there or another segment is open, 0: none for now. */
static int next_segment(struct follower *f)
{
	int64_t first = find_next(f), before = f->cursor;
	bool gap = first != before + 1;

	if (!first || first == f->segment_first)
		return 0;
	if (f->segment && gap && !f->damaged) {
		/* records may have come to this segment before the next was begun */
		int n = read_blocks(f);
		if (n)
			return n;
	}
	int err = enter_segment(f, first, !before || gap);
	if (err) {
		memset(&f->looked, 0, sizeof(f->looked)); /* not ready yet: look again */
		return err == -ENOENT ? 0 : err;
	}
	if (before && gap)
		log_warn("journal: records %lld to %lld are not there", (long long)before + 1, (long long)first - 1);
	return 1;
}

static int fill(struct follower *f)
{
	for (;;) {
		int n = f->segment && !f->damaged ? read_blocks(f) : 0;
		if (n > 0)
			return n;
		if (n < 0 && n != -EAGAIN)
			f->damaged = true;
		n = next_segment(f);
		if (n < 0 || (!n && f->damaged))
			return n < 0 ? n : -EIO;
		if (!n || f->block < f->block_count)
			return n;
	}
}

/* ---- records ---- */

/* The next record whatever its id. */
static int take_record(struct follower *f, struct record *r)
{
	for (;;) {
		if (f->block >= f->block_count) {
			int n = fill(f);
			if (n <= 0)
				return n;
		}
		if (!cursor_left(&f->within)) {
			if (++f->block < f->block_count)
				open_block(f);
			continue;
		}
		int64_t id = f->next_id++;
		if (record_unpack(&f->within, r)) {
			log_error("journal: record %lld in the segment from %lld is broken; the rest of its block is "
			          "passed over",
			        (long long)id, (long long)f->segment_first);
			f->cursor = f->blocks[f->block].last;
			continue;
		}
		if (id <= f->cursor)
			continue; /* before the cursor in its block */
		r->id = f->cursor = id;
		return 1;
	}
}

int follower_next(struct follower *f, struct record *r)
{
	for (;;) {
		int n = take_record(f, r);
		if (n <= 0)
			return n;
		streams_note(f->streams, r);
		r->flags &= ~(RECORD_STREAM | RECORD_HAS_DICT);
		if (r->id > f->wanted)
			return 1;
	}
}

bool follower_dict(struct follower *f, const char *node, uint64_t epoch, uint32_t set, const char **class_name,
        uint8_t *layout, const char **instance)
{
	const struct stream *st = streams_get(f->streams, node, epoch, false);

	return st && stream_dict_get(st, set, class_name, layout, instance);
}
