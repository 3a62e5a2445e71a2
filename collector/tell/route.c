#include "collector/tell/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/tell/escalate.h"
#include "collector/tell/known.h"
#include "collector/tell/merge.h"
#include "collector/tell/oncall.h"
#include "collector/tell/storm.h"
#include "common/log.h"
#include "common/mail/mime.h"

#define DRILL "drill:"

/* A change, as it concerns one incident and all who may hear of it. */
struct news {
	const struct desk *desk;
	const json_t *incident;
	const char *id, *change;
	char *body;
	int64_t at_ms;
	int rows;
	bool drill; /* its own contacts only: never held, never escalated */
	bool known; /* something was said of it before */
};

const struct contact *route_contact(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->contact_count; i++)
		if (!strcmp(inv->contacts[i].id, id))
			return &inv->contacts[i];
	return NULL;
}

/* ---- one row ---- */

/* What a storm counts: sites, and each incident that has none. */
static const char *site_of(const json_t *incident)
{
	const char *site = desk_text(incident, "site");

	return *site ? site : desk_text(incident, "id");
}

int route_opening(const struct desk *d, const json_t *incident, const char *kind, const char *contact, int64_t at_ms,
        const char *body)
{
	const char *site = site_of(incident);
	struct outbox_item item = {.incident = desk_text(incident, "id"),
	        .kind = kind,
	        .contact = contact,
	        .body = body,
	        .site = site,
	        .created_at = at_ms};

	if (storm_holds(d, contact, site, at_ms))
		item.state = OUTBOX_HELD;
	return outbox_add(d->outbox, &item);
}

int route_hook(const struct desk *d, const json_t *incident, const char *kind, const char *hook, int64_t at_ms,
        const char *body)
{
	char contact[72];

	snprintf(contact, sizeof(contact), OUTBOX_HOOK "%s", hook);
	return outbox_put(d->outbox, desk_text(incident, "id"), kind, contact, at_ms, body);
}

static int row_put(struct news *n, const char *kind, const char *contact)
{
	bool opening = strncmp(kind, "resolve", 7) != 0 && !n->drill && strncmp(contact, OUTBOX_HOOK, 5) != 0;
	struct outbox_item item = {.incident = n->id,
	        .kind = kind,
	        .contact = contact,
	        .body = n->body,
	        .created_at = n->at_ms,
	        .state = outbox_gathered(n->desk->outbox, n->id, contact) ? OUTBOX_HELD : OUTBOX_QUEUED};
	int status;

	if (opening && item.state == OUTBOX_QUEUED)
		status = route_opening(n->desk, n->incident, kind, contact, n->at_ms, n->body);
	else
		status = outbox_add(n->desk->outbox, &item);
	if (status > 0)
		n->rows++;
	return status < 0 ? status : 0;
}

/* One incident is one thread: at most an opening, a recovery, and once each again. */
static int contact_tell(struct news *n, const char *contact)
{
	struct outbox *o = n->desk->outbox;
	bool heard = outbox_heard(o, n->id, contact);

	if (!strcmp(n->change, "resolve"))
		return heard ? row_put(n, outbox_has(o, n->id, "reopen", contact) ? "resolve-2" : "resolve", contact)
		             : 0;
	if (!heard)
		return row_put(n, "open", contact);
	/* it came back before anyone read that it was over: then it was never over */
	if (strcmp(n->change, "reopen") || outbox_withdraw(o, n->id, "resolve", contact))
		return 0;
	return row_put(n, "reopen", contact);
}

static int hook_tell(struct news *n, const char *hook)
{
	char contact[72];

	snprintf(contact, sizeof(contact), OUTBOX_HOOK "%s", hook);
	return contact_tell(n, contact);
}

/* ---- who ---- */

static void drill_contacts(const struct news *n, struct oncall *out)
{
	json_t *drill = known_drill(n->desk, desk_text(n->incident, "excused") + strlen(DRILL)), *one;
	const json_t *contacts = json_object_get(drill, "contacts");
	const struct contact *c;
	size_t i;

	json_array_foreach(contacts, i, one)
	{
		c = json_string_value(one) ? route_contact(n->desk->inventory, json_string_value(one)) : NULL;
		if (c)
			oncall_add_contact(c, out);
	}
	json_decref(drill);
}

/* Who heard of it hears what follows, whoever is on call by now. */
static void heard_contacts(const struct news *n, struct oncall *out)
{
	const struct inventory *inv = n->desk->inventory;

	for (size_t i = 0; i < inv->contact_count; i++)
		if (outbox_heard(n->desk->outbox, n->id, inv->contacts[i].id))
			oncall_add_contact(&inv->contacts[i], out);
}

static int contacts_tell(struct news *n, const struct oncall *who)
{
	int status = 0;

	for (size_t i = 0; i < who->count && !status; i++) {
		if (mime_address_valid(who->who[i]->mail))
			status = contact_tell(n, who->who[i]->id);
		else
			log_warn("contact %s: %s is no mail address", who->who[i]->id, who->who[i]->mail);
	}
	return status;
}

/* Those of the route, all when there is none; what is over goes to those who heard, by contact_tell. */
static int hooks_tell(struct news *n, const struct alert_route *route)
{
	const struct alerts *a = &n->desk->inventory->alerts;
	bool over = !strcmp(n->change, "resolve");
	int status = 0;

	if (route && !over)
		for (size_t i = 0; i < route->webhooks.count && !status; i++)
			status = hook_tell(n, route->webhooks.items[i]);
	else
		for (size_t i = 0; i < a->webhook_count && !status; i++)
			status = hook_tell(n, a->webhooks[i].id);
	return status;
}

static int beginning_tell(struct news *n)
{
	const struct desk *d = n->desk;
	const struct alert_route *route = n->drill ? NULL : oncall_route(d->inventory, n->incident);
	struct oncall who = {0};
	int status;

	heard_contacts(n, &who);
	if (n->drill)
		drill_contacts(n, &who);
	else
		oncall_for(d->inventory, d->zone, n->incident, n->at_ms, &who);
	status = contacts_tell(n, &who);
	oncall_free(&who);
	if (!status && !n->drill)
		status = hooks_tell(n, route);
	if (!status && !n->drill && known_urgent(n->incident))
		status = escalate_begin(d, n->id, route, n->at_ms);
	return status ? status : known_set_routed(d, n->id);
}

static int end_tell(struct news *n)
{
	struct oncall who = {0};
	int status;

	heard_contacts(n, &who);
	status = contacts_tell(n, &who);
	oncall_free(&who);
	return status ? status : hooks_tell(n, NULL);
}

/* ---- what ---- */

/* Is there anything that somebody must be told now? */
static bool beginning_due(const struct news *n, int64_t now_ms)
{
	bool excused = *desk_text(n->incident, "excused") && !n->drill;
	bool alarm = strcmp(desk_text(n->incident, "severity"), "warning") != 0;
	int64_t opened_at = json_integer_value(json_object_get(n->incident, "opened_at"));

	/* a drill is told of whatever its severity: whether it is told is what it tests */
	if (excused || (!alarm && !n->drill))
		return false;
	/* what came back, or was a warning or excused till now, began long ago, yet is news */
	if (!strcmp(n->change, "open") && !n->known)
		return now_ms - opened_at <= ROUTE_HORIZON_MS;
	return strcmp(n->change, "update") ||
	       (!strcmp(desk_text(n->incident, "state"), "open") && !known_routed(n->desk, n->id));
}

static int change_take(struct news *n, int64_t now_ms)
{
	bool news = strcmp(n->change, "update") != 0 && !strcmp(desk_text(n->incident, "severity"), "warning") &&
	            !*desk_text(n->incident, "excused");
	bool recent = now_ms - n->at_ms <= ROUTE_HORIZON_MS;
	int64_t resolved_at = json_integer_value(json_object_get(n->incident, "resolved_at"));
	json_t *before = known_get(n->desk, n->id);
	int status = known_put(n->desk, n->incident, n->at_ms, news);

	n->known = before != NULL;
	json_decref(before);
	if (!status && !known_urgent(n->incident))
		status = escalate_end(n->desk, n->id);
	if (status || !recent)
		return status;
	if (!strcmp(n->change, "resolve"))
		return now_ms - resolved_at <= ROUTE_HORIZON_MS ? end_tell(n) : 0;
	return beginning_due(n, now_ms) ? beginning_tell(n) : 0;
}

static int incident_take(const struct desk *d, const json_t *body, int64_t at_ms, int64_t now_ms)
{
	const json_t *incident = json_object_get(body, "incident");
	struct news n = {.desk = d,
	        .incident = incident,
	        .id = desk_text(incident, "id"),
	        .change = desk_text(body, "change"),
	        .at_ms = at_ms,
	        .drill = !strncmp(desk_text(incident, "excused"), DRILL, strlen(DRILL))};
	int status;

	if (!*n.id || json_is_true(json_object_get(body, "late")) || json_is_true(json_object_get(incident, "late")))
		return 0;
	n.body = json_dumps(incident, JSON_COMPACT);
	if (!n.body)
		return 0;
	if (*desk_text(incident, "merged_into")) {
		status = known_put(d, incident, at_ms, false);
		if (!status)
			status = escalate_end(d, n.id);
		if (!status)
			status = merge_parts(d->outbox, n.id, desk_text(incident, "merged_into"), at_ms, n.body);
	} else {
		status = change_take(&n, now_ms);
	}
	free(n.body);
	return status < 0 ? status : n.rows;
}

int route_conclusion(const struct desk *d, const json_t *body, int64_t at_ms, int64_t now_ms)
{
	const json_t *drill = json_object_get(body, "drill");

	if (!strcmp(desk_text(body, "type"), "drill") && *desk_text(drill, "id"))
		return known_put_drill(d, drill);
	return strcmp(desk_text(body, "type"), "incident") ? 0 : incident_take(d, body, at_ms, now_ms);
}
