/*
 * The walk: map_read goes through a YAML map's pairs in the order of the file, finds each key's row and lets value_read
 * store it; what the file lacks takes its fallback. The trail ("sites[mk-hq].uplinks[mk-ts].kind") names the key in errors.
 */
#include "common/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf_file.h"
#include "common/conf_scalar.h"
#include "common/memory.h"

#define KEYS_MAX 64
#define TRAIL_MAX 512
/* Aliases may show one node a million times over: a file may not ask for more visits than this. */
#define VISITS_MAX 5000000

struct conf_reader {
	struct conf_file *file;
	struct conf_scope scope;
	struct conf_errors *errors;
	size_t failed, visits;
	char trail[TRAIL_MAX];
	size_t trail_len;
};

static const char *const expectations[] = {
        [CONF_STRING] = "text",
        [CONF_ID] = "an id",
        [CONF_PATH] = "the path of a file",
        [CONF_BOOL] = "yes or no",
        [CONF_INT] = "a whole number",
        [CONF_NUMBER] = "a number",
        [CONF_DURATION] = "a duration such as 10s",
        [CONF_SIZE] = "a size such as 64MB",
        [CONF_CHOICE] = "one of the known words",
        [CONF_TIME] = "a date or a time with its offset",
        [CONF_ADDRESS] = "host:port",
        [CONF_STRINGS] = "a list of values, or one value",
        [CONF_MAP] = "a map of keys",
        [CONF_LIST] = "a list of maps",
        [CONF_CUSTOM] = "a value",
        [CONF_ANY] = "any YAML",
};

static void value_read(struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, void *out);

static const yaml_node_t *yaml_of(const struct conf_node *node)
{
	return (const void *)node;
}

static const yaml_node_t *node_at(struct conf_reader *r, int index)
{
	return yaml_document_get_node(&r->file->document, index);
}

static void __attribute__((format(printf, 3, 4)))
complain(struct conf_reader *r, struct conf_place place, const char *fmt, ...)
{
	char text[TRAIL_MAX + 128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->failed++;
	conf_error(r->errors, r->file->path, place, "%s%s%s", r->trail, r->trail_len ? ": " : "", text);
}

/* Gives the length to go back to with trail_pop. */
static size_t __attribute__((format(printf, 2, 3))) trail_push(struct conf_reader *r, const char *fmt, ...)
{
	size_t before = r->trail_len;
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->trail + before, sizeof(r->trail) - before, fmt, args);
	va_end(args);
	r->trail_len = strlen(r->trail);
	return before;
}

static void trail_pop(struct conf_reader *r, size_t before)
{
	r->trail_len = before;
	r->trail[before] = 0;
}

static void *value_at(const struct conf_key *key, void *out)
{
	return (char *)out + key->offset;
}

static void place_store(const struct conf_key *key, void *value, struct conf_place place)
{
	size_t size = key->type == CONF_CUSTOM ? key->item_size : conf_type_size(key->type);

	if (key->place_wanted)
		memcpy((char *)value + ((size + 3) & ~(size_t)3), &place, sizeof(place));
}

/* ---- values ---- */

static void scalar_read(struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, void *value)
{
	char why[400];
	const char *what, *text = conf_node_text((const void *)node);
	struct conf_place place = conf_node_place((const void *)node);

	if (!text)
		complain(
		        r, place, "a %s does not fit here, expected %s", conf_file_kind(node), expectations[key->type]);
	else if (strlen(text) != node->data.scalar.length)
		complain(r, place, "holds a zero byte, expected %s", expectations[key->type]);
	else if (!conf_scalar_read(&r->scope, key, text, value, why, sizeof(why)))
		complain(r, place, "%s", why);
	else if (key->check && (what = key->check(value)))
		complain(r, place, "\"%.60s\" is not right, expected %s", text, what);
}

static void strings_add(
        struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, struct conf_strings *s)
{
	struct conf_key item = {.type = CONF_STRING, .choices = key->choices, .check = key->check};
	char *text = NULL;

	scalar_read(r, &item, node, &text);
	if (!text)
		return;
	s->items = mem_grow(s->items, s->count + 1, sizeof(*s->items));
	s->places = mem_grow(s->places, s->count + 1, sizeof(*s->places));
	s->items[s->count] = text;
	s->places[s->count++] = conf_node_place((const void *)node);
}

static void strings_read(
        struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, struct conf_strings *s)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		strings_add(r, key, node, s);
		return;
	}
	const yaml_node_item_t *end = node->data.sequence.items.top;
	if (key->required && end == node->data.sequence.items.start)
		complain(r, conf_node_place((const void *)node), "an empty list, expected at least one value");
	for (const yaml_node_item_t *i = node->data.sequence.items.start; i < end && r->visits < VISITS_MAX;
	        i++, r->visits++)
		strings_add(r, key, node_at(r, *i), s);
}

/* ---- maps ---- */

static const struct conf_key *key_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (!strcmp(keys->name, name))
			return keys;
	return NULL;
}

static void key_unknown(struct conf_reader *r, const struct conf_key *keys, const char *name, struct conf_place place)
{
	const char *names[KEYS_MAX + 1] = {0};
	char list[300];
	size_t distance, at = 0;

	list[0] = 0;
	for (size_t i = 0; i < KEYS_MAX && keys[i].name; i++) {
		names[i] = keys[i].name;
		if (at < sizeof(list))
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", keys[i].name);
	}
	const char *near = conf_nearest(names, name, &distance);
	size_t before = trail_push(r, "%s%.60s", r->trail_len ? "." : "", name);
	if (near && distance <= 1 + strlen(name) / 3)
		complain(r, place, "unknown key, did you mean \"%s\"?", near);
	else
		complain(r, place, "unknown key, the nearest known one is \"%s\"; expected one of %s", near ? near : "",
		        list);
	trail_pop(r, before);
}

static bool node_is_null(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	const char *text = (const char *)node->data.scalar.value;
	return !*text || !strcmp(text, "~") || !strcmp(text, "null");
}

/* What the file does not say: fallbacks, down into maps that are missing. */
static void fallback_store(struct conf_reader *r, const struct conf_key *key, void *out)
{
	void *value = value_at(key, out);
	char why[400];

	if (key->type == CONF_MAP)
		for (const struct conf_key *k = key->keys; k->name; k++)
			fallback_store(r, k, value);
	if (!key->fallback)
		return;
	if (key->type == CONF_STRINGS) {
		struct conf_strings *s = value;
		s->items = mem_alloc(sizeof(*s->items));
		s->items[0] = mem_str(key->fallback);
		s->count = 1;
	} else if (conf_type_is_scalar(key->type) &&
	           !conf_scalar_read(&r->scope, key, key->fallback, value, why, sizeof(why))) {
		complain(r, (struct conf_place){0}, "fallback of %s: %s", key->name, why);
	}
}

static void pair_read(struct conf_reader *r, const struct conf_key *keys, const yaml_node_pair_t *pair,
        struct conf_place *places, void *out)
{
	const yaml_node_t *name_node = node_at(r, pair->key), *node = node_at(r, pair->value);
	const char *name = conf_node_text((const void *)name_node);
	struct conf_place place = conf_node_place((const void *)name_node);

	if (!name) {
		complain(r, place, "a %s cannot be a key, expected a name", conf_file_kind(name_node));
		return;
	}
	const struct conf_key *key = key_find(keys, name);
	if (!key) {
		key_unknown(r, keys, name, place);
		return;
	}
	size_t before = trail_push(r, "%s%s", r->trail_len ? "." : "", name);
	struct conf_place *first = &places[key - keys];
	if (first->line)
		complain(
		        r, place, "given twice, first at line %u column %u; expected once", first->line, first->column);
	else if (!node_is_null(node) || key->type == CONF_ANY)
		value_read(r, key, node, value_at(key, out));
	if (!first->line && (!node_is_null(node) || key->type == CONF_ANY))
		*first = place;
	trail_pop(r, before);
}

static void map_read(struct conf_reader *r, const struct conf_key *keys, const yaml_node_t *node, void *out)
{
	struct conf_place places[KEYS_MAX] = {{0}};
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < end && r->visits < VISITS_MAX;
	        p++, r->visits++)
		pair_read(r, keys, p, places, out);
	for (size_t i = 0; keys[i].name; i++) {
		if (places[i].line)
			continue;
		size_t before = trail_push(r, "%s%s", r->trail_len ? "." : "", keys[i].name);
		if (keys[i].required)
			complain(r, conf_node_place((const void *)node), "missing, expected %s",
			        expectations[keys[i].type]);
		else
			fallback_store(r, &keys[i], out);
		trail_pop(r, before);
	}
}

/* ---- lists ---- */

struct seen_id {
	const char *id;
	struct conf_place place;
};

static int seen_id_compare(const void *a, const void *b)
{
	const struct seen_id *x = a, *y = b;
	int rc = strcmp(x->id, y->id);

	if (rc)
		return rc;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	return (x->place.column > y->place.column) - (x->place.column < y->place.column);
}

/* The scalar node of that key in a map, or NULL. */
static const yaml_node_t *member_find(struct conf_reader *r, const yaml_node_t *map, const char *name)
{
	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	const yaml_node_pair_t *end = map->data.mapping.pairs.top;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < end; p++) {
		const char *key = conf_node_text((const void *)node_at(r, p->key));
		if (key && !strcmp(key, name))
			return node_at(r, p->value)->type == YAML_SCALAR_NODE ? node_at(r, p->value) : NULL;
	}
	return NULL;
}

static void ids_check(struct conf_reader *r, const char *name, struct seen_id *ids, size_t count)
{
	if (count)
		qsort(ids, count, sizeof(*ids), seen_id_compare);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (strcmp(ids[i].id, ids[first].id)) {
			first = i;
			continue;
		}
		size_t before = trail_push(r, "[%.63s].%s", ids[i].id, name);
		complain(r, ids[i].place, "duplicate id \"%.63s\", first at line %u column %u; expected one of its own",
		        ids[i].id, ids[first].place.line, ids[first].place.column);
		trail_pop(r, before);
	}
}

static const char *unique_key(const struct conf_key *keys)
{
	for (; keys->name; keys++)
		if (keys->type == CONF_ID && keys->id_unique)
			return keys->name;
	return NULL;
}

static void item_read(struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, const yaml_node_t *id,
        size_t number, void *item)
{
	size_t before =
	        id ? trail_push(r, "[%.63s]", (const char *)id->data.scalar.value) : trail_push(r, "[%zu]", number);

	r->visits++;
	if (node->type == YAML_MAPPING_NODE)
		map_read(r, key->keys, node, item);
	else
		complain(r, conf_node_place((const void *)node), "a %s does not fit here, expected a map of keys",
		        conf_file_kind(node));
	trail_pop(r, before);
}

static void list_read(
        struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, struct conf_list *list)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		complain(r, conf_node_place((const void *)node), "a %s does not fit here, expected a list of maps",
		        conf_file_kind(node));
		return;
	}
	const yaml_node_item_t *start = node->data.sequence.items.start;
	size_t count = (size_t)(node->data.sequence.items.top - start), id_count = 0;
	const char *unique = unique_key(key->keys);
	struct seen_id *ids = mem_alloc((count + 1) * sizeof(*ids));

	list->items = mem_grow(list->items, list->count + count + 1, key->item_size);
	for (size_t i = 0; i < count && r->visits < VISITS_MAX; i++) {
		const yaml_node_t *item = node_at(r, start[i]), *id = member_find(r, item, unique ? unique : "id");
		char *to = (char *)list->items + list->count++ * key->item_size;
		memset(to, 0, key->item_size);
		item_read(r, key, item, id, i + 1, to);
		if (unique && id)
			ids[id_count++] = (struct seen_id){
			        (const char *)id->data.scalar.value, conf_node_place((const void *)id)};
	}
	ids_check(r, unique, ids, id_count);
	free(ids);
}

static void value_read(struct conf_reader *r, const struct conf_key *key, const yaml_node_t *node, void *value)
{
	if (++r->visits >= VISITS_MAX)
		return;
	if (key->type == CONF_MAP && node->type != YAML_MAPPING_NODE)
		complain(r, conf_node_place((const void *)node), "a %s does not fit here, expected a map of keys",
		        conf_file_kind(node));
	else if (key->type == CONF_MAP)
		map_read(r, key->keys, node, value);
	else if (key->type == CONF_LIST)
		list_read(r, key, node, value);
	else if (key->type == CONF_STRINGS)
		strings_read(r, key, node, value);
	else if (key->type == CONF_CUSTOM)
		key->custom(r, (const void *)node, value);
	else if (key->type != CONF_ANY)
		scalar_read(r, key, node, value);
	place_store(key, value, conf_node_place((const void *)node));
}

/* ---- what conf.h promises ---- */

struct conf_place conf_node_place(const struct conf_node *node)
{
	yaml_mark_t mark = yaml_of(node)->start_mark;

	return (struct conf_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

const char *conf_node_text(const struct conf_node *node)
{
	const yaml_node_t *n = yaml_of(node);

	return n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

bool conf_node_read(struct conf_reader *r, const struct conf_key *key, const struct conf_node *node, void *out)
{
	size_t failed = r->failed;

	value_read(r, key, yaml_of(node), out);
	return r->failed == failed;
}

void conf_node_error(struct conf_reader *r, const struct conf_node *node, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	complain(r, conf_node_place(node), "%s", text);
}

static void document_read(struct conf_reader *r, const struct conf_key *keys, void *out)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->file->document);

	if (!root)
		complain(r, (struct conf_place){1, 1}, "the file is empty, expected a map of keys");
	else if (root->type != YAML_MAPPING_NODE)
		complain(r, conf_node_place((const void *)root), "a %s does not fit here, expected a map of keys",
		        conf_file_kind(root));
	else
		map_read(r, keys, root, out);
	if (r->visits >= VISITS_MAX)
		complain(r, (struct conf_place){1, 1}, "the file asks for more than %d values, expected fewer aliases",
		        VISITS_MAX);
}

int conf_load(const char *path, const struct conf_key *keys, const char *zone, void *out, struct conf_errors *errors)
{
	struct conf_file file;
	struct zone *z = NULL;
	int rc = zone_load(zone, &z);

	if (rc) {
		conf_error(errors, path, (struct conf_place){0},
		        "the time zone \"%.64s\" is not known here, expected a name of /usr/share/zoneinfo", zone);
		return -EINVAL;
	}
	rc = conf_file_open(path, &file, errors);
	if (!rc) {
		struct conf_reader r = {.file = &file, .errors = errors, .scope = {file.folder, z}};
		document_read(&r, keys, out);
		if (r.failed) {
			conf_free(keys, out);
			rc = -EINVAL;
		}
		conf_file_close(&file);
	}
	zone_free(z);
	return rc;
}
