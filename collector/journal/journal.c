#include "collector/journal/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/journal/commit.h"
#include "collector/journal/record.h"
#include "collector/journal/segment.h"
#include "common/batch.h"
#include "common/log.h"
#include "common/memory.h"

#define GATHER_MS 2 /* commits begin at least this far apart: the CPU's mercy where the disk is fast */
#define HOUSEKEEP_MS 1000
#define HOLD_MS 5000
#define FOLLOWERS_MAX 64

/*
 * Appends fill one group while the thread stores the other. When a group fails,
 * what was queued behind it fails too: a later batch must never be stored before an earlier one of its stream.
 */
struct journal {
	uv_loop_t *loop;
	struct committer *committer;
	struct streams *streams;
	struct keys *keys;
	struct group groups[2];
	struct group *filling, *storing;
	uv_work_t work;
	uv_sem_t stored; /* posted when the thread is done with `storing` */
	uv_idle_t idle;  /* runs while a filled group waits for the end of this loop turn */
	uv_timer_t gather, housekeep;
	int open_handles;
	uint64_t begun_ms; /* loop time of the last commit's begin */
	bool work_active;  /* the after-work callback is still to come */
	bool closing, want_rotate, full, dict_came;
	int64_t last_id, dropped;
	void (*on_full)(bool full, void *arg);
	void *arg;
	struct {
		char *name;
		int64_t id;
	} followers[FOLLOWERS_MAX];
	unsigned follower_count;
};

/* ---- answers ---- */

static void tell_full(struct journal *j, bool full)
{
	if (j->full == full)
		return;
	j->full = full;
	log_warn(full ? "journal: no room, appends are refused" : "journal: there is room again");
	if (j->on_full)
		j->on_full(full, j->arg);
}

/* Entries queued behind a failed group fail with it, in their order. */
static void join_failed(struct journal *j, struct group *g)
{
	group_roll_back(g, g->status);
	group_roll_back(j->filling, g->status);
	streams_roll_back(j->streams);
	group_join(g, j->filling);
}

/* The stored group's results, on the loop's thread. */
static void take_result(struct journal *j)
{
	struct group *g = j->storing;

	j->want_rotate = g->want_rotate;
	if (g->dropped > j->dropped) {
		j->dropped = g->dropped;
		keys_drop(j->keys, g->dropped);
	}
	if (!g->status && g->records)
		j->last_id = g->first_id + g->records - 1;
	if (g->status && g->status != -ENOSPC)
		log_error("journal: %u records could not be stored: %s", g->records, strerror(-g->status));
	if (g->status)
		join_failed(j, g);
	else
		group_settle(g);
	tell_full(j, g->full);
	group_answer(g, g->status);
	j->storing = NULL;
}

/* ---- committing ---- */

int64_t journal_slowest(const struct journal *j)
{
	int64_t least = INT64_MAX;

	for (unsigned i = 0; i < j->follower_count; i++)
		if (j->followers[i].id < least)
			least = j->followers[i].id;
	return least;
}

/* Hands what has gathered to the thread. */
static struct group *take_filled(struct journal *j)
{
	struct group *g = j->filling;

	j->storing = g;
	j->filling = &j->groups[g == &j->groups[0]];
	j->begun_ms = uv_now(j->loop);
	g->slowest = journal_slowest(j);
	if (g->rotate)
		j->want_rotate = false;
	return g;
}

static void on_work(uv_work_t *work)
{
	struct journal *j = work->data;

	committer_run(j->committer, j->storing);
	uv_sem_post(&j->stored);
}

static void free_if_done(struct journal *j)
{
	if (!j->closing || j->open_handles || j->work_active)
		return;
	committer_close(j->committer);
	group_free(&j->groups[0]);
	group_free(&j->groups[1]);
	streams_free(j->streams);
	keys_free(j->keys);
	for (unsigned i = 0; i < j->follower_count; i++)
		free(j->followers[i].name);
	uv_sem_destroy(&j->stored);
	free(j);
}

static void on_gather(uv_timer_t *timer);
static void on_idle(uv_idle_t *idle);

static void after_work(uv_work_t *work, int status)
{
	struct journal *j = work->data;

	(void)status;
	j->work_active = false;
	if (j->closing) { /* journal_close has taken the result */
		free_if_done(j);
		return;
	}
	uv_sem_wait(&j->stored);
	take_result(j);
	if (j->filling->entry_count)
		uv_idle_start(&j->idle, on_idle);
}

static void commit(struct journal *j)
{
	take_filled(j);
	j->work_active = true;
	j->work.data = j;
	uv_queue_work(j->loop, &j->work, on_work, after_work);
}

static void commit_when_due(struct journal *j)
{
	uint64_t since_ms = uv_now(j->loop) - j->begun_ms;

	uv_idle_stop(&j->idle);
	if (j->storing || !j->filling->entry_count)
		return;
	if (since_ms < GATHER_MS)
		uv_timer_start(&j->gather, on_gather, GATHER_MS - since_ms, 0);
	else
		commit(j);
}

static void on_gather(uv_timer_t *timer)
{
	commit_when_due(timer->data);
}

static void on_idle(uv_idle_t *idle)
{
	commit_when_due(idle->data);
}

/* An empty group: drops what is due, sees whether there is room again. */
static void on_housekeep(uv_timer_t *timer)
{
	struct journal *j = timer->data;

	if (!j->storing && !j->filling->entry_count)
		commit(j);
}

/* ---- appending ---- */

static struct entry *add_entry(struct journal *j, journal_on_append on_append, void *arg)
{
	struct group *g = j->filling;

	if (!g->entry_count) {
		g->rotate = j->want_rotate;
		if (g->rotate)
			streams_pack(j->streams, &g->start);
		if (!j->storing)
			uv_idle_start(&j->idle, on_idle);
	}
	return group_add(g, on_append, arg);
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	stream_dict_put(arg, set, class_name, layout, instance);
}

/* Our agents put rows last, so a batch that begins with rows holds no dictionary entries; the caller tells of others by journal_dict. */
static bool batch_has_dict(const struct record *r, struct stream *st)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict};
	struct cursor c = cursor_of(r->body, r->body_len);
	struct batch_summary summary = {0};

	cursor_varint(&c);
	cursor_varint(&c);
	if (cursor_varint(&c) == 2 || c.failed)
		return false;
	return !batch_decode(r->body, r->body_len, &handlers, st, &summary) && summary.dicts;
}

/*
 * A batch that was on its way when an earlier one of its stream failed must not be stored: the earlier one, said again, would
 * pass for old. An agent that has dropped the earlier one meanwhile is believed after a while.
 */
static bool stream_is_held(struct stream *st, uint64_t seq)
{
	if (!st->held)
		return false;
	if (seq > st->held && clock_boot_ms() - st->held_at_ms < HOLD_MS)
		return true;
	st->held = 0;
	return false;
}

static void append_batch(struct journal *j, struct entry *e, const struct record *r)
{
	struct stream *st = streams_get(j->streams, r->node, r->epoch, true);
	struct record copy = *r;

	if (r->seq <= st->seq) {
		e->status = -EALREADY;
		return;
	}
	if (stream_is_held(st, r->seq)) {
		e->status = st->held_status;
		return;
	}
	if (j->dict_came || batch_has_dict(r, st))
		copy.flags |= RECORD_HAS_DICT;
	e->status = group_pack(j->filling, &copy, clock_wall_ms());
	if (e->status)
		return;
	e->stream = st;
	e->seq = st->seq = r->seq;
}

static void append_keyed(struct journal *j, struct entry *e, const struct record *r)
{
	struct key *key = keys_get(j->keys, r->key);

	if (key->id > 0) {
		e->status = -EALREADY;
		e->id = key->id;
		return;
	}
	e->status = key->id == KEY_PENDING ? -EALREADY : group_pack(j->filling, r, clock_wall_ms());
	if (!e->status)
		key->id = KEY_PENDING;
	if (!e->status || e->status == -EALREADY)
		e->key = key;
}

void journal_append(struct journal *j, const struct record *r, journal_on_append on_append, void *arg)
{
	struct entry *e = add_entry(j, on_append, arg);

	if (!r->node || strlen(r->node) > RECORD_NAME_MAX || (r->key && strlen(r->key) > RECORD_NAME_MAX))
		e->status = -EINVAL;
	else if (r->kind == RECORD_BATCH)
		append_batch(j, e, r);
	else if (r->key && r->key[0])
		append_keyed(j, e, r);
	else
		e->status = group_pack(j->filling, r, clock_wall_ms());
	if (r->kind == RECORD_BATCH)
		j->dict_came = false;
}

void journal_dict(struct journal *j, const char *node, uint64_t epoch, uint32_t set, const char *class_name,
        uint8_t layout, const char *instance)
{
	stream_dict_put(streams_get(j->streams, node, epoch, true), set, class_name, layout, instance);
	j->dict_came = true;
}

/* ---- questions ---- */

uint64_t journal_stream_seq(const struct journal *j, const char *node, uint64_t epoch)
{
	const struct stream *st = streams_get(j->streams, node, epoch, false);

	return st ? st->seq : 0;
}

uint64_t journal_stream_committed(const struct journal *j, const char *node, uint64_t epoch)
{
	const struct stream *st = streams_get(j->streams, node, epoch, false);

	return st ? st->committed : 0;
}

bool journal_stream_outdated(const struct journal *j, const char *node, uint64_t epoch)
{
	const struct stream *st = streams_get(j->streams, node, epoch, false);

	return st && st != streams_newest(j->streams, node);
}

int64_t journal_last_id(const struct journal *j)
{
	return j->last_id;
}

size_t journal_queued(const struct journal *j)
{
	return j->filling->bytes + (j->storing ? j->storing->bytes : 0);
}

bool journal_full(const struct journal *j)
{
	return j->full;
}

void journal_set_cursor(struct journal *j, const char *follower, int64_t id)
{
	for (unsigned i = 0; i < j->follower_count; i++) {
		if (strcmp(j->followers[i].name, follower))
			continue;
		j->followers[i].id = id;
		return;
	}
	if (j->follower_count == FOLLOWERS_MAX) {
		log_error("journal: more than %d followers; %s is not waited for", FOLLOWERS_MAX, follower);
		return;
	}
	j->followers[j->follower_count].name = mem_str(follower);
	j->followers[j->follower_count++].id = id;
}

/* ---- life ---- */

static void on_lost(int64_t first, int64_t last, const char *path, void *arg)
{
	char body[4400];

	snprintf(body, sizeof(body),
	        "{\"role\":\"journal\",\"index\":0,\"how\":\"segment cannot be read, set aside\",\"file\":\"%s\","
	        "\"first\":%lld,\"last\":%lld}",
	        path, (long long)first, (long long)last);
	buf_put_str(arg, body);
}

static void record_losses(struct journal *j, const struct buf *losses)
{
	struct cursor c = cursor_of(losses->data, losses->len);

	while (cursor_left(&c)) {
		struct record r = {.kind = RECORD_PROCESS, .node = ""};
		r.body = cursor_blob(&c, &r.body_len);
		journal_append(j, &r, NULL, NULL);
	}
}

static void start_handles(struct journal *j)
{
	uv_sem_init(&j->stored, 0);
	uv_idle_init(j->loop, &j->idle);
	uv_timer_init(j->loop, &j->gather);
	uv_timer_init(j->loop, &j->housekeep);
	j->idle.data = j->gather.data = j->housekeep.data = j;
	j->open_handles = 3;
	uv_timer_start(&j->housekeep, on_housekeep, HOUSEKEEP_MS, HOUSEKEEP_MS);
	uv_unref((uv_handle_t *)&j->housekeep);
}

int journal_open(struct journal **out, uv_loop_t *loop, const char *dir, const struct journal_limits *limits,
        void (*on_full)(bool full, void *arg), void *arg)
{
	struct journal *j = mem_alloc(sizeof(*j));
	struct buf losses = {0};

	*out = NULL;
	j->loop = loop;
	j->on_full = on_full;
	j->arg = arg;
	j->streams = streams_new();
	j->keys = keys_new();
	j->filling = &j->groups[0];
	int err = committer_open(&j->committer, dir, limits, j->streams, j->keys, on_lost, &losses);
	if (err) {
		streams_free(j->streams);
		keys_free(j->keys);
		buf_free(&losses);
		free(j);
		return err;
	}
	j->last_id = committer_last_id(j->committer);
	j->want_rotate = committer_want_rotate(j->committer);
	start_handles(j);
	record_losses(j, &losses);
	buf_free(&losses);
	*out = j;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct journal *j = handle->data;

	j->open_handles--;
	free_if_done(j);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	j->closing = true;
	if (j->storing) {
		uv_sem_wait(&j->stored);
		take_result(j);
	}
	while (j->filling->entry_count) {
		committer_run(j->committer, take_filled(j));
		take_result(j);
	}
	uv_close((uv_handle_t *)&j->idle, on_closed);
	uv_close((uv_handle_t *)&j->gather, on_closed);
	uv_close((uv_handle_t *)&j->housekeep, on_closed);
}
