#include "collector/journal/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/batch.h"
#include "common/memory.h"

#define NODE_SIZE 256
#define CLASS_SIZE 32

struct streams {
	struct stream **slots; /* open addressing by (node, epoch) */
	size_t room, count;
	struct stream **nodes; /* open addressing by node: its newest epoch */
	size_t node_room, node_count;
	uint64_t born;
	struct stream *last; /* most questions are about the same one as before */
};

static uint64_t hash_node(const char *node)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *node; node++)
		h = (h ^ (uint8_t)*node) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t hash_stream(const char *node, uint64_t epoch)
{
	uint64_t h = (hash_node(node) ^ epoch) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 32;
}

struct streams *streams_new(void)
{
	struct streams *s = mem_alloc(sizeof(*s));

	s->room = s->node_room = 64;
	s->slots = mem_alloc(s->room * sizeof(*s->slots));
	s->nodes = mem_alloc(s->node_room * sizeof(*s->nodes));
	return s;
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->room; i++) {
		struct stream *st = s->slots[i];
		if (!st)
			continue;
		for (uint32_t k = 0; k < st->set_room; k++)
			free(st->sets[k]);
		free(st->sets);
		free(st->node);
		free(st);
	}
	free(s->slots);
	free(s->nodes);
	free(s);
}

static struct stream **find_slot(struct stream **slots, size_t room, const char *node, uint64_t epoch)
{
	size_t i = hash_stream(node, epoch) & (room - 1);

	while (slots[i] && (slots[i]->epoch != epoch || strcmp(slots[i]->node, node)))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static struct stream **find_node(struct stream **nodes, size_t room, const char *node)
{
	size_t i = hash_node(node) & (room - 1);

	while (nodes[i] && strcmp(nodes[i]->node, node))
		i = (i + 1) & (room - 1);
	return &nodes[i];
}

static void grow_slots(struct streams *s)
{
	size_t room = s->room * 2;
	struct stream **slots = mem_alloc(room * sizeof(*slots));

	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			*find_slot(slots, room, s->slots[i]->node, s->slots[i]->epoch) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->room = room;
}

static void grow_nodes(struct streams *s)
{
	size_t room = s->node_room * 2;
	struct stream **nodes = mem_alloc(room * sizeof(*nodes));

	for (size_t i = 0; i < s->node_room; i++)
		if (s->nodes[i])
			*find_node(nodes, room, s->nodes[i]->node) = s->nodes[i];
	free(s->nodes);
	s->nodes = nodes;
	s->node_room = room;
}

static void note_node(struct streams *s, struct stream *st)
{
	struct stream **slot = find_node(s->nodes, s->node_room, st->node);

	st->older = *slot;
	*slot = st;
	if (!st->older && ++s->node_count * 2 > s->node_room)
		grow_nodes(s);
}

struct stream *streams_get(struct streams *s, const char *node, uint64_t epoch, bool make)
{
	if (s->last && s->last->epoch == epoch && !strcmp(s->last->node, node))
		return s->last;
	struct stream **slot = find_slot(s->slots, s->room, node, epoch);
	if (*slot)
		return s->last = *slot;
	if (!make)
		return NULL;
	struct stream *st = mem_alloc(sizeof(*st));
	st->node = mem_str(node);
	st->epoch = epoch;
	st->born = ++s->born;
	*slot = st;
	if (++s->count * 2 > s->room)
		grow_slots(s);
	note_node(s, st);
	return s->last = st;
}

struct stream *streams_newest(const struct streams *s, const char *node)
{
	return *find_node(s->nodes, s->node_room, node);
}

void streams_roll_back(struct streams *s)
{
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			s->slots[i]->seq = s->slots[i]->committed;
}

void stream_dict_put(struct stream *st, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	if (set >= BATCH_SETS_MAX)
		return;
	if (set >= st->set_room) {
		uint32_t room = st->set_room ? st->set_room : 8;
		while (room <= set)
			room *= 2;
		st->sets = mem_grow(st->sets, room, sizeof(*st->sets));
		memset(st->sets + st->set_room, 0, (room - st->set_room) * sizeof(*st->sets));
		st->set_room = room;
	}
	size_t class_len = strlen(class_name) + 1, instance_len = strlen(instance) + 1;
	char *entry = mem_alloc(1 + class_len + instance_len);
	entry[0] = (char)layout;
	memcpy(entry + 1, class_name, class_len);
	memcpy(entry + 1 + class_len, instance, instance_len);
	free(st->sets[set]);
	st->sets[set] = entry;
}

bool stream_dict_get(
        const struct stream *st, uint32_t set, const char **class_name, uint8_t *layout, const char **instance)
{
	if (set >= st->set_room || !st->sets[set])
		return false;
	const char *entry = st->sets[set];
	*layout = (uint8_t)entry[0];
	*class_name = entry + 1;
	*instance = *class_name + strlen(*class_name) + 1;
	return true;
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	stream_dict_put(arg, set, class_name, layout, instance);
}

void streams_note(struct streams *s, const struct record *r)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict};

	if (r->kind != RECORD_BATCH)
		return;
	struct stream *st = streams_get(s, r->node, r->epoch, true);
	if (r->seq > st->seq)
		st->seq = st->committed = r->seq;
	if (r->flags & RECORD_HAS_DICT)
		batch_decode(r->body, r->body_len, &handlers, st, NULL);
}

static void pack_one(const struct stream *st, struct buf *out)
{
	const char *class_name, *instance;
	uint64_t sets = 0;
	uint8_t layout;

	for (uint32_t i = 0; i < st->set_room; i++)
		sets += st->sets[i] != NULL;
	buf_put_str(out, st->node);
	buf_put_u64(out, st->epoch);
	buf_put_varint(out, st->seq);
	buf_put_varint(out, sets);
	for (uint32_t i = 0; i < st->set_room; i++) {
		if (!stream_dict_get(st, i, &class_name, &layout, &instance))
			continue;
		buf_put_varint(out, i);
		buf_put_str(out, class_name);
		buf_put_u8(out, layout);
		buf_put_str(out, instance);
	}
}

/* Oldest first, so that unpacking meets the epochs in the order of their birth. */
static void pack_node(const struct stream *st, unsigned depth, struct buf *out)
{
	if (!st || depth == STREAM_EPOCHS_KEPT)
		return;
	pack_node(st->older, depth + 1, out);
	pack_one(st, out);
}

void streams_pack(const struct streams *s, struct buf *out)
{
	for (size_t i = 0; i < s->node_room; i++)
		pack_node(s->nodes[i], 0, out);
}

static void unpack_one(struct streams *s, struct cursor *c)
{
	char node[NODE_SIZE], class_name[CLASS_SIZE], instance[METRIC_INSTANCE_MAX];

	cursor_str(c, node, sizeof(node));
	uint64_t epoch = cursor_u64(c), seq = cursor_varint(c), sets = cursor_varint(c);
	if (c->failed)
		return;
	struct stream *st = streams_get(s, node, epoch, true);
	st->seq = st->committed = seq;
	for (uint64_t i = 0; i < sets && !c->failed; i++) {
		uint32_t set = (uint32_t)cursor_varint(c);
		cursor_str(c, class_name, sizeof(class_name));
		uint8_t layout = cursor_u8(c);
		cursor_str(c, instance, sizeof(instance));
		if (!c->failed)
			stream_dict_put(st, set, class_name, layout, instance);
	}
}

int streams_unpack(struct streams *s, const uint8_t *data, size_t len)
{
	struct cursor c = cursor_of(data, len);

	while (!c.failed && cursor_left(&c))
		unpack_one(s, &c);
	return c.failed ? -EBADMSG : 0;
}
