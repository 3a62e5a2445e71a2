#include "collector/web/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define HELLO "event: hello\ndata: {}\n\n"

struct live_client {
	struct live *live;
	struct request *request;
	struct live_client *next, **back;
	struct blob *queue[LIVE_QUEUE];
	unsigned head, count;
	bool dropped;
};

struct live {
	struct live_handlers handlers;
	struct live_client *clients;
	json_t *units, *incidents; /* id to its last state, since the last sending */
	struct live_figures figures;
};

struct live *live_new(const struct live_handlers *h)
{
	struct live *l = mem_alloc(sizeof(*l));

	l->handlers = *h;
	l->units = json_object();
	l->incidents = json_object();
	return l;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	while (l->clients)
		live_leave(l->clients->request);
	json_decref(l->units);
	json_decref(l->incidents);
	free(l);
}

static void client_put(struct live_client *c, struct blob *b)
{
	if (c->dropped)
		return;
	if (c->count == LIVE_QUEUE) {
		c->dropped = true;
		c->live->figures.dropped++;
		c->live->handlers.on_drop(c->request);
		return;
	}
	c->queue[(c->head + c->count++) % LIVE_QUEUE] = blob_hold(b);
	c->live->handlers.on_ready(c->request);
}

/* Takes the reference. */
static void live_send(struct live *l, struct blob *b)
{
	for (struct live_client *c = l->clients, *next; c; c = next) {
		next = c->next;
		client_put(c, b);
	}
	blob_drop(b);
}

bool live_join(struct live *l, struct request *r)
{
	struct live_client *c;
	struct blob *hello;

	if (l->figures.clients >= LIVE_CLIENTS_MAX)
		return false;
	c = mem_alloc(sizeof(*c));
	c->live = l;
	c->request = r;
	c->next = l->clients;
	c->back = &l->clients;
	if (c->next)
		c->next->back = &c->next;
	l->clients = c;
	l->figures.clients++;
	r->live = c;
	hello = blob_new(HELLO, strlen(HELLO));
	client_put(c, hello);
	blob_drop(hello);
	return true;
}

void live_leave(struct request *r)
{
	struct live_client *c = r->live;

	if (!c)
		return;
	r->live = NULL;
	*c->back = c->next;
	if (c->next)
		c->next->back = c->back;
	while (c->count--) {
		blob_drop(c->queue[c->head]);
		c->head = (c->head + 1) % LIVE_QUEUE;
	}
	c->live->figures.clients--;
	free(c);
}

struct blob *live_next(struct request *r)
{
	struct live_client *c = r->live;
	struct blob *b;

	if (!c || !c->count)
		return NULL;
	b = c->queue[c->head];
	c->head = (c->head + 1) % LIVE_QUEUE;
	c->count--;
	return b;
}

void live_changed(struct live *l, const json_t *change)
{
	const char *type = json_string_value(json_object_get(change, "type"));
	const char *unit = json_string_value(json_object_get(change, "unit"));
	const char *id = json_string_value(json_object_get(change, "id"));
	json_t *state = json_object_get(change, "state");

	if (!type || !json_is_string(state))
		return;
	if (!strcmp(type, "state") && unit)
		json_object_set(l->units, unit, state);
	else if (!strcmp(type, "incident") && id)
		json_object_set(l->incidents, id, state);
}

static void gathered_put(struct live *l, struct buf *out, json_t *states, const char *event, const char *key)
{
	const char *id;
	json_t *state, *one;
	char *text;

	json_object_foreach(states, id, state)
	{
		one = json_pack("{s:s, s:O}", key, id, "state", state);
		text = json_dumps(one, JSON_COMPACT);
		buf_printf(out, "event: %s\ndata: %s\n\n", event, text);
		l->figures.events++;
		free(text);
		json_decref(one);
	}
	json_object_clear(states);
}

bool live_gather(struct live *l)
{
	struct buf out = {0};
	bool any;

	/* one block for all: a province that changes at once is one place in each queue */
	gathered_put(l, &out, l->units, "state", "unit");
	gathered_put(l, &out, l->incidents, "incident", "id");
	if (out.len)
		live_send(l, blob_new(out.data, out.len));
	any = out.len > 0;
	buf_free(&out);
	return any;
}

void live_comment(struct live *l)
{
	live_send(l, blob_new(": still here\n\n", 14));
}

void live_each(struct live *l, void (*each)(struct request *r, void *arg), void *arg)
{
	for (struct live_client *c = l->clients, *next; c; c = next) {
		next = c->next;
		each(c->request, arg);
	}
}

struct live_figures live_figures(const struct live *l)
{
	return l->figures;
}
