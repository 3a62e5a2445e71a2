#include <string.h>

#include "collector/web/api.h"
#include "collector/web/web.h"
#include "common/clock.h"

#define COOKIE_LIFE "43200" /* as long as core keeps a session: 12 h */

static void on_core_json(struct request *r, struct cursor *payload)
{
	request_answer_json(r, 0, payload_json(payload));
}

json_t *api_body(struct request *r)
{
	json_t *body =
	        r->json ? json_loadb((const char *)r->body.data, r->body.len, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (json_is_object(body))
		return body;
	json_decref(body);
	request_error(r, r->json ? 400 : 415, "the body must be a JSON object, with content-type application/json");
	return NULL;
}

/* Core's answer holds the token, which goes into the cookie and nowhere else. */
static void on_login(struct request *r, struct cursor *payload)
{
	json_t *json = payload_json(payload);
	const char *token = json_string_value(json_object_get(json, "session"));
	json_int_t status = json_integer_value(json_object_get(json, "status"));
	struct session s;
	struct buf cookie = {0};

	if (session_read(json, &s) || !token || strpbrk(token, ";, \"\r\n")) {
		if (status == 401)
			auth_count_failure(r->web->auth, r->address, clock_boot_ms());
		request_answer_json(r, 0, json);
		return;
	}
	buf_printf(
	        &cookie, AUTH_COOKIE "=%s; Path=/; Max-Age=" COOKIE_LIFE "; HttpOnly; Secure; SameSite=Strict", token);
	buf_put_u8(&cookie, 0);
	request_header(r, "set-cookie", (const char *)cookie.data);
	buf_free(&cookie);
	json_decref(json);
	request_answer_json(r, 200,
	        json_pack("{s:s, s:s, s:s, s:s}", "user", s.user, "role", right_name(s.role), "csrf", s.csrf,
	                "language", s.language));
}

void api_login(struct request *r)
{
	json_t *body;
	const char *name, *password;

	if (auth_throttled(r->web->auth, r->address, clock_boot_ms())) {
		request_header(r, "retry-after", "60");
		request_error(r, 429, "too many failed logins from here, wait a minute");
		return;
	}
	body = api_body(r);
	if (!body)
		return;
	name = json_string_value(json_object_get(body, "name"));
	password = json_string_value(json_object_get(body, "password"));
	if (!name || !password || strlen(name) > 64 || strlen(password) > 1024)
		request_error(r, 400, "name and password are needed");
	else
		web_ask_core(r,
		        json_pack("{s:s, s:s, s:s, s:s}", "act", "login", "name", name, "password", password, "address",
		                r->address),
		        on_login);
	json_decref(body);
}

static void on_logout(struct request *r, struct cursor *payload)
{
	/* again: another request may have asked core between our first flush and core's act */
	auth_flush(r->web->auth);
	request_header(r, "set-cookie", AUTH_COOKIE "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict");
	on_core_json(r, payload);
}

void api_logout(struct request *r)
{
	auth_flush(r->web->auth);
	web_ask_core(r, json_pack("{s:s, s:s, s:s}", "act", "logout", "session", r->token, "csrf", r->csrf), on_logout);
}

void api_session(struct request *r)
{
	const struct session *s = &r->session;

	request_answer_json(r, 200,
	        json_pack("{s:s, s:s, s:s, s:s}", "user", s->user, "role", right_name(s->role), "csrf", s->csrf,
	                "language", s->language));
}

/* Core alone knows which configuration each agent should have. */
void api_nodes(struct request *r)
{
	int64_t at;

	if (!request_int(r, "at", clock_wall_ms(), 0, INT64_C(1) << 43, &at))
		request_error(r, 400, "at must be UTC milliseconds");
	else
		web_ask_core(r, json_pack("{s:s, s:s, s:I}", "act", "nodes", "session", r->token, "at", (json_int_t)at),
		        on_core_json);
}

/* What core knows of an ask is taken over by name: a body cannot name another act or session. */
void api_ask(struct request *r)
{
	static const char *const names[] = {"node", "do", "target", "type", "service", "source"};
	json_t *body = api_body(r);

	if (!body)
		return;
	json_t *act = json_pack("{s:s, s:s, s:s}", "act", "ask", "session", r->token, "csrf", r->csrf);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_object_get(body, names[i]))
			json_object_set(act, names[i], json_object_get(body, names[i]));
	json_decref(body);
	r->patience_ms = WEB_ASK_MS;
	web_ask_core(r, act, on_core_json);
}

void api_status(struct request *r)
{
	web_ask_core(r, json_pack("{s:s, s:s}", "act", "status", "session", r->token), on_core_json);
}
