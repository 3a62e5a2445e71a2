#include "collector/journal/group.h"

#include <stdlib.h>
#include <string.h>

#include "collector/journal/record.h"
#include "collector/journal/segment.h"
#include "common/memory.h"

#define BLOCKS_KEPT 16

struct entry *group_add(struct group *g, journal_on_append on_append, void *arg)
{
	if (g->entry_count == g->entry_room) {
		g->entry_room = g->entry_room ? g->entry_room * 2 : 256;
		g->entries = mem_grow(g->entries, g->entry_room, sizeof(*g->entries));
	}
	struct entry *e = &g->entries[g->entry_count++];
	*e = (struct entry){.on_append = on_append, .arg = arg};
	return e;
}

static struct packed *open_block(struct group *g)
{
	if (g->block_count && g->blocks[g->block_count - 1].data.len < SEGMENT_BLOCK_BYTES)
		return &g->blocks[g->block_count - 1];
	if (g->block_count == g->block_room) {
		size_t room = g->block_room ? g->block_room * 2 : 8;
		g->blocks = mem_grow(g->blocks, room, sizeof(*g->blocks));
		memset(g->blocks + g->block_room, 0, (room - g->block_room) * sizeof(*g->blocks));
		g->block_room = room;
	}
	struct packed *b = &g->blocks[g->block_count++];
	buf_reset(&b->data);
	b->count = 0;
	return b;
}

int group_pack(struct group *g, const struct record *r, int64_t now_ms)
{
	struct packed *b = open_block(g);
	size_t before = b->data.len;
	int err = record_pack(&b->data, r, now_ms);

	if (err)
		return err;
	b->count++;
	b->at_ms = now_ms;
	g->records++;
	g->bytes += b->data.len - before;
	return 0;
}

void group_settle(struct group *g)
{
	int64_t id = g->first_id;

	for (size_t i = 0; i < g->entry_count; i++) {
		struct entry *e = &g->entries[i];
		if (!e->status) {
			e->id = id++;
			if (e->stream)
				e->stream->committed = e->seq;
			if (e->key)
				e->key->id = e->id;
		} else if (e->key) {
			e->id = e->key->id;
		}
	}
}

static void hold_stream(struct stream *st, uint64_t seq, int status)
{
	if (!st->held || seq < st->held)
		st->held = seq;
	st->held_at_ms = clock_boot_ms();
	st->held_status = status;
}

void group_roll_back(struct group *g, int status)
{
	for (size_t i = 0; i < g->entry_count; i++) {
		struct entry *e = &g->entries[i];
		if (!e->status && e->key)
			e->key->id = KEY_FREE;
		if (!e->status && e->stream)
			hold_stream(e->stream, e->seq, status);
	}
}

void group_join(struct group *g, struct group *from)
{
	size_t count = g->entry_count + from->entry_count;

	if (count > g->entry_room) {
		g->entries = mem_grow(g->entries, count, sizeof(*g->entries));
		g->entry_room = count;
	}
	if (from->entry_count)
		memcpy(g->entries + g->entry_count, from->entries, from->entry_count * sizeof(*g->entries));
	g->entry_count = count;
	group_reset(from);
}

/* Callbacks may append: that fills the other group. */
void group_answer(struct group *g, int status)
{
	for (size_t i = 0; i < g->entry_count; i++) {
		struct entry *e = &g->entries[i];
		if (e->on_append)
			e->on_append(status ? status : e->status, status ? 0 : e->id, e->arg);
	}
	group_reset(g);
}

void group_reset(struct group *g)
{
	/* after a burst give the memory back */
	for (; g->block_room > BLOCKS_KEPT; g->block_room--)
		buf_free(&g->blocks[g->block_room - 1].data);
	g->entry_count = g->block_count = g->bytes = 0;
	g->records = 0;
	g->rotate = false;
	buf_reset(&g->start);
}

void group_free(struct group *g)
{
	for (size_t i = 0; i < g->block_room; i++)
		buf_free(&g->blocks[i].data);
	free(g->blocks);
	free(g->entries);
	buf_free(&g->start);
	memset(g, 0, sizeof(*g));
}
