/*
 * server: libwebsockets on our loop, HTTPS with HTTP/1.1 only.
 *
 * Web process; the only file that knows libwebsockets. It turns connections into
 * requests (request.h) and writes their answers, security headers included, in pieces no larger
 * than the socket takes. Limits: headers 8 KB, body REQUEST_BODY_MAX, at most SERVER_CLIENTS_MAX
 * connections; a client that neither sends nor takes for SERVER_PATIENCE_S is closed.
 */
#ifndef SANSANG_WEB_SERVER_H
#define SANSANG_WEB_SERVER_H

#include <uv.h>

#include "collector/web/request.h"

#define SERVER_CLIENTS_MAX 2000
#define SERVER_PATIENCE_S 30

struct server;

struct server_options {
	const char *listen; /* "host:port", "[v6]:port" */
	const char *certificate, *key;
	struct web *web; /* borrowed */
	void (*on_request)(struct request *r);
};

/* 0 or -errno with the reason logged. Loads what it needs from the file system: before the sandbox. */
int server_open(struct server **out, uv_loop_t *loop, const struct server_options *o);
/* Loads certificate and key again when their file is a newer one; new connections get it. */
void server_renew(struct server *s);
/* Closes every connection; the loop must run on until on_closed. */
void server_close(struct server *s);
/* After the loop has ended. */
void server_free(struct server *s);

/* A live client has something to write; or must go. */
void server_wake(struct request *r);
void server_drop(struct request *r);

#endif
