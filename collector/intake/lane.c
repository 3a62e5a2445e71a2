/*
 * Batches of a session stand in its lane until core has answered them: at most
 * WIRE_UNACKED_MAX, oldest first. What is answered at the front is acknowledged, one
 * acknowledgement a session and loop turn. The bytes are kept, so that a core that was killed
 * gets them again; the journal knows a second one by (node, epoch, seq).
 */
#include "collector/intake/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/message.h"
#include "common/batch.h"
#include "common/log.h"
#include "common/memory.h"

#define WAITING_MAX (32u * 1024 * 1024) /* bytes that core may owe an answer for, over all sessions */
#define CHANNEL_MAX (8u * 1024 * 1024)
#define FUTURE_MS INT64_C(86400000)
#define HELD_RETRY_S 10

struct pending {
	struct session *s;
	uint64_t epoch, seq;
	bool sent, answered, dropped; /* dropped: out of the lane, freed by the answer */
	struct buf message;
};

static void pending_free(struct pending *p)
{
	struct session *s = p->s;

	s->in->waiting_bytes -= p->message.len;
	buf_free(&p->message);
	free(p);
	session_drop(s);
}

static void lane_pop(struct session *s, unsigned count)
{
	s->lane_count -= count;
	memmove(s->lane, s->lane + count, s->lane_count * sizeof(*s->lane));
}

void lane_clear(struct session *s)
{
	for (unsigned i = 0; i < s->lane_count; i++) {
		s->lane[i]->dropped = true;
		if (!s->lane[i]->sent)
			pending_free(s->lane[i]);
	}
	s->lane_count = 0;
}

/* ---- core's answers ---- */

static void ack_later(struct session *s)
{
	if (s->ack_due)
		return;
	s->ack_due = true;
	s->next_ack = s->in->acks;
	s->in->acks = s;
}

/* The batch stays with the agent; so does all after it, or the journal would take them for a gap. */
static void lane_hold(struct session *s, const struct pending *p, int64_t status)
{
	s->held_epoch = p->epoch;
	s->held_seq = p->seq;
	s->in->counts.held++;
	wire_put_refusal(&s->in->frame, WIRE_REFUSED_FULL,
	        status == -ENOSPC ? "the collector's disk is full" : "not stored", HELD_RETRY_S);
	session_send(s);
	lane_clear(s);
}

static void on_answer(struct cursor *payload, void *arg)
{
	struct pending *p = arg;
	struct session *s = p->s;
	int64_t status = payload ? cursor_svarint(payload) : -ENOTCONN;

	p->sent = false;
	if (p->dropped) {
		pending_free(p);
		return;
	}
	if (!payload)
		return; /* lane_resend comes with the next core */
	if (payload->failed)
		status = -EBADMSG;
	if (status && status != -EALREADY) {
		lane_hold(s, p, status);
		return;
	}
	p->answered = true;
	s->in->counts.duplicates += status == -EALREADY;
	if (s->lane[0] == p)
		ack_later(s);
}

static void lane_acknowledge(struct session *s)
{
	unsigned done = 0;
	struct wire_ack ack = {0};

	for (; done < s->lane_count && s->lane[done]->answered; done++) {
		const struct pending *p = s->lane[done];
		if (ack.seq && ack.epoch != p->epoch)
			wire_put_ack(&s->in->frame, &ack);
		ack = (struct wire_ack){p->epoch, p->seq};
	}
	if (!done)
		return;
	wire_put_ack(&s->in->frame, &ack);
	session_send(s);
	for (unsigned i = 0; i < done; i++)
		pending_free(s->lane[i]);
	lane_pop(s, done);
}

static void resume_all(struct intake *in)
{
	for (struct session *s = in->sessions; s && in->paused_count; s = s->next) {
		if (!s->paused)
			continue;
		s->paused = false;
		in->paused_count--;
		s->heard_ms = (int64_t)uv_now(in->loop);
		tls_pause(s->tls, false);
	}
}

static size_t core_waiting(const struct intake *in)
{
	return in->core ? channel_pending(in->core) : 0;
}

void lane_turn(struct intake *in)
{
	while (in->acks) {
		struct session *s = in->acks;
		in->acks = s->next_ack;
		s->ack_due = false;
		lane_acknowledge(s);
	}
	if (in->paused_count && in->waiting_bytes < WAITING_MAX / 2 && core_waiting(in) < CHANNEL_MAX / 2)
		resume_all(in);
}

/* ---- batches that come in ---- */

static void lane_send(struct session *s, struct pending *p)
{
	if (!s->in->core || p->sent || p->answered)
		return;
	p->sent = true;
	channel_call(s->in->core, MESSAGE_BATCH, p->message.data, p->message.len, on_answer, p);
}

void lane_resend(struct session *s)
{
	for (unsigned i = 0; i < s->lane_count; i++)
		lane_send(s, s->lane[i]);
}

struct dict {
	struct buf *out;
	uint32_t count;
};

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct dict *d = arg;

	buf_put_varint(d->out, set);
	buf_put_str(d->out, class_name);
	buf_put_u8(d->out, layout);
	buf_put_str(d->out, instance);
	d->count++;
}

/* The offset of the batch's boot; false when it is only the agent's word. */
static bool batch_offset(
        const struct session *s, const struct wire_batch *b, const struct batch_summary *sum, int64_t *offset_ms)
{
	const struct offset *o = &s->agent->offset;
	struct cursor c = cursor_of(b->body, b->len);

	if (!memcmp(b->boot_id, o->boot_id, BOOT_ID_BYTES)) {
		*offset_ms = o->offset_ms;
	} else if (b->offset_known) {
		*offset_ms = b->offset_ms;
	} else {
		cursor_u8(&c);
		*offset_ms = b->wall_ms - (int64_t)cursor_varint(&c); /* its wall clock at base_boot_ms */
		return false;
	}
	return sum->last_boot_ms + *offset_ms < clock_wall_ms() + FUTURE_MS;
}

/* MESSAGE_BATCH into p->message, in one allocation of the right size. 0 or -EBADMSG. */
static int pending_fill(struct pending *p, const struct wire_batch *b)
{
	static const struct batch_handlers handlers = {.on_dict = on_dict};
	struct session *s = p->s;
	struct buf *m = &p->message, *dicts = &s->in->message;
	struct dict dict = {.out = dicts};
	struct batch_summary sum;
	int64_t offset_ms;

	buf_reset(dicts);
	if (b->len > BATCH_BYTES_MAX || batch_decode(b->body, b->len, &handlers, &dict, &sum))
		return -EBADMSG;
	bool known = batch_offset(s, b, &sum, &offset_ms);
	buf_reserve(m, 128 + dicts->len + b->len);
	buf_put_str(m, s->agent->id);
	buf_put_u64(m, b->epoch);
	buf_put_u64(m, b->seq);
	buf_put(m, b->boot_id, BOOT_ID_BYTES);
	buf_put_u8(m, known);
	buf_put_svarint(m, offset_ms);
	buf_put_svarint(m, b->wall_ms);
	buf_put_varint(m, dict.count);
	buf_put(m, dicts->data, dicts->len);
	buf_put_blob(m, b->body, b->len);
	s->in->counts.batches++;
	s->in->counts.values += sum.values;
	return 0;
}

/* Sent before the agent heard that there was no room: it comes again. */
static bool batch_is_held(struct session *s, const struct wire_batch *b)
{
	if (!s->held_seq)
		return false;
	if (b->epoch == s->held_epoch && b->seq > s->held_seq)
		return true;
	s->held_seq = 0;
	return false;
}

static void lane_pause(struct session *s)
{
	struct intake *in = s->in;

	if (in->waiting_bytes < WAITING_MAX && core_waiting(in) < CHANNEL_MAX)
		return;
	s->paused = true;
	in->paused_count++;
	tls_pause(s->tls, true);
}

void lane_frame(struct session *s, const struct wire_frame *f)
{
	struct wire_batch b;

	if (wire_read_batch(f, &b)) {
		session_bad(s, "batch");
		return;
	}
	if (batch_is_held(s, &b))
		return;
	if (s->lane_count == WIRE_UNACKED_MAX) {
		session_bad(s, "more than 8 batches unacknowledged");
		return;
	}
	struct pending *p = mem_alloc(sizeof(*p));
	*p = (struct pending){.s = s, .epoch = b.epoch, .seq = b.seq};
	session_hold(s);
	if (pending_fill(p, &b)) {
		pending_free(p);
		session_bad(s, "batch cannot be decoded");
		return;
	}
	s->in->waiting_bytes += p->message.len;
	s->lane[s->lane_count++] = p;
	lane_send(s, p);
	lane_pause(s);
}
