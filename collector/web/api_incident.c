/*
 * What people do about incidents, maintenance and planned cuts: the body's known members go to core as one act, which checks and
 * records it. A body cannot name another act, session or incident.
 */
#include <string.h>

#include "collector/web/api.h"
#include "collector/web/web.h"

#define MEMBERS_MAX 8

struct door {
	const char *act;
	const char *id;                   /* member that takes what stands for ID in the path; NULL: none */
	const char *members[MEMBERS_MAX]; /* taken over from the body */
};

static void on_incident(struct request *r, struct cursor *payload)
{
	cache_flush(r->web->cache, "/api/v1/incidents");
	request_answer_json(r, 0, payload_json(payload));
}

static void on_excuse(struct request *r, struct cursor *payload)
{
	request_answer_json(r, 0, payload_json(payload));
}

static void forward(struct request *r, const struct door *d, void (*on_answer)(struct request *, struct cursor *))
{
	json_t *body = api_body(r);

	if (!body)
		return;
	json_t *act = json_pack("{s:s, s:s, s:s}", "act", d->act, "session", r->token, "csrf", r->csrf);
	if (d->id)
		json_object_set_new(act, d->id, json_string(r->id));
	for (size_t i = 0; i < MEMBERS_MAX && d->members[i]; i++)
		if (json_object_get(body, d->members[i]))
			json_object_set(act, d->members[i], json_object_get(body, d->members[i]));
	json_decref(body);
	web_ask_core(r, act, on_answer);
}

void api_ack(struct request *r)
{
	static const struct door d = {.act = "ack", .id = "incident", .members = {"text"}};
	forward(r, &d, on_incident);
}

void api_comment(struct request *r)
{
	static const struct door d = {.act = "comment", .id = "incident", .members = {"text"}};
	forward(r, &d, on_incident);
}

void api_close(struct request *r)
{
	static const struct door d = {.act = "close", .id = "incident", .members = {"text", "forced"}};
	forward(r, &d, on_incident);
}

void api_merge(struct request *r)
{
	static const struct door d = {.act = "merge", .id = "incident", .members = {"into", "text"}};
	forward(r, &d, on_incident);
}

void api_ticket(struct request *r)
{
	static const struct door d = {.act = "ticket", .id = "incident", .members = {"text"}};
	forward(r, &d, on_incident);
}

/* ---- maintenance and planned cuts ---- */

void api_maintenance(struct request *r)
{
	static const struct door d = {.act = "maintenance", .members = {"id", "targets", "from", "until", "reason"}};
	forward(r, &d, on_excuse);
}

void api_maintenance_end(struct request *r)
{
	static const struct door d = {.act = "maintenance-end", .id = "id", .members = {"text"}};
	forward(r, &d, on_excuse);
}

void api_planned_cuts(struct request *r)
{
	static const struct door d = {.act = "planned-cuts", .members = {"csv", "dry_run"}};
	forward(r, &d, on_excuse);
}

static void list_excuses(struct request *r, const char *kind)
{
	const char *all = request_arg(r, "all");

	request_answer_json(r, 200, view_excuses(r->web->view, kind, all && strcmp(all, "0")));
}

void api_maintenance_list(struct request *r)
{
	list_excuses(r, "maintenance");
}

void api_planned_cuts_list(struct request *r)
{
	list_excuses(r, "planned-cut");
}
