#include "agent/talk.h"

#include <string.h>

#include "common/batch.h"

void talk_put(struct buf *b, const struct talk_result *r)
{
	const struct metric_class *class = metric_class(r->class_id);

	buf_put_u8(b, r->flags);
	if (r->flags & TALK_EVENT) {
		buf_put_svarint(b, r->boot_ms);
		buf_put_str(b, r->kind);
		buf_put_blob(b, r->text, r->text_len);
		return;
	}
	buf_put_u8(b, (uint8_t)r->class_id);
	buf_put_str(b, r->instance);
	buf_put_svarint(b, r->boot_ms);
	buf_put_u8(b, r->up);
	buf_put_u8(b, (uint8_t)r->reason);
	for (unsigned i = 0; r->flags & TALK_ROW && i < class->count; i++)
		buf_put_svarint(b, r->values[i]);
}

static bool get_event(struct cursor *c, struct talk_result *r)
{
	r->boot_ms = cursor_svarint(c);
	cursor_str(c, r->kind, sizeof(r->kind));
	r->text = (const char *)cursor_blob(c, &r->text_len);
	if (!c->failed && (!r->kind[0] || r->text_len >= BATCH_TEXT_MAX))
		c->failed = true;
	return !c->failed;
}

bool talk_get(struct cursor *c, struct talk_result *r)
{
	const struct metric_class *class;
	unsigned reason;

	if (c->failed || !cursor_left(c))
		return false;
	r->flags = cursor_u8(c);
	if (r->flags & TALK_EVENT)
		return get_event(c, r);
	r->class_id = cursor_u8(c);
	cursor_str(c, r->instance, sizeof(r->instance));
	r->boot_ms = cursor_svarint(c);
	r->up = cursor_u8(c) == 1;
	reason = cursor_u8(c);
	class = metric_class(r->class_id);
	if (!class || reason >= REASON_COUNT || !metric_subject_valid(r->instance))
		c->failed = true;
	r->reason = reason;
	for (unsigned i = 0; class && r->flags & TALK_ROW && i < class->count; i++)
		r->values[i] = cursor_svarint(c);
	return !c->failed;
}

int64_t talk_flush_ms(int64_t step_ms)
{
	/* the last echo of a 10 s step is given up after 2.95 s */
	return step_ms / 3 < 3200 ? step_ms / 3 : 3200;
}

int64_t talk_seal_ms(int64_t step_ms)
{
	return talk_flush_ms(step_ms) + 300;
}
