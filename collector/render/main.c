/*
 * render: the role that draws. A request names a target; the series that keep its files are asked to write what they
 * hold back, then the picture is drawn in this process and sent back. librrd forgets to free about 2 kB a picture,
 * so after many of them the process ends in a quiet moment and the supervisor starts a fresh one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "collector/render/graph.h"
#include "collector/role.h"
#include "collector/series/files.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define PEERS_MAX 64
#define REQUEST_BYTES_MAX 4096
#define WHY_SIZE 256
#define DRAWN_MOST 20000 /* and as many more by the index: two do not end together */
#define QUIET_MS 300

enum peer_kind { PEER_OTHER, PEER_SERIES };

struct peer {
	struct channel *channel;
	enum peer_kind kind;
	unsigned index;
};

struct render {
	uv_loop_t loop;
	struct process *self;
	const struct collector_config *config;
	char *rrd_dir;
	struct inventory *inventory;
	struct peer peers[PEERS_MAX];
	bool stopping;
	uint64_t drawn, failed, most;
	unsigned open; /* questions that wait for the series */
	uv_timer_t quiet;
};

/* A request that waits for the series. */
struct question {
	struct render *render;
	struct channel *asker; /* NULL when it has gone */
	uint32_t id;
	unsigned waiting;
	struct graph_request request;
	struct graph_target target;
	struct question *next;
};

static struct channel *series_of(const struct render *r, unsigned index)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (r->peers[i].channel && r->peers[i].kind == PEER_SERIES && r->peers[i].index == index)
			return r->peers[i].channel;
	return NULL;
}

static bool peer_alive(const struct render *r, const struct channel *ch)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (r->peers[i].channel == ch)
			return true;
	return false;
}

static void answer(struct render *r, struct channel *ch, uint32_t id, int status, const void *data, size_t len)
{
	struct buf b = {0};

	buf_put_svarint(&b, status);
	buf_put_blob(&b, data, len);
	if (peer_alive(r, ch))
		channel_reply(ch, MESSAGE_GRAPH, id, b.data, b.len);
	buf_free(&b);
	if (status)
		r->failed++;
	else
		r->drawn++;
}

static void on_stop(void *arg)
{
	struct render *r = arg;

	if (r->stopping)
		return;
	r->stopping = true;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (r->peers[i].channel)
			channel_close(r->peers[i].channel);
	uv_close((uv_handle_t *)&r->quiet, NULL);
	process_close(r->self);
}

/* Begins anew, unless questions came meanwhile. */
static void on_quiet(uv_timer_t *t)
{
	struct render *r = t->data;

	if (!r->open)
		on_stop(r);
}

static void question_draw(struct question *q)
{
	struct render *r = q->render;
	struct buf picture = {0};
	char why[WHY_SIZE] = "";
	int err = graph_draw(&q->request, &q->target, r->inventory, r->rrd_dir, &picture, why, sizeof(why));

	if (err) {
		log_error("render: %s of %s: %s", q->target.kind->name, q->request.target, why);
		answer(r, q->asker, q->id, err, why, strlen(why));
	} else {
		answer(r, q->asker, q->id, 0, picture.data, picture.len);
	}
	buf_free(&picture);
	free(q);
	r->open--;
	if (r->drawn >= r->most && !r->stopping)
		uv_timer_start(&r->quiet, on_quiet, QUIET_MS, 0);
}

/* A series that has died meanwhile answers nothing: what is on disk is drawn. */
static void on_flushed(struct cursor *payload, void *arg)
{
	struct question *q = arg;

	(void)payload;
	if (--q->waiting == 0)
		question_draw(q);
}

static void question_flush(struct question *q)
{
	unsigned shards = (unsigned)q->render->config->series_shards;

	q->waiting = 1;
	q->render->open++;
	for (unsigned i = 0; i < q->target.files.count; i++) {
		const char *path = q->target.files.path[i];
		struct channel *series = series_of(q->render, files_shard_of(path, shards));
		struct buf b = {0};

		if (!series)
			continue;
		buf_put_str(&b, path);
		q->waiting++;
		channel_call(series, MESSAGE_FLUSH, b.data, b.len, on_flushed, q);
		buf_free(&b);
	}
	on_flushed(NULL, q);
}

static void take_graph(struct render *r, struct channel *ch, uint32_t id, struct cursor *c)
{
	struct question *q = mem_alloc(sizeof(*q));
	size_t len = cursor_left(c);
	const char *json = (const char *)cursor_bytes(c, len);
	char why[WHY_SIZE] = "";
	int err;

	*q = (struct question){.render = r, .asker = ch, .id = id};
	if (len > REQUEST_BYTES_MAX) {
		err = -EMSGSIZE;
		snprintf(why, sizeof(why), "request too long");
	} else {
		err = graph_request_read(
		        &q->request, json, len, clock_wall_ms(), r->config->language, why, sizeof(why));
	}
	if (!err && !r->inventory) {
		err = -EAGAIN;
		snprintf(why, sizeof(why), "no inventory yet");
	}
	if (!err)
		err = target_resolve(r->inventory, r->rrd_dir, q->request.target, q->request.graph,
		        q->request.to_s * 1000, q->request.language, &q->target, why, sizeof(why));
	if (err) {
		answer(r, ch, id, err, why, strlen(why));
		free(q);
		return;
	}
	question_flush(q);
}

static void take_inventory(struct render *r, struct cursor *c)
{
	struct conf_errors errors = {0};
	struct inventory *fresh;
	char digest[80];

	cursor_str(c, digest, sizeof(digest));
	if (c->failed || strchr(digest, '/'))
		return;
	char *path = mem_printf("%s/inventory/%s.yaml", r->config->state_dir, digest);
	int err = inventory_load(path, r->config->timezone, r->config->language, &fresh, &errors);
	if (err) {
		log_error("render: cannot load %s: %s", path, strerror(-err));
	} else {
		inventory_free(r->inventory);
		r->inventory = fresh;
	}
	conf_errors_free(&errors);
	free(path);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct render *r = arg;
	struct buf b = {0};

	if (kind == MESSAGE_GRAPH) {
		take_graph(r, ch, id, payload);
	} else if (kind == MESSAGE_INVENTORY) {
		take_inventory(r, payload);
	} else if (kind == MESSAGE_STATUS) {
		buf_printf(&b, "{\"drawn\":%llu,\"failed\":%llu}", (unsigned long long)r->drawn,
		        (unsigned long long)r->failed);
		channel_reply(ch, MESSAGE_STATUS, id, b.data, b.len);
		buf_free(&b);
	}
}

static void on_channel_close(struct channel *ch, void *arg)
{
	struct render *r = arg;

	for (size_t i = 0; i < PEERS_MAX; i++)
		if (r->peers[i].channel == ch)
			r->peers[i].channel = NULL;
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_channel_close};
	struct render *r = arg;
	struct channel *ch = channel_open(&r->loop, fd, &handlers, r);
	size_t i = 0;

	while (i < PEERS_MAX && r->peers[i].channel)
		i++;
	if (i == PEERS_MAX) {
		log_error("render: too many peers");
		channel_close(ch);
		return;
	}
	r->peers[i] = (struct peer){
	        .channel = ch, .kind = strcmp(peer, "series") == 0 ? PEER_SERIES : PEER_OTHER, .index = index};
}

static int enter_sandbox(const struct render *r)
{
	char *inventory = collector_state_path(r->config, "inventory");
	const struct sandbox_path paths[] = {
	        {r->rrd_dir, SANDBOX_READ},
	        {inventory, SANDBOX_READ},
	        {"/usr/share/fonts", SANDBOX_READ},
	        {"/usr/local/share/fonts", SANDBOX_READ},
	        {"/usr/share/fontconfig", SANDBOX_READ},
	        {"/etc/fonts", SANDBOX_READ},
	        {"/var/cache/fontconfig", SANDBOX_READ},
	        {"/usr/share/zoneinfo", SANDBOX_READ},
	        {"/etc/localtime", SANDBOX_READ},
	        {NULL, SANDBOX_READ},
	};
	const struct sandbox rules = {.user = r->config->user, .calls = SANDBOX_FILES, .paths = paths};
	int err = sandbox_enter(&rules);

	free(inventory);
	return err;
}

int render_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct render *r = mem_alloc(sizeof(*r));

	r->self = self;
	r->config = arg;
	r->rrd_dir = collector_state_path(r->config, "rrd");
	setenv("TZ", r->config->timezone, 1);
	tzset();
	r->most = DRAWN_MOST * (1 + process_index(self));
	uv_loop_init(&r->loop);
	uv_timer_init(&r->loop, &r->quiet);
	r->quiet.data = r;
	if (enter_sandbox(r))
		return 1;
	process_listen(self, &r->loop, &events, r);
	process_ready(self);
	uv_run(&r->loop, UV_RUN_DEFAULT);

	inventory_free(r->inventory);
	uv_loop_close(&r->loop);
	free(r->rrd_dir);
	free(r);
	return 0;
}
