#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "collector/series/files.h"
#include "collector/web/api.h"
#include "collector/web/web.h"
#include "common/clock.h"

#define GRAPH_KEEP_MS 5000
#define ROWS_MAX 5000
#define SECONDS_MAX (INT64_C(1) << 33)

/* A reply's status as HTTP says it. */
static unsigned status_http(int64_t status)
{
	return status == -ENOENT ? 404 : status == -EINVAL || status == -ERANGE ? 400 : 502;
}

/* "from" and "to" in Unix seconds, by default the last 24 h up to the last whole step (so that asking again finds the cache). False: answered. */
static bool request_span(struct request *r, int64_t *from, int64_t *to)
{
	int64_t step = r->web->config->step_ms > 1000 ? r->web->config->step_ms / 1000 : 1;
	int64_t now = clock_wall_ms() / 1000 / step * step;

	if (request_int(r, "to", now, 1, SECONDS_MAX, to) &&
	        request_int(r, "from", *to - 86400, 0, SECONDS_MAX, from) && *from < *to)
		return true;
	request_error(r, 400, "from and to must be Unix seconds, from before to");
	return false;
}

/* ---- /graph ---- */

static bool word_valid(const char *text, size_t most, const char *extra)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (!((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
		            (text[n] >= '0' && text[n] <= '9') || strchr(extra, text[n])))
			return false;
	return n <= most;
}

static bool one_of(const char *text, const char *a, const char *b)
{
	return !strcmp(text, a) || !strcmp(text, b);
}

static const char *arg_or(const struct request *r, const char *name, const char *fallback)
{
	const char *value = request_arg(r, name);

	return value ? value : fallback;
}

/* What render is asked, or NULL with the request answered. The same question always has the same text: it is the cache's key too. */
static json_t *graph_question(struct request *r)
{
	const char *target = arg_or(r, "target", ""), *graph = arg_or(r, "graph", "");
	const char *format = arg_or(r, "format", "svg");
	const char *language = arg_or(r, "language", r->web->config->language == LANGUAGE_EN ? "en" : "vi");
	int64_t from, to, width, height;

	if (!*target || !word_valid(target, 190, ":@/._-") || !word_valid(graph, 32, "_-"))
		request_error(r, 400, "target must be kind:ID, graph a word");
	else if (!one_of(format, "svg", "png") || !one_of(language, "vi", "en"))
		request_error(r, 400, "format must be svg or png, language vi or en");
	else if (!request_int(r, "width", 900, 100, 2400, &width) || !request_int(r, "height", 240, 50, 1600, &height))
		request_error(r, 400, "width must be 100..2400, height 50..1600");
	else if (request_span(r, &from, &to))
		return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "target", target, "graph", graph, "from",
		        (json_int_t)from, "to", (json_int_t)to, "width", (json_int_t)width, "height",
		        (json_int_t)height, "format", format, "language", language);
	return NULL;
}

static const char *graph_type(const struct request *r)
{
	return !strcmp(arg_or(r, "format", "svg"), "png") ? "image/png" : "image/svg+xml";
}

static void on_graph(struct request *r, struct cursor *payload)
{
	int64_t status = cursor_svarint(payload);
	size_t len;
	const uint8_t *data = cursor_blob(payload, &len);
	struct blob *b;
	char why[256];

	if (payload->failed || status) {
		snprintf(why, sizeof(why), "%.*s", (int)(len < 200 ? len : 200), data ? (const char *)data : "");
		request_error(r, status_http(status), *why ? why : "the graph could not be drawn");
		return;
	}
	b = blob_new(data, len);
	/* body holds the question since it was asked */
	cache_put(r->web->cache, (const char *)r->body.data, b, graph_type(r), clock_boot_ms() + GRAPH_KEEP_MS);
	request_header(r, "cache-control", "private, max-age=5");
	request_answer(r, 200, graph_type(r), b);
}

static struct channel *render_next(struct web *w)
{
	for (unsigned i = 0; i < WEB_PEERS_MAX; i++) {
		struct channel *ch = w->peers[PEER_RENDER][w->render_turn++ % WEB_PEERS_MAX];

		if (ch)
			return ch;
	}
	return NULL;
}

void api_graph(struct request *r)
{
	json_t *question = graph_question(r);
	char *text = question ? json_dumps(question, JSON_COMPACT) : NULL;
	const char *type;
	struct blob *b;

	json_decref(question);
	if (!text)
		return;
	b = cache_get(r->web->cache, text, clock_boot_ms(), &type);
	if (b) {
		request_header(r, "cache-control", "private, max-age=5");
		request_answer(r, 200, type, b);
	} else {
		buf_reset(&r->body);
		buf_put(&r->body, text, strlen(text) + 1);
		web_ask(r, render_next(r->web), MESSAGE_GRAPH, text, strlen(text), on_graph);
	}
	free(text);
}

/* ---- /series ---- */

/* SITE/NODE/NAME of plain words: nothing in it can leave the folder of the RRD files. */
static bool file_valid(const char *file)
{
	unsigned slashes = 0;

	if (!word_valid(file, 190, "/._:-") || *file == '/')
		return false;
	for (const char *p = file; *p; p++) {
		if ((p == file || p[-1] == '/') && (*p == '.' || *p == '/'))
			return false;
		slashes += *p == '/';
	}
	return slashes == 2 && file[strlen(file) - 1] != '/';
}

static void on_series(struct request *r, struct cursor *payload)
{
	int64_t status = cursor_svarint(payload);
	size_t len;
	const uint8_t *data = cursor_blob(payload, &len);

	if (payload->failed || status)
		request_error(
		        r, status_http(status), status == -ENOENT ? "no such series" : "the series could not be read");
	else
		request_answer(r, 200, "application/json; charset=utf-8", blob_new(data, len));
}

void api_series(struct request *r)
{
	const char *file = arg_or(r, "file", ""), *cf = arg_or(r, "cf", "AVERAGE");
	int64_t from, to, rows;
	struct buf ask = {0};
	char path[256];

	if (!file_valid(file)) {
		request_error(r, 400, "file must be SITE/NODE/NAME");
	} else if (!one_of(cf, "AVERAGE", "MAX") && strcmp(cf, "MIN")) {
		request_error(r, 400, "cf must be AVERAGE, MAX or MIN");
	} else if (!request_int(r, "rows", 500, 1, ROWS_MAX, &rows)) {
		request_error(r, 400, "rows must be 1..5000");
	} else if (request_span(r, &from, &to)) {
		snprintf(path, sizeof(path), "%s.rrd", file);
		buf_put_str(&ask, path);
		buf_put_svarint(&ask, from);
		buf_put_svarint(&ask, to);
		buf_put_u32(&ask, (uint32_t)rows);
		buf_put_str(&ask, cf);
		web_ask(r, r->web->peers[PEER_SERIES][files_shard_of(path, (unsigned)r->web->config->series_shards)],
		        MESSAGE_RANGE, ask.data, ask.len, on_series);
		buf_free(&ask);
	}
}
