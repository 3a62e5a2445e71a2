/*
 * request: one HTTP request and its answer, without the server that carries them.
 *
 * Web process. The driver (server.c) fills a request from the wire and gives it to
 * web_handle(); a handler answers at once or later, exactly once. Handlers that wait for
 * another process hold the request (request_hold) and release it after they answered;
 * when the browser has gone meanwhile, answering does nothing. Tests use requests
 * without any server: `wire` is then NULL from the start and the answer is kept.
 */
#ifndef SANSANG_WEB_REQUEST_H
#define SANSANG_WEB_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "collector/web/blob.h"
#include "common/buf.h"

#define REQUEST_BODY_MAX (1024 * 1024)
#define REQUEST_ARGS_MAX 16

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

/* Who may do something; each includes those before it. The last three are the roles of users. */
enum right { RIGHT_NONE, RIGHT_SESSION, RIGHT_VIEWER, RIGHT_TECHNICIAN, RIGHT_ADMIN };

struct session {
	char user[64], csrf[80], language[8];
	enum right role;
};

struct web;
struct live_client;

struct request {
	struct web *web;
	enum method method;
	char path[512]; /* decoded, begins with '/' */
	char id[448];   /* what stood for ID in the route's pattern: the longest are marks (ackmark.h) */
	struct {
		char *name, *value; /* owned, decoded */
	} args[REQUEST_ARGS_MAX];
	unsigned arg_count;
	struct buf body;
	char token[136], csrf[80], etag[80], address[64];
	char origin[160], host[160], fetch_site[16]; /* Origin, Host, Sec-Fetch-Site */
	bool gzip, json;                             /* gzip is accepted; the body is declared as JSON */
	struct session session;

	/* the answer */
	bool answered;
	unsigned status;
	const char *type;
	struct blob *answer;
	struct buf headers;       /* name NUL value NUL ... */
	struct live_client *live; /* the answer is an endless stream */
	bool close;               /* no further request on this connection */

	/* life */
	unsigned refs;
	int64_t began_ms;                     /* boot clock */
	int64_t patience_ms;                  /* after which it is answered 504; 0: WEB_ANSWER_MS */
	void *wire;                           /* the driver's connection; NULL: the browser has gone */
	void (*on_answer)(struct request *r); /* driver: begin to write; may be NULL */
	struct request *next, **back;         /* in web's list of unanswered requests */
};

struct request *request_new(struct web *w);
struct request *request_hold(struct request *r);
void request_release(struct request *r);

/* Adds "name=value" as the driver decoded it. False when there are too many or it holds control characters. */
bool request_add_arg(struct request *r, const char *text, size_t len);
const char *request_arg(const struct request *r, const char *name); /* NULL when missing */
/* A decimal integer within min..max; missing gives `fallback`. False when it is not one. */
bool request_int(const struct request *r, const char *name, int64_t fallback, int64_t min, int64_t max, int64_t *out);
/* Finds cookie `name` in a Cookie header. False, and "" in out, when missing or longer than size. */
bool cookie_find(const char *header, const char *name, char *out, size_t size);

/* Borrows name and value. Values with line breaks are refused silently: no header can be injected. */
void request_header(struct request *r, const char *name, const char *value);
/* Takes the reference to `body`. `type` is static. */
void request_answer(struct request *r, unsigned status, const char *type, struct blob *body);
void request_answer_text(struct request *r, unsigned status, const char *type, const char *text);
/* Takes `json`; NULL answers 500. Its member "status" beside "error" gives the status when `status` is 0. */
void request_answer_json(struct request *r, unsigned status, json_t *json);
void request_error(struct request *r, unsigned status, const char *text);

#endif
