#include "collector/series/route.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/inventory/inventory.h"
#include "common/batch.h"
#include "common/log.h"
#include "common/memory.h"

#define BUCKETS 4096
#define SETS_FIRST 32
#define FILE_NAME_SIZE 96

enum slot_state { SLOT_NEW, SLOT_FILE, SLOT_ELSEWHERE, SLOT_UNKNOWN };

struct slot {
	enum slot_state state;
	struct series_file *file;
};

/* What one epoch of one node's spool speaks of. */
struct stream {
	struct stream *next;
	uint64_t epoch;
	const struct node *node; /* NULL: not in the inventory */
	struct slot *slots;
	uint32_t slot_count;
	char name[];
};

struct route {
	const struct collector_config *config;
	struct shard *shard;
	unsigned index, shards;
	struct inventory *inventory;
	char digest[72];
	struct stream *buckets[BUCKETS];
	/* While one batch is decoded. */
	struct follower *follower;
	const struct record *record;
	struct stream *stream;
};

static uint32_t name_hash(const char *name, uint64_t epoch)
{
	uint64_t h = 0xcbf29ce484222325u ^ epoch;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return (uint32_t)(h ^ h >> 32) & (BUCKETS - 1);
}

static void streams_forget(struct route *r)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct stream *s = r->buckets[i], *next; s; s = next) {
			next = s->next;
			free(s->slots);
			free(s);
		}
		r->buckets[i] = NULL;
	}
}

static struct stream *stream_get(struct route *r, const char *name, uint64_t epoch)
{
	struct stream **bucket = &r->buckets[name_hash(name, epoch)];

	for (struct stream *s = *bucket; s; s = s->next)
		if (s->epoch == epoch && strcmp(s->name, name) == 0)
			return s;
	size_t len = strlen(name) + 1;
	struct stream *s = mem_alloc(sizeof(*s) + len);
	memcpy(s->name, name, len);
	s->epoch = epoch;
	s->node = inventory_node(r->inventory, name);
	s->next = *bucket;
	*bucket = s;
	return s;
}

static struct slot *slot_of(struct stream *s, uint32_t set)
{
	if (set >= s->slot_count) {
		uint32_t count = s->slot_count ? s->slot_count : SETS_FIRST;

		while (count <= set)
			count *= 2;
		s->slots = mem_grow(s->slots, count, sizeof(*s->slots));
		memset(s->slots + s->slot_count, 0, (count - s->slot_count) * sizeof(*s->slots));
		s->slot_count = count;
	}
	return &s->slots[set];
}

/* Whose file it is: the node that speaks, or gear that it may speak for. NULL: nobody's. */
static const struct node *subject_node(const struct route *r, const char *subject)
{
	const struct node *speaker = r->stream->node;
	char gear[METRIC_NODE_MAX];

	if (!speaker || !metric_subject_valid(subject))
		return NULL;
	metric_subject_split(subject, gear);
	return *gear ? inventory_speaks_for(r->inventory, speaker, gear) : speaker;
}

/* Gear is read less often than the site's step: its files are as coarse as its rows. */
static unsigned step_of(const struct route *r, const struct node *node)
{
	int64_t step_ms = node->at->step_ms ? node->at->step_ms : r->config->step_ms;

	if (node->kind == NODE_GEAR && step_ms < node->every_ms)
		step_ms = node->every_ms;
	return step_ms >= 1000 ? (unsigned)(step_ms / 1000) : 1;
}

static void slot_resolve(struct route *r, struct slot *slot, const char *class_name, const char *subject)
{
	const struct metric_class *class = metric_class_named(class_name);
	const struct node *node = subject_node(r, subject);
	char path[FILE_PATH_SIZE], file[FILE_NAME_SIZE], gear[METRIC_NODE_MAX];

	*slot = (struct slot){.state = SLOT_UNKNOWN};
	if (!class || !node || !node->at)
		return;
	metric_file_name(class, metric_subject_split(subject, gear), file, sizeof(file));
	snprintf(path, sizeof(path), "%s/%s/%s.rrd", node->at->id, node->id, file);
	if (files_shard_of(path, r->shards) != r->index) {
		slot->state = SLOT_ELSEWHERE;
		return;
	}
	slot->file = shard_file(r->shard, path, class, step_of(r, node), node->at->simulated);
	if (slot->file)
		slot->state = SLOT_FILE;
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct route *r = arg;

	(void)layout; /* columns are only appended: a shorter row is padded, a longer one cut */
	slot_resolve(r, slot_of(r->stream, set), class_name, instance);
}

static void slot_ask(struct route *r, struct slot *slot, uint32_t set)
{
	const char *class_name, *instance;
	uint8_t layout;

	if (follower_dict(r->follower, r->record->node, r->record->epoch, set, &class_name, &layout, &instance))
		slot_resolve(r, slot, class_name, instance);
	else
		slot->state = SLOT_UNKNOWN;
}

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct route *r = arg;
	struct slot *slot = slot_of(r->stream, set);

	if (slot->state == SLOT_NEW)
		slot_ask(r, slot, set);
	if (slot->state == SLOT_FILE)
		shard_row(r->shard, slot->file, r->record->id, boot_ms + r->record->offset_ms, values, count);
	else if (slot->state == SLOT_UNKNOWN)
		shard_figures(r->shard)->skipped_unknown++;
}

static void route_batch(struct route *r, struct follower *follower, const struct record *record)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict, .on_row = on_row};

	r->follower = follower;
	r->record = record;
	r->stream = stream_get(r, record->node, record->epoch);
	/* Intake has checked it; what decodes no more here is passed over. */
	if (batch_decode(record->body, record->body_len, &handlers, r, NULL))
		shard_figures(r->shard)->skipped_unknown++;
}

struct route *route_new(const struct collector_config *config, struct shard *shard, unsigned index, unsigned shards)
{
	struct route *r = mem_alloc(sizeof(*r));

	r->config = config;
	r->shard = shard;
	r->index = index;
	r->shards = shards;
	return r;
}

int route_inventory(struct route *r, const char *digest)
{
	char *path = mem_printf("%s/inventory/%s.yaml", r->config->state_dir, digest);
	struct conf_errors errors = {0};
	struct inventory *fresh = NULL;
	int err = strlen(digest) >= sizeof(r->digest) || strchr(digest, '/')
	                  ? -EINVAL
	                  : inventory_load(path, r->config->timezone, r->config->language, &fresh, &errors);

	if (err) {
		log_error("series: cannot load %s: %s", path, strerror(-err));
	} else {
		streams_forget(r);
		inventory_free(r->inventory);
		r->inventory = fresh;
		snprintf(r->digest, sizeof(r->digest), "%s", digest);
	}
	conf_errors_free(&errors);
	free(path);
	return err;
}

const char *route_digest(const struct route *r)
{
	return r->digest;
}

/* Rows read so far go out first, so that the cursor and this inventory are committed together. */
static void route_inventory_record(struct route *r, const struct record *record)
{
	json_t *body = json_loadb((const char *)record->body, record->body_len, 0, NULL);
	const char *digest = json_string_value(json_object_get(body, "digest"));

	if (digest && strcmp(digest, r->digest) != 0) {
		shard_flush_all(r->shard);
		route_inventory(r, digest);
	}
	json_decref(body);
}

void route_record(struct route *r, struct follower *follower, const struct record *record)
{
	if (record->kind == RECORD_BATCH)
		route_batch(r, follower, record);
	else if (record->kind == RECORD_INVENTORY)
		route_inventory_record(r, record);
}

void route_free(struct route *r)
{
	streams_forget(r);
	inventory_free(r->inventory);
	free(r);
}
