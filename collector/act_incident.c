/*
 * What people do about incidents: acknowledge, comment, close, merge, ticket. Checked against what view shows; judge follows a
 * merged incident to the one that took it up (judge/act.h). The journal's record is the audit.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"

#define TEXT_MAX 4000
#define TICKET_MAX 100
#define MERGES_MAX 16

static const char *member(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* The incident named by `key` as it is now, merges followed. NULL: refused. */
static json_t *incident_of(struct act *act, const char *key)
{
	const char *id = act_text(act, key), *why = "";
	json_t *o = *id ? view_incident(act->core->view, id, &why) : NULL;

	for (int i = 0; o && i < MERGES_MAX && *member(o, "merged_into"); i++) {
		json_t *wider = view_incident(act->core->view, member(o, "merged_into"), &why);
		if (!wider)
			break;
		json_decref(o);
		o = wider;
	}
	if (!o)
		act_refuse(act, *id ? 404 : 400,
		        *id ? "%s: there is no incident \"%.80s\"" : "%s: the id of an incident expected", key, id);
	return o;
}

/* False: refused. */
static bool text_fits(struct act *act, size_t least, size_t most)
{
	size_t len = strlen(act_text(act, "text"));

	if (len >= least && len <= most)
		return true;
	act_refuse(act, 400, "text: %s%zu bytes expected", least ? "1 to " : "at most ", most);
	return false;
}

/* Takes the incident. */
static void record_on(struct act *act, const char *name, json_t *incident, json_t *more)
{
	json_t *answer = json_pack("{s:s}", "incident", member(incident, "id"));

	act_record_more(act, name, member(incident, "id"), act_text(act, "text"), more, answer);
	json_decref(incident);
}

static void simple_act(struct act *act, const char *name, size_t least, size_t most)
{
	json_t *incident = text_fits(act, least, most) ? incident_of(act, "incident") : NULL;

	if (incident)
		record_on(act, name, incident, NULL);
}

void act_ack(struct act *act)
{
	simple_act(act, "ack", 0, TEXT_MAX);
}

void act_comment(struct act *act)
{
	simple_act(act, "comment", 1, TEXT_MAX);
}

void act_ticket(struct act *act)
{
	simple_act(act, "ticket", 1, TICKET_MAX);
}

static bool is_over(const json_t *incident)
{
	const char *state = member(incident, "state");

	return !strcmp(state, "resolved") || !strcmp(state, "merged");
}

/* "service:land@mk-srv1, path:mk-ts@core-srv" */
static void refuse_down(struct act *act, const json_t *down)
{
	char list[300] = "";
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)down, i, one)
	{
		size_t used = strlen(list);
		const char *what = json_string_value(one);
		if (used + strlen(what) + 3 > sizeof(list))
			break;
		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", what);
	}
	act_refuse(act, 409, "still down: %s; an administrator may close it all the same (forced) with a reason", list);
}

void act_close(struct act *act)
{
	bool forced = json_is_true(json_object_get(act->request, "forced"));
	json_t *incident;

	if (forced && act->role < ROLE_ADMIN) {
		act_refuse(act, 403, "forced: only an administrator closes what is still down");
		return;
	}
	if (!text_fits(act, 1, TEXT_MAX) || !(incident = incident_of(act, "incident")))
		return;
	const json_t *down = json_object_get(incident, "still_down");
	if (is_over(incident))
		act_refuse(act, 409, "incident %.80s is over already", member(incident, "id"));
	else if (!forced && json_array_size(down))
		refuse_down(act, down);
	else {
		record_on(act, "close", incident, json_pack("{s:b}", "forced", forced));
		return;
	}
	json_decref(incident);
}

void act_merge(struct act *act)
{
	json_t *from, *into = NULL;

	if (!text_fits(act, 0, TEXT_MAX) || !(from = incident_of(act, "incident")))
		return;
	if (!(into = incident_of(act, "into"))) {
		json_decref(from);
		return;
	}
	if (!strcmp(member(from, "id"), member(into, "id"))) {
		act_refuse(act, 409, "into: incident %.80s is the same one, or part of it", member(into, "id"));
		json_decref(from);
	} else {
		record_on(act, "merge", from, json_pack("{s:s}", "into", member(into, "id")));
	}
	json_decref(into);
}

void act_incident(struct act *act)
{
	const char *id = act_text(act, "incident"), *why = "";
	json_t *o = *id ? view_incident(act->core->view, id, &why) : NULL;

	if (o)
		act_answer(act, o);
	else
		act_refuse(act, 404, "there is no incident \"%.80s\"", id);
}
