/*
 * series: the role that keeps the RRD files. It follows the journal at its own cursor, writes its shard of the files
 * (write.h), and answers who wants to read one: flush it first, or give a range as JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "collector/role.h"
#include "collector/series/read.h"
#include "collector/series/route.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TICK_MS 1000
#define CHECKPOINT_TICKS 15
#define CHECKPOINT_IDLE_TICKS 3 /* when all that was read is in files */
#define TURN_NS 10000000u       /* reading gives way to messages after this */
#define PEERS_MAX 64
#define RANGE_ROWS_MAX 200000

struct series {
	uv_loop_t loop;
	struct process *self;
	const struct collector_config *config;
	struct shard *shard;
	struct route *route;
	struct follower *follower;
	struct channel *core;
	struct channel *peers[PEERS_MAX]; /* core among them */
	uv_timer_t tick;
	uv_idle_t reading; /* active while the journal has more */
	int64_t read_id;
	unsigned ticks;
	bool stopping;
	char name[24]; /* "series/0", to core */
};

/* ---- reading the journal ---- */

static void on_reading(uv_idle_t *idle)
{
	struct series *s = idle->data;
	uint64_t until = uv_hrtime() + TURN_NS;
	struct record record;
	int more = 1;

	shard_set_now(s->shard, clock_boot_ms(), clock_wall_ms());
	for (unsigned n = 1; more > 0; n++) {
		if (shard_pressed(s->shard))
			more = 0;
		else
			more = follower_next(s->follower, &record);
		if (more <= 0)
			break;
		route_record(s->route, s->follower, &record);
		s->read_id = record.id;
		if (n % 16 == 0)
			shard_flush_full(s->shard);
		if (n % 16 == 0 && uv_hrtime() > until)
			break;
	}
	if (more <= 0)
		uv_idle_stop(idle);
}

static void read_on(struct series *s)
{
	if (!s->stopping && *route_digest(s->route))
		uv_idle_start(&s->reading, on_reading);
}

static void on_checkpoint(int64_t cursor, void *arg)
{
	struct series *s = arg;
	struct buf b = {0};

	if (!s->core || cursor < 0)
		return;
	buf_put_str(&b, s->name);
	buf_put_svarint(&b, cursor);
	channel_send(s->core, MESSAGE_CURSOR, b.data, b.len);
	buf_free(&b);
}

static void on_tick(uv_timer_t *tick)
{
	struct series *s = tick->data;

	shard_set_now(s->shard, clock_boot_ms(), clock_wall_ms());
	shard_tick(s->shard);
	const struct shard_figures *f = shard_figures(s->shard);
	bool idle = !f->rows_pending && f->cursor < s->read_id;
	unsigned due = idle ? CHECKPOINT_IDLE_TICKS : CHECKPOINT_TICKS;
	if (++s->ticks >= due && shard_checkpoint(s->shard, s->read_id, route_digest(s->route), on_checkpoint, s))
		s->ticks = 0;
	read_on(s); /* a lost wake-up costs a second, no more */
}

/* ---- messages ---- */

static void message_wake(struct series *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	(void)ch;
	(void)id;
	(void)c;
	read_on(s);
}

/* Records of inventories are followed in the journal's order; this one is only for the very first. */
static void message_inventory(struct series *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	char digest[72];

	(void)ch;
	(void)id;
	cursor_str(c, digest, sizeof(digest));
	if (!c->failed && !*route_digest(s->route) && route_inventory(s->route, digest) == 0)
		read_on(s);
}

/* A path of "" flushes everything. */
static void message_flush(struct series *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	char path[FILE_PATH_SIZE];
	struct buf b = {0};
	int err = 0;

	cursor_str(c, path, sizeof(path));
	if (c->failed)
		err = -EINVAL;
	else
		err = *path ? shard_flush_path(s->shard, path) : shard_flush_all(s->shard);
	buf_put_svarint(&b, err);
	buf_put_svarint(&b, s->read_id);
	channel_reply(ch, MESSAGE_FLUSH, id, b.data, b.len);
	buf_free(&b);
}

static void message_range(struct series *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	char path[FILE_PATH_SIZE], cf[16];
	struct buf json = {0}, b = {0};

	cursor_str(c, path, sizeof(path));
	int64_t from = cursor_svarint(c), to = cursor_svarint(c);
	uint32_t rows = cursor_u32(c);
	cursor_str(c, cf, sizeof(cf));
	int err = c->failed || !files_path_valid(path) ? -EINVAL : shard_flush_path(s->shard, path);
	if (!err) {
		char *full = mem_printf("%s/rrd/%s", s->config->state_dir, path);

		err = read_range(full, *cf ? cf : "AVERAGE", from, to,
		        rows && rows < RANGE_ROWS_MAX ? rows : RANGE_ROWS_MAX, &json);
		free(full);
	}
	buf_put_svarint(&b, err);
	buf_put_blob(&b, json.data, json.len);
	channel_reply(ch, MESSAGE_RANGE, id, b.data, b.len);
	buf_free(&json);
	buf_free(&b);
}

static void message_status(struct series *s, struct channel *ch, uint32_t id, struct cursor *c)
{
	const struct shard_figures *f = shard_figures(s->shard);
	struct buf b = {0};

	(void)c;
	buf_printf(&b,
	        "{\"shard\":%u,\"files\":%zu,\"values\":%llu,\"rows\":%llu,\"rows_pending\":%llu,\"cursor\":%lld,"
	        "\"read\":%lld,",
	        process_index(s->self), shard_file_count(s->shard), (unsigned long long)f->values,
	        (unsigned long long)f->rows, (unsigned long long)f->rows_pending, (long long)f->cursor,
	        (long long)s->read_id);
	buf_printf(&b,
	        "\"skipped\":%llu,\"skipped_old\":%llu,\"created\":%llu,\"flushes\":%llu,\"checkpoints\":%llu,"
	        "\"errors\":%llu}",
	        (unsigned long long)f->skipped_unknown, (unsigned long long)f->skipped_old,
	        (unsigned long long)f->created, (unsigned long long)f->flushes, (unsigned long long)f->checkpoints,
	        (unsigned long long)f->errors);
	channel_reply(ch, MESSAGE_STATUS, id, b.data, b.len);
	buf_free(&b);
}

static const struct {
	enum message_kind kind;
	void (*take)(struct series *s, struct channel *ch, uint32_t id, struct cursor *c);
} messages[] = {
        {MESSAGE_WAKE, message_wake},
        {MESSAGE_INVENTORY, message_inventory},
        {MESSAGE_FLUSH, message_flush},
        {MESSAGE_RANGE, message_range},
        {MESSAGE_STATUS, message_status},
};

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct series *s = arg;

	shard_set_now(s->shard, clock_boot_ms(), clock_wall_ms());
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (messages[i].kind == kind)
			messages[i].take(s, ch, id, payload);
}

/* ---- peers, beginning and end ---- */

static void on_channel_close(struct channel *ch, void *arg)
{
	struct series *s = arg;

	if (s->core == ch)
		s->core = NULL;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (s->peers[i] == ch)
			s->peers[i] = NULL;
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_channel_close};
	struct series *s = arg;
	struct channel *ch = channel_open(&s->loop, fd, &handlers, s);
	size_t i = 0;

	(void)index;
	while (i < PEERS_MAX && s->peers[i])
		i++;
	if (i == PEERS_MAX) {
		log_error("series: too many peers");
		channel_close(ch);
		return;
	}
	s->peers[i] = ch;
	if (strcmp(peer, "core") == 0) {
		s->core = ch;
		on_checkpoint(shard_figures(s->shard)->cursor, s);
	}
}

static void on_stop(void *arg)
{
	struct series *s = arg;

	if (s->stopping)
		return;
	s->stopping = true;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (s->peers[i])
			channel_close(s->peers[i]);
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->reading, NULL);
	process_close(s->self);
}

/* The database and the undo files are open already: of the state folder only these stay in reach. */
static int enter_sandbox(const struct collector_config *config)
{
	char *rrd = collector_state_path(config, "rrd"), *journal = collector_state_path(config, "journal"),
	     *inventory = collector_state_path(config, "inventory");
	const struct sandbox_path paths[] = {
	        {rrd, SANDBOX_WRITE},
	        {journal, SANDBOX_WRITE}, /* readers of a WAL write its shared memory */
	        {inventory, SANDBOX_READ},
	        {"/usr/share/zoneinfo", SANDBOX_READ},
	        {"/etc/localtime", SANDBOX_READ},
	        {NULL, SANDBOX_READ},
	};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_FILES, .paths = paths};
	int err = sandbox_enter(&rules);

	free(rrd);
	free(journal);
	free(inventory);
	return err;
}

static int series_open(struct series *s)
{
	const struct collector_config *config = s->config;
	unsigned index = process_index(s->self);
	struct book_state state;
	int err = shard_open(&s->shard, &s->loop, config->state_dir, index, &state);

	if (err)
		return err;
	err = enter_sandbox(config);
	if (err)
		return err;
	s->read_id = state.cursor;
	s->route = route_new(config, s->shard, index, process_count(s->self));
	if (*state.digest)
		route_inventory(s->route, state.digest);
	char *journal = collector_state_path(config, "journal");
	err = follower_open(&s->follower, journal, state.cursor);
	free(journal);
	return err;
}

int series_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct series *s = mem_alloc(sizeof(*s));

	s->self = self;
	s->config = arg;
	snprintf(s->name, sizeof(s->name), "series/%u", process_index(self));
	uv_loop_init(&s->loop);
	if (series_open(s))
		return 1;
	uv_timer_init(&s->loop, &s->tick);
	uv_idle_init(&s->loop, &s->reading);
	s->tick.data = s;
	s->reading.data = s;
	uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
	process_listen(self, &s->loop, &events, s);
	process_ready(self);
	read_on(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);

	shard_close(s->shard, s->read_id, route_digest(s->route));
	route_free(s->route);
	follower_close(s->follower);
	uv_loop_close(&s->loop);
	free(s);
	return 0;
}
