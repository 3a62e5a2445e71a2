#include "agent/send/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/send/room.h"
#include "agent/send/sets.h"
#include "agent/send/store.h"
#include "common/log.h"
#include "common/memory.h"

#define ROW_OVERHEAD 48 /* bytes a batch takes beside its body */
#define ROUNDS_MAX 8    /* of making room in one step */
#define ACKS_MAX 256    /* acknowledged batches that may stay on disk until the next put */
#define SENDING_MAX 64  /* ids that may be on their way to the collector */
#define DICT_BYTES_MAX (128 * 1024)

struct boot {
	int64_t number;
	uint8_t id[BOOT_ID_BYTES];
	bool offset_known;
	int64_t offset_ms;
};

struct spool {
	struct store *store;
	struct store_state state;
	int64_t max_bytes, bytes, backlog;
	int64_t acked_id, deleted_id, oldest_id, sent_id; /* sent: the last that was peeked */
	bool thinning;                                    /* said in the log */
	uint64_t lost; /* batches that could not be written since the last that could */
	struct sets *sets;
	struct boot *boots;
	size_t boot_count, boot_now;
};

static int on_set(void *arg, uint32_t number, const char *class_name, uint8_t layout, const char *instance)
{
	struct spool *s = arg;

	return sets_load(s->sets, number, class_name, layout, instance) ? -EILSEQ : 0;
}

static void on_boot(void *arg, int64_t number, const uint8_t id[BOOT_ID_BYTES], const int64_t *offset_ms)
{
	struct spool *s = arg;
	struct boot *b;

	s->boots = mem_grow(s->boots, s->boot_count + 1, sizeof(*s->boots));
	b = &s->boots[s->boot_count++];
	*b = (struct boot){.number = number, .offset_known = offset_ms, .offset_ms = offset_ms ? *offset_ms : 0};
	memcpy(b->id, id, BOOT_ID_BYTES);
}

static const struct boot *boot_find(const struct spool *s, int64_t number)
{
	for (size_t i = s->boot_count; i-- > 0;)
		if (s->boots[i].number == number)
			return &s->boots[i];
	return &s->boots[s->boot_now];
}

static struct boot *boot_now(const struct spool *s)
{
	return &s->boots[s->boot_now];
}

static int load_boots(struct spool *s)
{
	uint8_t id[BOOT_ID_BYTES];
	int64_t number;
	int status;

	clock_boot_id(id);
	status = store_put_boot(s->store, id, NULL, &number);
	if (!status)
		status = store_each_boot(s->store, on_boot, s);
	for (size_t i = 0; i < s->boot_count; i++)
		if (s->boots[i].number == number)
			s->boot_now = i;
	return status || s->boot_count ? status : -EILSEQ;
}

/* What is not acknowledged: how many, how large, from where. */
static int count_backlog(struct spool *s)
{
	struct store_row row;
	int status = store_count(s->store, s->acked_id + 1, INT64_MAX, &s->backlog, &s->bytes);

	s->bytes += s->backlog * ROW_OVERHEAD;
	s->oldest_id = store_next(s->store, s->acked_id + 1, &row) ? 0 : row.id;
	return status;
}

static int spool_load(struct spool *s, const char *path)
{
	int status = store_open(&s->store, path, &s->state);

	if (!status)
		status = load_boots(s);
	if (!status)
		status = store_each_set(s->store, on_set, s);
	s->acked_id = s->deleted_id = s->sent_id = s->state.base;
	return status ? status : count_backlog(s);
}

static struct spool *spool_new(int64_t max_bytes)
{
	struct spool *s = mem_alloc(sizeof(*s));

	s->max_bytes = max_bytes > 0 ? max_bytes : 64 << 20;
	s->sets = sets_new();
	return s;
}

/* Its batches are gone for us, but a person may still want to look. */
static void set_aside(const char *path)
{
	static const char *const tails[] = {"", "-wal"};
	char from[4096], to[4096];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", path, tails[i]);
		snprintf(to, sizeof(to), "%s.broken%s", path, tails[i]);
		rename(from, to);
	}
}

int spool_open(struct spool **out, const char *dir, int64_t max_bytes)
{
	char path[4000];
	mode_t mask = umask(077);
	int status;

	snprintf(path, sizeof(path), "%s/spool.db", dir);
	*out = spool_new(max_bytes);
	status = spool_load(*out, path);
	if (status == -EILSEQ) {
		log_error("spool %s is damaged: set aside as spool.db.broken, begun anew", path);
		spool_close(*out);
		set_aside(path);
		*out = spool_new(max_bytes);
		status = spool_load(*out, path);
	}
	umask(mask);
	if (!status)
		return 0;
	log_error("spool %s: %s (%s)", path, strerror(-status), store_error((*out)->store));
	spool_close(*out);
	*out = NULL;
	return status;
}

static int delete_acked(struct spool *s)
{
	int status = s->acked_id > s->deleted_id ? store_delete(s->store, s->deleted_id + 1, s->acked_id) : 0;

	if (!status)
		s->deleted_id = s->acked_id;
	return status;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->store && s->acked_id > s->deleted_id)
		delete_acked(s);
	store_close(s->store);
	sets_free(s->sets);
	free(s->boots);
	free(s);
}

uint64_t spool_epoch(const struct spool *s)
{
	return (uint64_t)s->state.epoch;
}

uint64_t spool_next_seq(const struct spool *s)
{
	return (uint64_t)(s->state.next_id - s->state.base);
}

uint64_t spool_oldest_seq(const struct spool *s)
{
	return s->oldest_id ? (uint64_t)(s->oldest_id - s->state.base) : 0;
}

uint64_t spool_backlog(const struct spool *s)
{
	return (uint64_t)s->backlog;
}

int64_t spool_bytes(const struct spool *s)
{
	return s->bytes;
}

const uint8_t *spool_boot_id(const struct spool *s)
{
	return boot_now(s)->id;
}

uint32_t spool_number(struct spool *s, enum metric_class_id class_id, const char *instance, bool *fresh)
{
	uint32_t number = sets_number(s->sets, metric_class(class_id), instance);

	*fresh = number != UINT32_MAX && !sets_at(s->sets, number)->stored;
	return number;
}

/* ---- putting ---- */

static int put_fresh_sets(struct spool *s)
{
	int status = 0;

	for (uint32_t i = 0; i < sets_count(s->sets) && !status; i++) {
		const struct set *set = sets_at(s->sets, i);

		if (!set->stored)
			status = store_put_set(s->store, i, set->class->name, set->class->layout, set->instance);
	}
	return status;
}

/* What was lost stands in a batch of its own before the next. */
static int put_loss(struct spool *s, struct store_state *state, int64_t boot_ms, struct buf *body)
{
	struct batch_writer *w = batch_writer_new();
	char text[80];

	snprintf(text, sizeof(text), "%llu batches could not be written to the spool", (unsigned long long)s->lost);
	batch_event(w, boot_ms, "spool-lost", text);
	batch_finish(w, body);
	batch_writer_free(w);
	return store_put(s->store, &(struct store_row){.id = state->next_id++,
	                                   .boot = boot_now(s)->number,
	                                   .base_ms = boot_ms,
	                                   .wall_ms = clock_wall_ms() - clock_boot_ms() + boot_ms,
	                                   .body = body->data,
	                                   .len = body->len});
}

static int put_all(struct spool *s, struct store_state *state, const struct store_row *row, struct buf *loss)
{
	struct store_row numbered = *row;
	int status = store_begin(s->store);

	if (status)
		return status;
	if (s->lost)
		status = put_loss(s, state, row->base_ms, loss);
	numbered.id = state->next_id++;
	if (!status)
		status = store_put(s->store, &numbered);
	if (!status)
		status = put_fresh_sets(s);
	if (!status)
		status = store_set_state(s->store, state);
	if (!status && s->acked_id > s->deleted_id)
		status = store_delete(s->store, s->deleted_id + 1, s->acked_id);
	return store_end(s->store, status);
}

static void make_room(struct spool *s)
{
	/* what is on its way is better left as it is */
	bool sending = s->sent_id > s->acked_id && s->sent_id - s->acked_id <= SENDING_MAX;
	struct room_request want = {.after_id = sending ? s->sent_id : s->acked_id,
	        .boot_now = boot_now(s)->number,
	        .boot_ms = clock_boot_ms(),
	        .drop_bytes = s->max_bytes / 16};
	int64_t rows, bytes;
	struct store_row row;

	for (int i = 0; i < ROUNDS_MAX && s->bytes > s->max_bytes; i++) {
		if (room_make(s->store, s->sets, &want, &rows, &bytes))
			return;
		s->backlog -= rows;
		s->bytes -= bytes + rows * ROW_OVERHEAD;
		s->oldest_id = store_next(s->store, s->acked_id + 1, &row) ? 0 : row.id;
		if (!s->thinning)
			log_warn("spool: full at %lld bytes, the oldest are thinned", (long long)s->max_bytes);
		s->thinning = true;
	}
}

int spool_put(struct spool *s, int64_t base_boot_ms, const uint8_t *body, size_t len)
{
	struct store_row row = {.boot = boot_now(s)->number,
	        .base_ms = base_boot_ms,
	        .wall_ms = clock_wall_ms() - clock_boot_ms() + base_boot_ms,
	        .body = body,
	        .len = len};
	struct store_state state = s->state;
	struct buf loss = {0};
	int status = len > BATCH_BYTES_MAX ? -EMSGSIZE : put_all(s, &state, &row, &loss);

	if (status) {
		if (!s->lost++)
			log_error("spool: a batch is lost: %s (%s)", strerror(-status), store_error(s->store));
		buf_free(&loss);
		return status;
	}
	if (!s->oldest_id)
		s->oldest_id = s->state.next_id;
	s->backlog += state.next_id - s->state.next_id;
	s->bytes += (int64_t)(len + loss.len) + ROW_OVERHEAD * (state.next_id - s->state.next_id);
	s->state = state;
	s->deleted_id = s->acked_id;
	s->lost = 0;
	for (uint32_t i = 0; i < sets_count(s->sets); i++)
		sets_stored(s->sets, i);
	buf_free(&loss);
	make_room(s);
	return 0;
}

/* ---- sending ---- */

int spool_peek(struct spool *s, uint64_t from_seq, struct spool_batch *out)
{
	int64_t from = from_seq < INT64_MAX / 2 ? s->state.base + (int64_t)from_seq : INT64_MAX;
	const struct boot *boot;
	struct store_row row;
	int status;

	if (from <= s->acked_id)
		from = s->acked_id + 1;
	if (from >= s->state.next_id)
		return -ENOENT;
	status = store_next(s->store, from, &row);
	if (status)
		return status == -ENOENT ? status : -EIO;
	if (row.id > s->sent_id)
		s->sent_id = row.id;
	boot = boot_find(s, row.boot);
	*out = (struct spool_batch){.seq = (uint64_t)(row.id - s->state.base),
	        .wall_ms = row.wall_ms,
	        .offset_known = boot->offset_known,
	        .offset_ms = boot->offset_ms,
	        .body = row.body,
	        .len = row.len};
	memcpy(out->boot_id, boot->id, BOOT_ID_BYTES);
	return 0;
}

void spool_ack(struct spool *s, uint64_t epoch, uint64_t seq)
{
	int64_t rows, bytes, id;
	struct store_row row;

	if (epoch != spool_epoch(s) || seq >= spool_next_seq(s) || s->state.base + (int64_t)seq <= s->acked_id)
		return;
	id = s->state.base + (int64_t)seq;
	if (store_count(s->store, s->acked_id + 1, id, &rows, &bytes))
		return;
	s->backlog -= rows;
	s->bytes -= bytes + rows * ROW_OVERHEAD;
	s->acked_id = id;
	s->oldest_id = !s->backlog || store_next(s->store, id + 1, &row) ? 0 : row.id;
	if (s->acked_id - s->deleted_id >= ACKS_MAX && delete_acked(s))
		log_warn("spool: cannot delete what is acknowledged: %s", store_error(s->store));
}

/* Whole dictionary, in as many batches as it needs, each led by an event that gives it a time. */
static int put_dictionary(struct spool *s, const struct boot *boot, int64_t base_ms, int64_t wall_ms, int64_t *id)
{
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0};
	uint32_t i = 0, count = sets_count(s->sets);
	int status = 0;

	while (i < count && !status) {
		batch_event(w, base_ms, "spool-renewed", "the collector knew more than this spool: a new epoch");
		for (; i < count && batch_size(w) < DICT_BYTES_MAX; i++) {
			const struct set *set = sets_at(s->sets, i);

			if (set->class && set->stored)
				batch_dict(w, i, set->class->name, set->class->layout, set->instance);
		}
		buf_reset(&body);
		batch_finish(w, &body);
		status = store_put(s->store, &(struct store_row){.id = (*id)++,
		                                     .boot = boot->number,
		                                     .base_ms = base_ms,
		                                     .wall_ms = wall_ms,
		                                     .body = body.data,
		                                     .len = body.len});
	}
	buf_free(&body);
	batch_writer_free(w);
	return status;
}

/* At most this many batches for the dictionary: ids that are taken in front. */
static int64_t dictionary_batches(const struct spool *s)
{
	return !!sets_count(s->sets) + (int64_t)sets_count(s->sets) * (METRIC_INSTANCE_MAX + 16) / DICT_BYTES_MAX;
}

int spool_renew(struct spool *s)
{
	int64_t base_ms = clock_boot_ms(), wall_ms = clock_wall_ms(), id, first = s->oldest_id;
	const struct boot *boot = boot_now(s);
	struct store_state state = {.next_id = s->state.next_id};
	struct store_row row;
	int status;

	if (first && !store_next(s->store, first, &row)) {
		boot = boot_find(s, row.boot);
		base_ms = row.base_ms;
		wall_ms = row.wall_ms;
	}
	state.epoch = (int64_t)chance_u64();
	id = (first ? first : state.next_id + dictionary_batches(s)) - dictionary_batches(s);
	state.base = id - 1;
	status = store_begin(s->store);
	if (status)
		return status;
	status = store_delete(s->store, s->deleted_id + 1, s->acked_id);
	if (!status)
		status = put_dictionary(s, boot, base_ms, wall_ms, &id);
	if (id > state.next_id)
		state.next_id = id;
	if (!status)
		status = store_set_state(s->store, &state);
	status = store_end(s->store, status);
	if (status)
		return status;
	s->state = state;
	s->acked_id = s->deleted_id = s->sent_id = state.base;
	return count_backlog(s);
}

int spool_set_offset(struct spool *s, int64_t offset_ms)
{
	struct boot *b = boot_now(s);
	int64_t number;
	int status;

	if (b->offset_known && b->offset_ms == offset_ms)
		return 0;
	b->offset_known = true;
	b->offset_ms = offset_ms;
	status = store_put_boot(s->store, b->id, &offset_ms, &number);
	if (status)
		log_warn("spool: cannot keep the offset: %s", store_error(s->store));
	return status;
}

bool spool_offset(const struct spool *s, int64_t *offset_ms)
{
	*offset_ms = boot_now(s)->offset_ms;
	return boot_now(s)->offset_known;
}
