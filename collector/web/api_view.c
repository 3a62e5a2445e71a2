#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "collector/web/api.h"
#include "collector/web/web.h"
#include "common/clock.h"

#define STATUS_KEEP_MS 5000
#define VIEW_KEEP_MS 1000 /* 200 dashboards that ask at the same event are answered once */
#define JSON_TYPE "application/json; charset=utf-8"

/* The instant asked for, by default now. False: answered. */
static bool request_at(struct request *r, int64_t *at)
{
	if (!r->web->inventory) {
		request_error(r, 503, "the inventory is not loaded yet, try again");
		return false;
	}
	if (!request_int(r, "at", clock_wall_ms(), 0, INT64_C(1) << 43, at)) {
		request_error(r, 400, "at must be UTC milliseconds");
		return false;
	}
	return true;
}

/* Everything that such an answer depends on: who asks is not among it. */
static void view_key(const struct request *r, struct buf *key)
{
	buf_printf(key, "%s?", r->path);
	for (unsigned i = 0; i < r->arg_count; i++)
		buf_printf(key, "%s=%s&", r->args[i].name, r->args[i].value);
	buf_put_u8(key, 0);
}

static bool answer_cached(struct request *r)
{
	struct buf key = {0};
	const char *type;
	struct blob *b;

	view_key(r, &key);
	b = cache_get(r->web->cache, (const char *)key.data, clock_boot_ms(), &type);
	buf_free(&key);
	if (b)
		request_answer(r, 200, type, b);
	return b != NULL;
}

/* Takes `json`; NULL answers 404 with `why`. */
static void answer_view(struct request *r, json_t *json, const char *why)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct buf key = {0};
	struct blob *b;

	json_decref(json);
	if (!text) {
		request_error(r, json ? 500 : 404, why ? why : "there is no such thing");
		return;
	}
	b = blob_new(text, strlen(text));
	free(text);
	view_key(r, &key);
	cache_put(r->web->cache, (const char *)key.data, b, JSON_TYPE, clock_boot_ms() + VIEW_KEEP_MS);
	buf_free(&key);
	request_answer(r, 200, JSON_TYPE, b);
}

static void on_core_status(struct cursor *payload, void *arg)
{
	struct web *w = arg;
	json_t *json = payload ? payload_json(payload) : NULL;

	if (json && !json_object_get(json, "error")) {
		json_decref(w->core_status);
		w->core_status = json;
	} else {
		json_decref(json);
	}
}

/* In the name of whoever looks: web itself has no right at core. The answer serves the next look. */
static void core_status_refresh(struct request *r)
{
	struct web *w = r->web;
	int64_t now = clock_boot_ms();
	json_t *json;
	char *text;

	if (!*r->token || !w->peers[PEER_CORE][0] || now - w->core_status_ms < STATUS_KEEP_MS)
		return;
	w->core_status_ms = now;
	json = json_pack("{s:s, s:s}", "act", "status", "session", r->token);
	text = json_dumps(json, JSON_COMPACT);
	channel_call(w->peers[PEER_CORE][0], MESSAGE_ACT, text, strlen(text), on_core_status, w);
	free(text);
	json_decref(json);
}

void api_province(struct request *r)
{
	json_t *json, *full;
	int64_t at;

	core_status_refresh(r);
	if (answer_cached(r) || !request_at(r, &at))
		return;
	json = view_province(r->web->view, at);
	/* only core knows whether the journal refuses */
	full = json_object_get(json_object_get(r->web->core_status, "journal"), "full");
	if (json && full)
		json_object_set(json, "full", full);
	answer_view(r, json, "no province");
}

void api_units(struct request *r)
{
	int64_t at;

	if (!answer_cached(r) && request_at(r, &at))
		answer_view(r, view_units(r->web->view, at), "no units");
}

void api_unit(struct request *r)
{
	const char *why = NULL;
	json_t *json;
	int64_t at;

	if (answer_cached(r) || !request_at(r, &at))
		return;
	json = view_unit(r->web->view, r->id, at, &why);
	answer_view(r, json, why);
}

void api_events(struct request *r)
{
	const char *kind = request_arg(r, "kind"), *why = NULL;
	int64_t from, to;

	if (answer_cached(r) || !request_at(r, &from))
		return;
	if (!request_int(r, "from", 0, 0, INT64_C(1) << 43, &from) ||
	        !request_int(r, "to", INT64_C(1) << 43, 0, INT64_C(1) << 43, &to)) {
		request_error(r, 400, "from and to must be UTC milliseconds");
		return;
	}
	json_t *json = view_events(r->web->view, r->id, kind, from, to, &why);
	answer_view(r, json, why);
}

void api_incidents(struct request *r)
{
	const char *all = request_arg(r, "all");
	int64_t at;

	if (!answer_cached(r) && request_at(r, &at))
		answer_view(r, view_incidents(r->web->view, all && strcmp(all, "0")), "no incidents");
}

void api_incident(struct request *r)
{
	const char *why = NULL;
	json_t *json;
	int64_t at;

	if (answer_cached(r) || !request_at(r, &at))
		return;
	json = view_incident(r->web->view, r->id, &why);
	answer_view(r, json, why);
}

void api_find(struct request *r)
{
	const char *words = request_arg(r, "q");
	int64_t at;

	if (answer_cached(r) || !request_at(r, &at))
		return;
	if (!words || strlen(words) > 200)
		request_error(r, 400, "q must hold at most 200 bytes of words");
	else
		answer_view(r, view_find(r->web->view, words, at), "nothing found");
}

void api_map(struct request *r)
{
	struct web *w = r->web;

	if (!w->map) {
		request_error(r, 404, "the inventory names no map");
		return;
	}
	request_header(r, "etag", w->map_etag);
	request_header(r, "cache-control", "private, no-cache");
	if (etag_matches(r->etag, w->map_etag))
		request_answer(r, 304, JSON_TYPE, blob_new("", 0));
	else
		request_answer(r, 200, JSON_TYPE, blob_hold(w->map));
}

void api_live(struct request *r)
{
	if (r->method == METHOD_HEAD)
		request_error(r, 405, "not with this method");
	else if (!r->wire)
		request_error(r, 503, "the browser has gone"); /* nobody would ever leave */
	else if (!live_join(r->web->live, r))
		request_error(r, 503, "too many live clients");
	else
		request_answer(r, 200, "text/event-stream", NULL);
}
