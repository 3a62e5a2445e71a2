/*
 * live: what changes, pushed to every open dashboard (server-sent events).
 *
 * Web process. Changes of one turn are gathered: of many states of one unit only
 * the last leaves, every LIVE_GATHER_MS. An event is encoded once and shared by the
 * queues of all clients. A client whose queue is full (LIVE_QUEUE) is slow or gone:
 * it is dropped, and its browser reconnects by itself and asks anew.
 */
#ifndef SANSANG_WEB_LIVE_H
#define SANSANG_WEB_LIVE_H

#include <jansson.h>

#include "collector/web/blob.h"
#include "collector/web/request.h"

#define LIVE_QUEUE 64
#define LIVE_GATHER_MS 250
#define LIVE_COMMENT_MS 15000
#define LIVE_CLIENTS_MAX 1024

struct live;

struct live_handlers {
	void (*on_ready)(struct request *r); /* the client has something to write */
	void (*on_drop)(struct request *r);  /* close the connection now or soon */
};

struct live_figures {
	unsigned clients;
	uint64_t events, dropped;
};

struct live *live_new(const struct live_handlers *h);
void live_free(struct live *l);

/* False when there are too many clients already. Sets r->live; the first event is "hello". */
bool live_join(struct live *l, struct request *r);
/* Must be called before the request is released. */
void live_leave(struct request *r);
/* The next bytes for this client: gives a reference, or NULL when there is nothing. */
struct blob *live_next(struct request *r);

/* A MESSAGE_CHANGED of judge: {"type": "state", "unit", "state"} or {"type": "incident", "id", "state"}. Others are ignored. */
void live_changed(struct live *l, const json_t *change);
/* Every LIVE_GATHER_MS: sends what was gathered. False when there was nothing. */
bool live_gather(struct live *l);
void live_comment(struct live *l); /* every LIVE_COMMENT_MS: keeps proxies from closing */
/* Calls `each` for every client; it may drop clients. */
void live_each(struct live *l, void (*each)(struct request *r, void *arg), void *arg);
struct live_figures live_figures(const struct live *l);

#endif
