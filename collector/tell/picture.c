#include "collector/tell/picture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

struct picture {
	uv_timer_t timer;
	struct channel *render;
	unsigned turn;  /* answers to older questions are dropped */
	unsigned refs;  /* the owner's and one for each question in flight */
	char *question; /* owned, while one is open */
	unsigned size;  /* which of sizes[] was asked for; 0: as the question says */
	picture_on_done on_done;
	void *arg;
};

/* One that is too large is drawn again, smaller: few letters are worth less than a small graph. */
static const struct {
	int width, height;
} sizes[] = {{0, 0}, {420, 200}, {300, 150}};

struct question {
	struct picture *picture;
	unsigned turn;
};

static void picture_done(struct picture *p, const uint8_t *png, size_t len)
{
	picture_on_done on_done = p->on_done;

	p->turn++;
	p->on_done = NULL;
	free(p->question);
	p->question = NULL;
	uv_timer_stop(&p->timer);
	if (on_done)
		on_done(png, len, p->arg);
}

static void render_ask(struct picture *p);

/* The question with another size; false when there is none left to try. */
static bool picture_shrink(struct picture *p)
{
	json_t *o = ++p->size < sizeof(sizes) / sizeof(*sizes) ? json_loads(p->question, 0, NULL) : NULL;

	if (!o || !p->render) {
		json_decref(o);
		return false;
	}
	json_object_set_new(o, "width", json_integer(sizes[p->size].width));
	json_object_set_new(o, "height", json_integer(sizes[p->size].height));
	free(p->question);
	p->question = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	render_ask(p);
	return true;
}

static void on_reply(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct picture *p = q->picture;
	const uint8_t *png = NULL;
	size_t len = 0;
	bool large = false;

	if (payload) {
		int64_t status = cursor_svarint(payload);

		png = cursor_blob(payload, &len);
		if (payload->failed || status || len < 8 || memcmp(png, "\x89PNG\r\n\x1a\n", 8))
			png = NULL;
		large = png && len > PICTURE_BYTES_MAX;
	}
	if (q->turn == p->turn && p->on_done && !(large && picture_shrink(p)))
		picture_done(p, large ? NULL : png, png && !large ? len : 0);
	free(q);
	picture_free(p);
}

static void render_ask(struct picture *p)
{
	struct question *q = mem_alloc(sizeof(*q));

	*q = (struct question){.picture = p, .turn = p->turn};
	p->refs++;
	channel_call(p->render, MESSAGE_GRAPH, p->question, strlen(p->question), on_reply, q);
}

static void on_timeout(uv_timer_t *timer)
{
	log_warn("render gave no graph within %d ms: the mail goes without", PICTURE_WAIT_MS);
	picture_done(timer->data, NULL, 0);
}

struct picture *picture_open(uv_loop_t *loop)
{
	struct picture *p = mem_alloc(sizeof(*p));

	p->refs = 1;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	return p;
}

void picture_set_render(struct picture *p, struct channel *render)
{
	p->render = render;
}

void picture_ask(struct picture *p, const char *question, picture_on_done on_done, void *arg)
{
	p->on_done = on_done;
	p->arg = arg;
	p->turn++;
	if (!question || !p->render) {
		picture_done(p, NULL, 0);
		return;
	}
	free(p->question);
	p->question = mem_str(question);
	p->size = 0;
	uv_timer_start(&p->timer, on_timeout, PICTURE_WAIT_MS, 0);
	render_ask(p);
}

void picture_close(struct picture *p)
{
	p->on_done = NULL;
	p->turn++;
	uv_close((uv_handle_t *)&p->timer, NULL);
}

void picture_free(struct picture *p)
{
	if (!p || --p->refs)
		return;
	free(p->question);
	free(p);
}
