#include "collector/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/core.h"
#include "common/log.h"
#include "common/memory.h"

#define LINE_MAX_BYTES (1024 * 1024) /* a spreadsheet of planned cuts comes as one line */
#define CLIENTS_MAX 64

struct ctl {
	uv_pipe_t listener;
	struct core *core;
	struct client *clients;
	unsigned count;
	bool closing, listener_closed;
};

struct client {
	uv_pipe_t pipe;
	struct ctl *ctl;
	struct client *next;
	struct buf in;
	char by[24];
	bool allowed, busy, ended, closing;
	unsigned refs; /* the handle's, and one for an act that runs */
};

struct sending {
	uv_write_t write;
	struct client *client;
	char *text;
};

/* ---- clients ---- */

static void ctl_release(struct ctl *ctl)
{
	if (ctl->closing && ctl->listener_closed && !ctl->clients)
		free(ctl);
}

static void client_release(struct client *c)
{
	struct ctl *ctl = c->ctl;

	if (--c->refs)
		return;
	for (struct client **at = &ctl->clients; *at; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	ctl->count--;
	buf_free(&c->in);
	free(c);
	ctl_release(ctl);
}

static void on_client_closed(uv_handle_t *handle)
{
	client_release(handle->data);
}

static void client_close(struct client *c)
{
	if (c->closing)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

static void take_line(struct client *c);

static void on_written(uv_write_t *write, int status)
{
	struct sending *s = write->data;
	struct client *c = s->client;

	free(s->text);
	free(s);
	c->busy = false;
	if (status)
		client_close(c);
	else if (!c->closing)
		take_line(c);
	client_release(c);
}

/* The act's reference passes on to the write. */
static void on_answer(const json_t *answer, void *arg)
{
	struct client *c = arg;
	struct sending *s = mem_alloc(sizeof(*s));
	char *text = json_dumps(answer, JSON_COMPACT);

	s->client = c;
	s->text = mem_printf("%s\n", text ? text : "{\"error\":\"no answer\",\"status\":500}");
	s->write.data = s;
	free(text);
	uv_buf_t b = uv_buf_init(s->text, (unsigned)strlen(s->text));
	if (!c->closing && !uv_write(&s->write, (uv_stream_t *)&c->pipe, &b, 1, on_written))
		return;
	free(s->text);
	free(s);
	client_close(c);
	client_release(c);
}

static void run_line(struct client *c, const char *line, size_t len)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	c->busy = true;
	c->refs++;
	if (c->allowed) {
		acts_run(c->ctl->core, request, DOOR_SOCKET, c->by, on_answer, c);
		return;
	}
	json_decref(request);
	log_warn("%s asked over the socket and was refused", c->by);
	json_t *refusal = json_pack(
	        "{s:s, s:i}", "error", "only root and the collector's own user may use this socket", "status", 403);
	on_answer(refusal, c);
	json_decref(refusal);
}

static void take_line(struct client *c)
{
	uint8_t *end = c->in.len ? memchr(c->in.data, '\n', c->in.len) : NULL;

	if (c->busy)
		return;
	if (end) {
		size_t len = (size_t)(end - c->in.data);
		char *line = mem_strn((char *)c->in.data, len);
		buf_consume(&c->in, len + 1);
		run_line(c, line, len);
		explicit_bzero(line, len); /* it may hold a password */
		free(line);
	} else if (c->ended || c->in.len > LINE_MAX_BYTES) {
		client_close(c);
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct client *c = handle->data;

	(void)suggested;
	buf_reserve(&c->in, 4096);
	*out = uv_buf_init((char *)c->in.data + c->in.len, 4096);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct client *c = stream->data;

	(void)b;
	if (n > 0)
		c->in.len += (size_t)n;
	if (c->in.len > LINE_MAX_BYTES || (n < 0 && n != UV_EOF)) {
		client_close(c);
		return;
	}
	if (n == UV_EOF) { /* what was asked is still answered */
		c->ended = true;
		uv_read_stop(stream);
	}
	take_line(c);
}

static void identify(struct client *c)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd;

	snprintf(c->by, sizeof(c->by), "uid:?");
	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return;
	c->allowed = peer.uid == 0 || peer.uid == geteuid();
	snprintf(c->by, sizeof(c->by), "uid:%u", (unsigned)peer.uid);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct ctl *ctl = listener->data;

	if (status)
		return;
	struct client *c = mem_alloc(sizeof(*c));
	c->ctl = ctl;
	c->refs = 1;
	c->next = ctl->clients;
	ctl->clients = c;
	ctl->count++;
	uv_pipe_init(&ctl->core->loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) || ctl->count > CLIENTS_MAX) {
		client_close(c);
		return;
	}
	identify(c);
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

/* ---- life ---- */

int ctl_open(struct ctl **out, struct core *core, const char *path)
{
	struct ctl *ctl = mem_alloc(sizeof(*ctl));

	*out = ctl;
	ctl->core = core;
	uv_pipe_init(&core->loop, &ctl->listener, 0);
	ctl->listener.data = ctl;
	unlink(path); /* of a collector that is no more: the state folder's lock is ours */
	mode_t mask = umask(0117);
	int err = uv_pipe_bind(&ctl->listener, path);
	umask(mask);
	if (!err)
		err = uv_listen((uv_stream_t *)&ctl->listener, 16, on_connection);
	if (err)
		log_error("the socket %s cannot be opened: %s", path, uv_strerror(err));
	return err;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct ctl *ctl = handle->data;

	ctl->listener_closed = true;
	ctl_release(ctl);
}

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	ctl->closing = true;
	for (struct client *c = ctl->clients; c; c = c->next)
		client_close(c);
	uv_close((uv_handle_t *)&ctl->listener, on_listener_closed);
}
