/*
 * snmp: varbinds of hostile devices into the model, over full and light polls, and all that is made of it.
 *
 * Each varbind: row asked for (255: a poll ends), how many elements of index, type, length, then those. The walk promises what walk.h says,
 * and nothing more: any row, index, type and octets may come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/model.h"
#include "agent/poll/picture.h"
#include "common/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INDEX_MAX 8
#define POLL_ENDS 255

static void shown(const struct model *m)
{
	char *text = NULL, *list = model_neighbours_json(m, 4096);
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *json = picture_json(m);

	if (!json || !list || strlen(list) > 4096)
		abort();
	picture_print(out, m, true);
	fclose(out);
	free(text);
	free(list);
	json_decref(json);
	for (size_t i = 0; i < m->interface_count; i++)
		if (!m->interfaces[i].name || (i && m->interfaces[i].index <= m->interfaces[i - 1].index))
			abort();
}

/* Most indexes are small in life; the rest are anything. */
static unsigned long element(struct cursor *c)
{
	uint8_t small = cursor_u8(c);

	return small < 250 ? small : cursor_u32(c);
}

static void put(struct model *m, struct cursor *c, uint8_t row)
{
	unsigned long oid[MODEL_ROOT_MAX + INDEX_MAX], name[INDEX_MAX];
	struct varbind v = {.oid = oid};
	const struct walk_root *roots;
	size_t count, index = cursor_u8(c) % (INDEX_MAX + 1);

	roots = model_roots(m, &count);
	v.root = row;
	if (row < count) {
		v.index_at = roots[row].oid_len;
		memcpy(oid, roots[row].oid, v.index_at * sizeof(*oid));
	}
	for (size_t i = 0; i < index; i++)
		oid[v.index_at + i] = element(c);
	v.oid_len = v.index_at + index;
	v.type = cursor_u8(c);
	v.len = cursor_u8(c);
	if (v.type == VARBIND_OID) {
		v.len %= INDEX_MAX + 1;
		for (size_t i = 0; i < v.len; i++)
			name[i] = element(c);
		v.name = name;
	} else if (v.type == VARBIND_BYTES || v.type == VARBIND_ADDRESS || v.type == VARBIND_OPAQUE) {
		v.bytes = cursor_bytes(c, v.len);
		if (!v.bytes)
			v.len = 0;
	} else {
		v.number = v.len & 1                   ? cursor_u64(c)
		           : v.type == VARBIND_INTEGER ? (uint64_t)(int8_t)cursor_u8(c)
		                                       : cursor_u8(c);
		v.len = 0;
	}
	model_put(m, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size);
	struct model *m = model_new();

	model_begin(m, true);
	while (cursor_left(&c) && !c.failed) {
		uint8_t row = cursor_u8(&c);

		if (row != POLL_ENDS) {
			put(m, &c, row);
			continue;
		}
		model_finish(m);
		shown(m);
		model_begin(m, cursor_u8(&c) & 1);
	}
	model_finish(m);
	shown(m);
	model_free(m);
	return 0;
}
