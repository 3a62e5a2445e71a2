/* The table of routes and rights as a whole: every row, by everyone, with and without CSRF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>

/* every handler is one that counts; who a token belongs to is read off the token */
#define api_login handler_called
#define api_logout handler_called
#define api_session handler_called
#define api_province handler_called
#define api_map handler_called
#define api_units handler_called
#define api_unit handler_called
#define api_nodes handler_called
#define api_events handler_called
#define api_incidents handler_called
#define api_incident handler_called
#define api_ack handler_called
#define api_comment handler_called
#define api_close handler_called
#define api_merge handler_called
#define api_ticket handler_called
#define api_maintenance handler_called
#define api_maintenance_end handler_called
#define api_maintenance_list handler_called
#define api_planned_cuts handler_called
#define api_planned_cuts_list handler_called
#define api_find handler_called
#define api_complaint handler_called
#define api_complaints handler_called
#define api_drill_plan handler_called
#define api_drill_begin handler_called
#define api_drill_cancel handler_called
#define api_drills handler_called
#define api_drill handler_called
#define api_lamps handler_called
#define api_slip handler_called
#define api_outages handler_called
#define api_ask handler_called
#define api_graph handler_called
#define api_series handler_called
#define api_status handler_called
#define api_live handler_called
#define page_ack_show handler_called
#define page_ack_press handler_called
#define auth_check session_by_token
#include "collector/web/routes.c"
#include "common/memory.h"

void handler_called(struct request *r)
{
	request_answer_text(r, 299, "text/plain", "");
}

void session_by_token(struct auth *a, const char *token, auth_on_session on_session, void *arg)
{
	struct session s = {.user = "u", .csrf = "right-csrf", .language = "vi", .role = right_named(token)};

	(void)a;
	if (!strcmp(token, "away"))
		on_session(-EAGAIN, NULL, arg);
	else
		on_session(s.role ? 0 : -EACCES, s.role ? &s : NULL, arg);
}

static unsigned ask(struct web *w, enum method method, const char *path, const char *token, const char *csrf)
{
	struct request *r = request_new(w);
	unsigned status;

	r->method = method;
	snprintf(r->path, sizeof(r->path), "%s", path);
	snprintf(r->token, sizeof(r->token), "%s", token);
	snprintf(r->csrf, sizeof(r->csrf), "%s", csrf);
	web_handle(r);
	assert_true(r->answered);
	status = r->status;
	request_release(r);
	return status;
}

struct house {
	struct collector_config config;
	struct web web;
};

static int house_open(void **state)
{
	struct house *h = mem_alloc(sizeof(*h));

	h->web.config = &h->config;
	h->web.files = site_files_load("/nonexistent");
	*state = h;
	return 0;
}

static int house_close(void **state)
{
	struct house *h = *state;

	assert_null(h->web.unanswered);
	site_files_free(h->web.files);
	free(h);
	return 0;
}

/* A path that fits the pattern. */
static void path_of(const struct route *route, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "/api/v1");

	for (const char *p = route->pattern; *p; p++)
		n += (size_t)snprintf(out + n, size - n, *p == '*' ? "some.id" : "%c", *p);
}

static const struct {
	const char *token;
	enum right right;
} people[] = {{"", RIGHT_NONE}, {"stranger", RIGHT_NONE}, {"viewer", RIGHT_VIEWER}, {"technician", RIGHT_TECHNICIAN},
        {"admin", RIGHT_ADMIN}};

static unsigned expected(const struct route *route, enum right have, bool csrf, bool kiosk)
{
	if (route->right == RIGHT_NONE || kiosk)
		return 299;
	if (have == RIGHT_NONE)
		return 401;
	if (route->method == METHOD_POST && !csrf)
		return 403;
	return have >= route->right ? 299 : 403;
}

static void every_route_by_everyone(void **state)
{
	struct house *h = *state;
	char path[128];

	for (const struct route *route = routes_all(); route->pattern; route++)
		for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++)
			for (int kiosk = 0; kiosk < 2; kiosk++) {
				const char *token = people[i].token;
				bool open = kiosk && route->kiosk && !*token;

				h->config.web.kiosk = kiosk;
				path_of(route, path, sizeof(path));
				assert_int_equal(ask(&h->web, route->method, path, token, "right-csrf"),
				        expected(route, people[i].right, true, open));
				assert_int_equal(ask(&h->web, route->method, path, token, "wrong-csrf"),
				        expected(route, people[i].right, false, open));
				assert_int_equal(ask(&h->web, route->method, path, token, ""),
				        expected(route, people[i].right, false, open));
			}
}

/* What may be seen without a session is a short list, and nothing on it changes anything. */
static void the_open_doors(void **state)
{
	static const char *const kiosk[] = {"/province", "/map", "/units", "/incidents", "/live"};
	size_t count = 0;

	(void)state;
	for (const struct route *route = routes_all(); route->pattern; route++) {
		if (route->right == RIGHT_NONE)
			assert_string_equal(route->pattern, "/login");
		if (!route->kiosk)
			continue;
		assert_int_equal(route->method, METHOD_GET);
		assert_string_equal(route->pattern, kiosk[count++]);
	}
	assert_int_equal(count, 5);
}

/* Without a session too: the mark is the right, and core knows it. Only GET, HEAD and POST, one part behind /a/. */
static void the_page_of_a_mark(void **state)
{
	struct house *h = *state;
	size_t count = 0;

	for (const struct route *page = routes_pages(); page->pattern; page++, count++)
		assert_string_equal(page->pattern, "/a/*");
	assert_int_equal(count, 2);
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		assert_int_equal(ask(&h->web, METHOD_GET, "/a/AQz.mark", people[i].token, ""), 299);
		assert_int_equal(ask(&h->web, METHOD_HEAD, "/a/AQz.mark", people[i].token, ""), 299);
		assert_int_equal(ask(&h->web, METHOD_POST, "/a/AQz.mark", people[i].token, ""), 299);
		assert_int_equal(ask(&h->web, METHOD_OTHER, "/a/AQz.mark", people[i].token, ""), 405);
		assert_int_equal(ask(&h->web, METHOD_GET, "/a/", people[i].token, ""), 404);
		assert_int_equal(ask(&h->web, METHOD_POST, "/a/x/y", people[i].token, ""), 404);
	}
	assert_int_equal(ask(&h->web, METHOD_GET, "/api/v1/a/AQz.mark", "", ""), 401);
	assert_int_equal(ask(&h->web, METHOD_POST, "/a/login", "", ""), 299); /* the page, not the login */
}

static void what_the_table_does_not_name_is_refused(void **state)
{
	static const char *const nowhere[] = {"/api/v1/", "/api/v1/users", "/api/v1/units/", "/api/v1/units/a/b",
	        "/api/v1/unitsx", "/api/v1/Units", "/api/v1/incidents//ack", "/api/v1/incidents/a/b/ack", "/api/v1/*"};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		assert_int_equal(ask(&h->web, METHOD_GET, nowhere[i], "", ""), 401);
		assert_int_equal(ask(&h->web, METHOD_GET, nowhere[i], "admin", ""), 404);
	}
	assert_int_equal(ask(&h->web, METHOD_POST, "/api/v1/units", "admin", "right-csrf"), 405);
	assert_int_equal(ask(&h->web, METHOD_OTHER, "/api/v1/units", "admin", "right-csrf"), 405);
	assert_int_equal(ask(&h->web, METHOD_OTHER, "/api/v1/login", "", ""), 401);
	assert_int_equal(ask(&h->web, METHOD_GET, "/api/v1/login", "", ""), 401);
	assert_int_equal(ask(&h->web, METHOD_GET, "/api/v2/units", "admin", ""), 404);
	assert_int_equal(ask(&h->web, METHOD_GET, "/api", "admin", ""), 404);
	assert_int_equal(ask(&h->web, METHOD_POST, "/", "admin", "right-csrf"), 405);
	assert_int_equal(ask(&h->web, METHOD_HEAD, "/api/v1/units", "viewer", ""), 299);
	assert_int_equal(ask(&h->web, METHOD_GET, "/api/v1/units", "away", ""), 503);
}

static void the_id_is_one_part_of_the_path(void **state)
{
	struct house *h = *state;
	struct request *r = request_new(&h->web);
	unsigned status;

	r->method = METHOD_POST;
	strcpy(r->path, "/api/v1/incidents/mk-hq.svc-land.20250701T004200/ack");
	assert_non_null(route_find(r, &status));
	assert_string_equal(r->id, "mk-hq.svc-land.20250701T004200");
	memset(r->path, 'x', sizeof(r->path) - 1);
	memcpy(r->path, "/api/v1/units/", 14);
	assert_null(route_find(r, &status)); /* longer than any id */
	request_release(r);
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, house_open, house_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_HOUSE(every_route_by_everyone),
	        IN_HOUSE(the_open_doors),
	        IN_HOUSE(the_page_of_a_mark),
	        IN_HOUSE(what_the_table_does_not_name_is_refused),
	        IN_HOUSE(the_id_is_one_part_of_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
