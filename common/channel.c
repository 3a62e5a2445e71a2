#include "common/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

#define FRAME_HEAD 6 /* kind and id, counted in the length before them */
#define READ_ROOM (64 * 1024)
#define READ_TURNS 16 /* at most 1 MB a loop turn from one peer */

struct call {
	uint32_t id;
	channel_on_reply on_reply;
	void *arg;
	struct call *next;
};

struct channel {
	uv_poll_t poll;
	uv_check_t flush; /* active while something waits to be written */
	int fd;
	unsigned open_handles;
	bool closing, paused, in_data;
	const struct channel_handlers *handlers;
	void *arg;
	struct buf in, out;
	size_t in_at, out_at; /* taken from the front so far */
	uint32_t last_id;
	struct call *calls, **calls_end; /* answers mostly come in order */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct channel *ch)
{
	int events = (ch->paused ? 0 : UV_READABLE) | (ch->out.len > ch->out_at ? UV_WRITABLE : 0);

	/* a hang-up is heard even while paused */
	uv_poll_start(&ch->poll, events | UV_DISCONNECT, on_poll);
}

static void fail_calls(struct channel *ch)
{
	while (ch->calls) {
		struct call *c = ch->calls;
		ch->calls = c->next;
		c->on_reply(NULL, c->arg);
		free(c);
	}
	ch->calls_end = &ch->calls;
}

static void on_handle_closed(uv_handle_t *h)
{
	struct channel *ch = h->data;

	if (--ch->open_handles)
		return;
	close(ch->fd);
	fail_calls(ch);
	if (ch->handlers && ch->handlers->on_close)
		ch->handlers->on_close(ch, ch->arg);
	buf_free(&ch->in);
	buf_free(&ch->out);
	free(ch);
}

void channel_close(struct channel *ch)
{
	if (ch->closing)
		return;
	ch->closing = true;
	/* last words, if they go at once */
	if (ch->out.len > ch->out_at &&
	        send(ch->fd, ch->out.data + ch->out_at, ch->out.len - ch->out_at, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("channel: closed with %zu bytes unsent", ch->out.len - ch->out_at);
	uv_close((uv_handle_t *)&ch->poll, on_handle_closed);
	uv_close((uv_handle_t *)&ch->flush, on_handle_closed);
}

static void write_out(struct channel *ch)
{
	while (ch->out.len > ch->out_at) {
		ssize_t n = send(ch->fd, ch->out.data + ch->out_at, ch->out.len - ch->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			channel_close(ch);
			return;
		}
		ch->out_at += (size_t)n;
	}
	if (ch->out_at == ch->out.len) {
		ch->out_at = 0;
		if (ch->out.cap > 1024 * 1024)
			buf_free(&ch->out); /* after a burst give the memory back */
		buf_reset(&ch->out);
	} else if (ch->out_at > 1024 * 1024) {
		buf_consume(&ch->out, ch->out_at);
		ch->out_at = 0;
	}
	watch(ch);
}

static void on_flush(uv_check_t *h)
{
	struct channel *ch = h->data;

	uv_check_stop(h);
	uv_unref((uv_handle_t *)h);
	write_out(ch);
}

static void deliver_reply(struct channel *ch, uint32_t id, struct cursor *payload)
{
	for (struct call **at = &ch->calls; *at; at = &(*at)->next) {
		struct call *c = *at;
		if (c->id != id)
			continue;
		*at = c->next;
		if (ch->calls_end == &c->next)
			ch->calls_end = at;
		c->on_reply(payload, c->arg);
		free(c);
		return;
	}
}

static void take_frames(struct channel *ch)
{
	ch->in_data = true;
	while (!ch->closing && !ch->paused && ch->in.len - ch->in_at >= 4) {
		struct cursor c = cursor_of(ch->in.data + ch->in_at, ch->in.len - ch->in_at);
		uint32_t len = cursor_u32(&c);
		if (len < FRAME_HEAD || len > CHANNEL_FRAME_MAX) {
			log_error("channel: a frame of %u bytes, closed", len);
			channel_close(ch);
			break;
		}
		if (cursor_left(&c) < len)
			break;
		c.len = c.at + len;
		uint16_t kind = cursor_u16(&c);
		uint32_t id = cursor_u32(&c);
		ch->in_at += 4 + len;
		struct cursor payload = cursor_of(c.data + c.at, c.len - c.at);
		if (kind & CHANNEL_REPLY)
			deliver_reply(ch, id, &payload);
		else if (ch->handlers && ch->handlers->on_message)
			ch->handlers->on_message(ch, kind, id, &payload, ch->arg);
	}
	ch->in_data = false;
	buf_consume(&ch->in, ch->in_at);
	ch->in_at = 0;
	if (!ch->in.len && ch->in.cap > 1024 * 1024)
		buf_free(&ch->in);
}

static void read_in(struct channel *ch)
{
	for (int turn = 0; turn < READ_TURNS && !ch->closing && !ch->paused; turn++) {
		buf_reserve(&ch->in, READ_ROOM);
		ssize_t n = recv(ch->fd, ch->in.data + ch->in.len, ch->in.cap - ch->in.len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			channel_close(ch);
			return;
		}
		ch->in.len += (size_t)n;
		take_frames(ch);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct channel *ch = poll->data;

	if (status < 0) {
		channel_close(ch);
		return;
	}
	if (events & UV_WRITABLE)
		write_out(ch);
	if (events & UV_READABLE && !ch->closing)
		read_in(ch);
	/* what a dead peer said while we were paused was never answered: it is said again */
	if (events & UV_DISCONNECT && ch->paused && !ch->closing)
		channel_close(ch);
}

struct channel *channel_open(uv_loop_t *loop, int fd, const struct channel_handlers *h, void *arg)
{
	struct channel *ch = mem_alloc(sizeof(*ch));

	ch->fd = fd;
	ch->handlers = h;
	ch->arg = arg;
	ch->calls_end = &ch->calls;
	int err = uv_poll_init(loop, &ch->poll, fd);
	if (err)
		log_die("channel: cannot watch descriptor %d: %s", fd, uv_strerror(err));
	uv_check_init(loop, &ch->flush);
	uv_unref((uv_handle_t *)&ch->flush);
	ch->poll.data = ch->flush.data = ch;
	ch->open_handles = 2;
	watch(ch);
	return ch;
}

void channel_set_handlers(struct channel *ch, const struct channel_handlers *h, void *arg)
{
	ch->handlers = h;
	ch->arg = arg;
}

static void put_frame(struct channel *ch, uint16_t kind, uint32_t id, const void *data, size_t len)
{
	if (ch->closing)
		return;
	if (len > CHANNEL_FRAME_MAX - FRAME_HEAD) {
		log_error("channel: a message of %zu bytes is too long, kind %u", len, kind);
		channel_close(ch);
		return;
	}
	buf_put_u32(&ch->out, (uint32_t)(FRAME_HEAD + len));
	buf_put_u16(&ch->out, kind);
	buf_put_u32(&ch->out, id);
	buf_put(&ch->out, data, len);
	if (!uv_is_active((uv_handle_t *)&ch->flush)) {
		uv_check_start(&ch->flush, on_flush);
		uv_ref((uv_handle_t *)&ch->flush);
		/* the check runs after polling: ask the poll to come back at once */
		watch(ch);
	}
}

void channel_send(struct channel *ch, uint16_t kind, const void *data, size_t len)
{
	put_frame(ch, kind, 0, data, len);
}

void channel_call(struct channel *ch, uint16_t kind, const void *data, size_t len, channel_on_reply on_reply, void *arg)
{
	struct call *c = mem_alloc(sizeof(*c));

	if (!++ch->last_id)
		ch->last_id = 1;
	*c = (struct call){.id = ch->last_id, .on_reply = on_reply, .arg = arg};
	*ch->calls_end = c;
	ch->calls_end = &c->next;
	put_frame(ch, kind, c->id, data, len);
}

void channel_reply(struct channel *ch, uint16_t kind, uint32_t id, const void *data, size_t len)
{
	put_frame(ch, kind | CHANNEL_REPLY, id, data, len);
}

size_t channel_pending(const struct channel *ch)
{
	return ch->out.len - ch->out_at;
}

void channel_pause(struct channel *ch, bool paused)
{
	if (ch->closing || ch->paused == paused)
		return;
	ch->paused = paused;
	watch(ch);
	/* frames already read wait in `in`: the poll may have nothing new to wake us for */
	if (!paused && ch->in.len > ch->in_at && !ch->in_data)
		take_frames(ch);
}
