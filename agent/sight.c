#include "agent/sight.h"

#include <stdlib.h>
#include <string.h>

#include "agent/talk.h"
#include "common/batch.h"
#include "common/channel.h"
#include "common/log.h"
#include "common/memory.h"

struct sight {
	uv_loop_t *loop;
	const struct sink *sink;
	const struct sight_handlers *handlers;
	struct channel *eyes;             /* NULL while they are away */
	struct buf clock, place, central; /* as last told */
	int64_t cpu_us, rss_bytes;
	bool closing;
};

/* An ask that waits for its answer. */
struct question {
	struct sight *sight;
	uint64_t id;
};

struct sight *sight_new(uv_loop_t *loop, const struct sink *sink, const struct sight_handlers *handlers)
{
	struct sight *s = mem_alloc(sizeof(*s));

	s->loop = loop;
	s->sink = sink;
	s->handlers = handlers;
	return s;
}

/* ---- being told ---- */

static void give_event(struct sight *s, const struct talk_result *r)
{
	char text[BATCH_TEXT_MAX];

	memcpy(text, r->text, r->text_len); /* talk_get() has checked the length */
	text[r->text_len] = '\0';
	s->sink->event(s->sink->arg, r->boot_ms, r->kind, text);
}

static void give(struct sight *s, const struct talk_result *r)
{
	if (r->flags & TALK_EVENT)
		give_event(s, r);
	else if (r->flags & TALK_ROW)
		s->sink->row(s->sink->arg, r->class_id, r->instance, r->boot_ms, r->values);
	if (r->flags & TALK_STATE)
		s->sink->state(s->sink->arg, r->boot_ms, r->class_id, r->instance, r->up, r->reason);
}

static void on_results(struct sight *s, struct cursor *payload)
{
	int64_t cpu_us = (int64_t)cursor_varint(payload), rss = (int64_t)cursor_varint(payload);
	bool urgent = cursor_u8(payload) == 1;
	struct talk_result r;

	if (!payload->failed && cpu_us >= 0 && cpu_us < INT64_C(1) << 50 && rss >= 0 && rss < INT64_C(1) << 40) {
		s->cpu_us = cpu_us;
		s->rss_bytes = rss;
	}
	while (talk_get(payload, &r))
		give(s, &r);
	if (payload->failed)
		log_warn("eyes: a message that makes no sense");
	if (urgent)
		s->sink->urgent(s->sink->arg);
	else
		s->handlers->on_told(s->handlers->arg);
}

static void on_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *payload, void *arg)
{
	(void)ch;
	(void)id;
	if (kind == TALK_RESULTS)
		on_results(arg, payload);
}

static void on_closed(struct channel *ch, void *arg)
{
	struct sight *s = arg;

	if (s->eyes == ch)
		s->eyes = NULL;
}

/* ---- telling ---- */

static void tell(struct sight *s, enum talk_kind kind, const struct buf *what)
{
	if (s->eyes && what->len)
		channel_send(s->eyes, kind, what->data, what->len);
}

void sight_link(struct sight *s, int fd)
{
	static const struct channel_handlers handlers = {.on_message = on_message, .on_close = on_closed};

	if (s->eyes)
		channel_close(s->eyes);
	s->eyes = channel_open(s->loop, fd, &handlers, s);
	s->cpu_us = s->rss_bytes = 0;
	tell(s, TALK_CLOCK, &s->clock);
	tell(s, TALK_PLACES, &s->place);
	tell(s, TALK_CENTRAL, &s->central);
}

void sight_clock(struct sight *s, int64_t offset_ms, int64_t step_ms)
{
	buf_reset(&s->clock);
	buf_put_svarint(&s->clock, offset_ms);
	buf_put_varint(&s->clock, (uint64_t)step_ms);
	tell(s, TALK_CLOCK, &s->clock);
}

void sight_place(struct sight *s, const struct sense_place *place)
{
	buf_reset(&s->place);
	buf_put_str(&s->place, place->gateway);
	buf_put_str(&s->place, place->interface);
	buf_put_str(&s->place, place->collector);
	tell(s, TALK_PLACES, &s->place);
}

void sight_central(struct sight *s, const char *json, size_t len)
{
	buf_reset(&s->central);
	buf_put(&s->central, json, len);
	tell(s, TALK_CENTRAL, &s->central);
}

static void on_reply(struct cursor *payload, void *arg)
{
	struct question *q = arg;
	struct sight *s = q->sight;
	size_t len = payload ? cursor_left(payload) : 0;
	const uint8_t *json = payload ? cursor_bytes(payload, len) : NULL;

	if (!s->closing)
		s->handlers->on_answer(s->handlers->arg, q->id, (const char *)json, len);
	free(q);
}

void sight_ask(struct sight *s, uint64_t id, const char *json, size_t len)
{
	struct question *q;

	if (!s->eyes) {
		s->handlers->on_answer(s->handlers->arg, id, NULL, 0);
		return;
	}
	q = mem_alloc(sizeof(*q));
	*q = (struct question){.sight = s, .id = id};
	channel_call(s->eyes, TALK_ASK, json, len, on_reply, q);
}

void sight_usage(const struct sight *s, int64_t *cpu_us, int64_t *rss_bytes)
{
	*cpu_us = s->cpu_us;
	*rss_bytes = s->rss_bytes;
}

void sight_close(struct sight *s)
{
	s->closing = true;
	if (s->eyes)
		channel_close(s->eyes);
}

void sight_free(struct sight *s)
{
	if (!s)
		return;
	buf_free(&s->clock);
	buf_free(&s->place);
	buf_free(&s->central);
	free(s);
}
