#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/message.h"
#include "collector/role.h"
#include "collector/web/routes.h"
#include "collector/web/server.h"
#include "collector/web/web.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/sandbox.h"

#define TICK_MS 1000
#define SESSION_EVERY 30     /* ticks between two looks at the sessions of live clients */
#define CERTIFICATE_MS 15000 /* core makes it at its first start */
#define MAP_BYTES_MAX (8 * 1024 * 1024)

/* The process: what is shared with the routes, and what only moves it. */
struct web_process {
	struct web web;
	struct process *self;
	uv_loop_t loop;
	uv_timer_t tick, gather;
	unsigned ticks;
	struct server *server;
};

/* ---- inventory ---- */

static void map_load(struct web *w)
{
	blob_drop(w->map);
	const char *map = w->inventory->map;
	w->map = map ? blob_read(open(map, O_RDONLY | O_CLOEXEC), MAP_BYTES_MAX) : NULL;
	if (w->map)
		etag_make(w->map->data, w->map->len, w->map_etag, sizeof(w->map_etag));
	else if (w->inventory->map)
		log_warn("the map %s cannot be read", w->inventory->map);
}

static void web_inventory(struct web *w, const char *digest)
{
	struct conf_errors errors = {0};
	struct inventory *inv, *old = w->inventory;
	char *name, *path;

	if (!*digest || strspn(digest, "0123456789abcdef") != strlen(digest))
		return;
	name = mem_printf("inventory/%s.yaml", digest);
	path = collector_state_path(w->config, name);
	if (inventory_load(path, w->config->timezone, w->config->language, &inv, &errors) == 0) {
		w->inventory = inv;
		view_set_inventory(w->view, inv);
		map_load(w);
		cache_flush(w->cache, "");
		inventory_free(old);
	} else {
		log_error("web keeps its inventory: %s cannot be loaded", path);
	}
	conf_errors_free(&errors);
	free(name);
	free(path);
}

/* ---- peers ---- */

static const char *const peer_names[PEER_KINDS] = {"core", "render", "series", "judge"};

static void status_reply(struct web *w, struct channel *ch, uint32_t id)
{
	struct live_figures live = live_figures(w->live);
	json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "requests", (json_int_t)w->figures.requests,
	        "refused", (json_int_t)w->figures.refused, "errors", (json_int_t)w->figures.errors, "live",
	        (json_int_t)live.clients, "live_events", (json_int_t)live.events, "live_dropped",
	        (json_int_t)live.dropped);
	char *text = json_dumps(json, JSON_COMPACT);

	channel_reply(ch, MESSAGE_STATUS, id, text, strlen(text));
	free(text);
	json_decref(json);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	struct web *w = arg;
	char digest[80];
	json_t *json;

	switch (kind) {
	case MESSAGE_INVENTORY:
		cursor_str(payload, digest, sizeof(digest));
		web_inventory(w, digest);
		break;
	case MESSAGE_CHANGED:
		json = payload_json(payload);
		live_changed(w->live, json);
		json_decref(json);
		break;
	case MESSAGE_STATUS:
		status_reply(w, ch, id);
		break;
	default:
		break; /* hints reach the pages by way of judge */
	}
}

static void on_peer_close(struct channel *ch, void *arg)
{
	struct web *w = arg;

	for (int kind = 0; kind < PEER_KINDS; kind++)
		for (int i = 0; i < WEB_PEERS_MAX; i++)
			if (w->peers[kind][i] == ch)
				w->peers[kind][i] = NULL;
	auth_set_core(w->auth, w->peers[PEER_CORE][0]);
}

static void on_link(const char *peer, unsigned index, int fd, void *arg)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_peer_close};
	struct web_process *p = arg;

	for (int kind = 0; kind < PEER_KINDS; kind++) {
		if (strcmp(peer, peer_names[kind]) || index >= WEB_PEERS_MAX)
			continue;
		p->web.peers[kind][index] = channel_open(&p->loop, fd, &handlers, &p->web);
		auth_set_core(p->web.auth, p->web.peers[PEER_CORE][0]);
		return;
	}
	close(fd);
}

/* ---- time ---- */

static void on_live_checked(int status, const struct session *s, void *arg)
{
	struct request *r = arg;

	(void)s;
	if (status == -EACCES)
		server_drop(r);
	request_release(r);
}

static void live_check(struct request *r, void *arg)
{
	if (*r->token)
		auth_check(arg, r->token, on_live_checked, request_hold(r));
}

static void on_tick(uv_timer_t *timer)
{
	struct web_process *p = timer->data;

	p->ticks++;
	web_expire(&p->web, clock_boot_ms());
	if (p->ticks % (LIVE_COMMENT_MS / TICK_MS) == 0)
		live_comment(p->web.live);
	if (p->ticks % SESSION_EVERY == 0) {
		live_each(p->web.live, live_check, p->web.auth);
		server_renew(p->server);
	}
}

static void on_gather(uv_timer_t *timer)
{
	struct web_process *p = timer->data;

	/* who hears of a change asks at once: no answer from before it */
	if (live_gather(p->web.live))
		cache_flush(p->web.cache, "/api/v1/");
}

/* ---- life ---- */

/* The dashboard beside the binary, as `make` leaves it, or where `make install` puts it, wherever that is. */
static void dashboards_load(struct web *w)
{
	static const char *const places[] = {"dashboards", "../share/sansang/dashboards"};
	char self[PATH_MAX], dir[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	const char *here = dirname(self);
	for (size_t i = 0; !w->files && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(dir, sizeof(dir), "%s/%s", here, places[i]);
		if (access(dir, R_OK) == 0)
			w->files = site_files_load(dir);
	}
	/* none: the last place tried is empty, which / says */
	if (!w->files)
		w->files = site_files_load(dir);
}

/* At the very first start core is still making it. */
static bool file_wait(const char *path)
{
	for (int waited = 0; access(path, R_OK); waited += 100) {
		if (waited >= CERTIFICATE_MS)
			return false;
		usleep(100 * 1000);
	}
	return true;
}

static int server_start(struct web_process *p)
{
	const struct collector_config *config = p->web.config;
	char *certificate = config->web.certificate ? mem_str(config->web.certificate)
	                                            : collector_state_path(config, "tls/web.crt");
	char *key = config->web.key ? mem_str(config->web.key) : collector_state_path(config, "tls/web.key");
	struct server_options options = {.listen = config->web.listen,
	        .certificate = certificate,
	        .key = key,
	        .web = &p->web,
	        .on_request = web_handle};
	int status = -ENOENT;

	if (!file_wait(certificate) || !file_wait(key))
		log_error("web: no certificate at %s", certificate);
	else
		status = server_open(&p->server, &p->loop, &options);
	free(certificate);
	free(key);
	return status;
}

/* Judge's tables, the mails' count, and which RRD files there are; readers of a WAL share its index, which they map for writing. */
static int web_sandbox(const struct collector_config *config)
{
	static const struct {
		const char *name;
		enum sandbox_path_mode mode;
	} needed[] = {
	        {"state.db", SANDBOX_WRITE}, {"state.db-wal", SANDBOX_WRITE}, {"state.db-shm", SANDBOX_WRITE},
	        {"outbox.db", SANDBOX_WRITE}, {"outbox.db-wal", SANDBOX_WRITE}, {"outbox.db-shm", SANDBOX_WRITE},
	        {"inventory", SANDBOX_READ}, {"rrd", SANDBOX_READ},
	        {"tls", SANDBOX_READ}, /* core renews the certificate */
	};
	enum { COUNT = sizeof(needed) / sizeof(needed[0]) };
	struct sandbox_path paths[COUNT + 2] = {[COUNT] = {"/usr/share/zoneinfo", SANDBOX_READ}};
	const struct sandbox rules = {.user = config->user, .calls = SANDBOX_LISTEN | SANDBOX_FILES, .paths = paths};
	int status;

	for (int i = 0; i < COUNT; i++)
		paths[i] = (struct sandbox_path){collector_state_path(config, needed[i].name), needed[i].mode};
	status = sandbox_enter(&rules);
	for (int i = 0; i < COUNT; i++)
		free((char *)paths[i].path);
	return status;
}

static void on_stop(void *arg)
{
	struct web_process *p = arg;

	server_close(p->server);
	uv_close((uv_handle_t *)&p->tick, NULL);
	uv_close((uv_handle_t *)&p->gather, NULL);
	for (int kind = 0; kind < PEER_KINDS; kind++)
		for (int i = 0; i < WEB_PEERS_MAX; i++)
			if (p->web.peers[kind][i])
				channel_close(p->web.peers[kind][i]);
	process_close(p->self);
}

static void web_begin(struct web_process *p)
{
	static const struct live_handlers handlers = {.on_ready = server_wake, .on_drop = server_drop};
	struct web *w = &p->web;

	w->auth = auth_new();
	w->live = live_new(&handlers);
	w->cache = cache_new();
	w->page_ack = page_ack_new(w->config->timezone);
	w->view = view_open(w->config);
	dashboards_load(w);
	uv_timer_init(&p->loop, &p->tick);
	uv_timer_init(&p->loop, &p->gather);
	p->tick.data = p->gather.data = p;
	uv_timer_start(&p->tick, on_tick, TICK_MS, TICK_MS);
	uv_timer_start(&p->gather, on_gather, LIVE_GATHER_MS, LIVE_GATHER_MS);
}

static void web_end(struct web_process *p)
{
	struct web *w = &p->web;

	server_free(p->server);
	live_free(w->live);
	auth_free(w->auth);
	cache_free(w->cache);
	page_ack_free(w->page_ack);
	view_close(w->view);
	inventory_free(w->inventory);
	site_files_free(w->files);
	blob_drop(w->map);
	json_decref(w->core_status);
	uv_loop_close(&p->loop);
	free(p);
}

int web_run(struct process *self, void *arg)
{
	static const struct process_events events = {.on_link = on_link, .on_stop = on_stop};
	struct web_process *p = mem_alloc(sizeof(*p));

	p->self = self;
	p->web.config = arg;
	uv_loop_init(&p->loop);
	web_begin(p);
	if (server_start(p) || web_sandbox(p->web.config))
		return 1;
	process_listen(self, &p->loop, &events, p);
	process_ready(self);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	web_end(p);
	return 0;
}
