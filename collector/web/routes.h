/*
 * routes: every door of the API, and of the few pages beside the dashboard, in one table: method, pattern, right, function.
 *
 * Deny by default: what the table does not name is refused, and without a session even
 * the question whether a path exists is answered 401. Unsafe methods need the session's CSRF
 * token in X-CSRF. In kiosk mode rows so marked need no session. A pattern's `*` stands for
 * one part of the path, which the handler finds in request->id.
 */
#ifndef SANSANG_WEB_ROUTES_H
#define SANSANG_WEB_ROUTES_H

#include "collector/web/request.h"

struct route {
	enum method method; /* GET serves HEAD too */
	const char *pattern;
	enum right right;
	bool kiosk;
	void (*handle)(struct request *r);
};

/* The table, ending with pattern NULL. */
const struct route *routes_all(void);
/* The pages beside the dashboard, by their whole path; the same shape. */
const struct route *routes_pages(void);
/* NULL and *status 404 or 405. Fills r->id. */
const struct route *route_find(struct request *r, unsigned *status);

/* Whatever comes from a browser, once it is read whole: finds who asks and whether they may, then calls the route, or serves a file. */
void web_handle(struct request *r);

#endif
