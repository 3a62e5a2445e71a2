#include "collector/web/routes.h"

#include <errno.h>
#include <string.h>

#include "collector/web/api.h"
#include "collector/web/web.h"

#define API "/api/v1"
#define PAGES "/a/"

static const struct route routes[] = {
        {METHOD_POST, "/login", RIGHT_NONE, false, api_login},
        {METHOD_POST, "/logout", RIGHT_SESSION, false, api_logout},
        {METHOD_GET, "/session", RIGHT_SESSION, false, api_session},
        {METHOD_GET, "/province", RIGHT_VIEWER, true, api_province},
        {METHOD_GET, "/map", RIGHT_VIEWER, true, api_map},
        {METHOD_GET, "/units", RIGHT_VIEWER, true, api_units},
        {METHOD_GET, "/units/*", RIGHT_VIEWER, false, api_unit},
        {METHOD_GET, "/incidents", RIGHT_VIEWER, true, api_incidents},
        {METHOD_GET, "/incidents/*", RIGHT_VIEWER, false, api_incident},
        {METHOD_POST, "/incidents/*/ack", RIGHT_TECHNICIAN, false, api_ack},
        {METHOD_POST, "/incidents/*/comment", RIGHT_TECHNICIAN, false, api_comment},
        {METHOD_POST, "/incidents/*/close", RIGHT_TECHNICIAN, false, api_close},
        {METHOD_POST, "/incidents/*/merge", RIGHT_TECHNICIAN, false, api_merge},
        {METHOD_POST, "/incidents/*/ticket", RIGHT_TECHNICIAN, false, api_ticket},
        {METHOD_GET, "/maintenance", RIGHT_VIEWER, false, api_maintenance_list},
        {METHOD_POST, "/maintenance", RIGHT_TECHNICIAN, false, api_maintenance},
        {METHOD_POST, "/maintenance/*/end", RIGHT_TECHNICIAN, false, api_maintenance_end},
        {METHOD_GET, "/planned-cuts", RIGHT_VIEWER, false, api_planned_cuts_list},
        {METHOD_POST, "/planned-cuts", RIGHT_TECHNICIAN, false, api_planned_cuts},
        {METHOD_GET, "/incidents/*/slip", RIGHT_VIEWER, false, api_slip},
        {METHOD_GET, "/complaints", RIGHT_VIEWER, false, api_complaints},
        {METHOD_POST, "/complaints", RIGHT_VIEWER, false, api_complaint},
        {METHOD_GET, "/drills", RIGHT_VIEWER, false, api_drills},
        {METHOD_POST, "/drills", RIGHT_TECHNICIAN, false, api_drill_plan},
        {METHOD_GET, "/drills/*", RIGHT_VIEWER, false, api_drill},
        {METHOD_POST, "/drills/*/begin", RIGHT_TECHNICIAN, false, api_drill_begin},
        {METHOD_POST, "/drills/*/cancel", RIGHT_TECHNICIAN, false, api_drill_cancel},
        {METHOD_GET, "/lamps", RIGHT_VIEWER, false, api_lamps},
        {METHOD_GET, "/outages", RIGHT_VIEWER, false, api_outages},
        {METHOD_GET, "/find", RIGHT_VIEWER, false, api_find},
        {METHOD_GET, "/graph", RIGHT_VIEWER, false, api_graph},
        {METHOD_GET, "/series", RIGHT_VIEWER, false, api_series},
        {METHOD_GET, "/nodes", RIGHT_VIEWER, false, api_nodes},
        {METHOD_GET, "/nodes/*/events", RIGHT_VIEWER, false, api_events},
        {METHOD_POST, "/asks", RIGHT_TECHNICIAN, false, api_ask},
        {METHOD_GET, "/status", RIGHT_VIEWER, false, api_status},
        {METHOD_GET, "/live", RIGHT_VIEWER, true, api_live},
        {METHOD_OTHER, NULL, RIGHT_ADMIN, false, NULL},
};

/* Whole paths. A signed mark is the right: page_ack.h. */
static const struct route pages[] = {
        {METHOD_GET, PAGES "*", RIGHT_NONE, false, page_ack_show},
        {METHOD_POST, PAGES "*", RIGHT_NONE, false, page_ack_press},
        {METHOD_OTHER, NULL, RIGHT_ADMIN, false, NULL},
};

const struct route *routes_all(void)
{
	return routes;
}

const struct route *routes_pages(void)
{
	return pages;
}

/* Does the path fit the pattern? The part under `*` goes to `id`. */
static bool pattern_fits(const char *pattern, const char *path, char *id, size_t size)
{
	size_t n;

	for (; *pattern; pattern++) {
		if (*pattern != '*') {
			if (*path++ != *pattern)
				return false;
			continue;
		}
		n = strcspn(path, "/");
		if (!n || n >= size)
			return false;
		memcpy(id, path, n);
		id[n] = '\0';
		path += n;
	}
	return !*path;
}

const struct route *route_find(struct request *r, unsigned *status)
{
	enum method method = r->method == METHOD_HEAD ? METHOD_GET : r->method;
	bool page = !strncmp(r->path, PAGES, strlen(PAGES));
	const char *path = r->path + (page ? 0 : strlen(API));

	*status = 404;
	for (const struct route *route = page ? pages : routes; route->pattern; route++) {
		if (!pattern_fits(route->pattern, path, r->id, sizeof(r->id)))
			continue;
		if (route->method == method)
			return route;
		*status = 405;
	}
	return NULL;
}

static bool method_unsafe(enum method method)
{
	return method != METHOD_GET && method != METHOD_HEAD;
}

static void request_refuse(struct request *r, unsigned status, const char *text)
{
	r->web->figures.refused++;
	request_error(r, status, text);
}

/* Runs the route, or says why not, for someone who may do `have`. */
static void route_run(struct request *r, enum right have)
{
	unsigned status;
	const struct route *route = route_find(r, &status);

	if (!route)
		request_error(r, status, status == 404 ? "there is no such thing here" : "not with this method");
	else if (have < route->right)
		request_refuse(r, 403, "your role may not do this");
	else
		route->handle(r);
}

static void on_checked(int status, const struct session *s, void *arg)
{
	struct request *r = arg;

	if (status == -EAGAIN) {
		request_error(r, 503, "core is away, try again");
	} else if (status) {
		request_refuse(r, 401, "log in first");
	} else {
		r->session = *s;
		if (method_unsafe(r->method) && !csrf_matches(r->csrf, s->csrf))
			request_refuse(r, 403, "the header X-CSRF must hold the csrf of your session");
		else
			route_run(r, s->role);
	}
	request_release(r);
}

static void api_handle(struct request *r)
{
	unsigned status;
	const struct route *route = route_find(r, &status);
	bool open = route && (route->right == RIGHT_NONE || (route->kiosk && r->web->config->web.kiosk && !*r->token));

	if (open)
		route_run(r, route->right);
	else
		auth_check(r->web->auth, r->token, on_checked, request_hold(r));
}

void web_handle(struct request *r)
{
	struct web *w = r->web;

	w->figures.requests++;
	r->next = w->unanswered;
	r->back = &w->unanswered;
	if (r->next)
		r->next->back = &r->next;
	w->unanswered = r;
	if (!strcmp(r->path, "/api") || !strncmp(r->path, "/api/", 5)) {
		request_header(r, "cache-control", "no-store");
		if (strncmp(r->path, API "/", strlen(API) + 1))
			request_error(r, 404, "the API is at " API);
		else
			api_handle(r);
	} else if (!strncmp(r->path, PAGES, strlen(PAGES))) {
		route_run(r, RIGHT_NONE);
	} else if (method_unsafe(r->method)) {
		request_error(r, 405, "not with this method");
	} else {
		site_files_answer(w->files, r);
	}
}
