#include "collector/tell/picture.h"

#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/log.h"
#include "common/memory.h"

struct picture {
	uv_timer_t timer;
	struct channel *render;
	unsigned turn; /* answers to older questions are dropped */
	unsigned refs; /* the owner's and one for each question in flight */
	picture_on_done on_done;
	void *arg;
};

struct question {
	struct picture *picture;
	unsigned turn;
};

static void picture_done(struct picture *p, const uint8_t *png, size_t len)
{
	picture_on_done on_done = p->on_done;

	p->turn++;
	p->on_done = NULL;
	uv_timer_stop(&p->timer);
	if (on_done)
		on_done(png, len, p->arg);
}

static void on_reply(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct picture *p = q->picture;
	const uint8_t *png = NULL;
	size_t len = 0;

	if (payload) {
		int64_t status = cursor_svarint(payload);

		png = cursor_blob(payload, &len);
		if (payload->failed || status || len > PICTURE_BYTES_MAX || len < 8 ||
		        memcmp(png, "\x89PNG\r\n\x1a\n", 8))
			png = NULL;
	}
	if (q->turn == p->turn && p->on_done)
		picture_done(p, png, png ? len : 0);
	free(q);
	picture_free(p);
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
	struct question *q;

	p->on_done = on_done;
	p->arg = arg;
	p->turn++;
	if (!question || !p->render) {
		picture_done(p, NULL, 0);
		return;
	}
	q = mem_alloc(sizeof(*q));
	*q = (struct question){.picture = p, .turn = p->turn};
	p->refs++;
	uv_timer_start(&p->timer, on_timeout, PICTURE_WAIT_MS, 0);
	channel_call(p->render, MESSAGE_GRAPH, question, strlen(question), on_reply, q);
}

void picture_close(struct picture *p)
{
	p->on_done = NULL;
	p->turn++;
	uv_close((uv_handle_t *)&p->timer, NULL);
}

void picture_free(struct picture *p)
{
	if (p && --p->refs == 0)
		free(p);
}
