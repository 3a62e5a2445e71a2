#include "collector/tell/route.h"

#include <stdlib.h>
#include <string.h>

#include "common/mail/mime.h"
#include "common/log.h"

/* A change, as it concerns one incident and all who may hear of it. */
struct news {
	struct outbox *outbox;
	const char *incident, *change;
	char *body;
	int64_t at_ms;
	int rows;
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

const struct contact *route_contact(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->contact_count; i++)
		if (!strcmp(inv->contacts[i].id, id))
			return &inv->contacts[i];
	return NULL;
}

static int news_put(struct news *n, const char *kind, const char *contact)
{
	int status = outbox_put(n->outbox, n->incident, kind, contact, n->at_ms, n->body);

	if (status > 0)
		n->rows++;
	return status < 0 ? status : 0;
}

/* One incident is one thread: at most an opening, a recovery, and once each again. */
static int news_contact(struct news *n, const char *contact)
{
	bool heard = outbox_has(n->outbox, n->incident, "open", contact);

	if (!strcmp(n->change, "open") || (!strcmp(n->change, "reopen") && !heard))
		return news_put(n, "open", contact);
	if (!heard)
		return 0;
	if (!strcmp(n->change, "resolve"))
		return news_put(
		        n, outbox_has(n->outbox, n->incident, "reopen", contact) ? "resolve-2" : "resolve", contact);
	/* it came back before anyone read that it was over: then it was never over */
	if (outbox_withdraw(n->outbox, n->incident, "resolve", contact))
		return 0;
	return news_put(n, "reopen", contact);
}

static bool news_wanted(const json_t *body, const json_t *incident, const char *change, int64_t now_ms)
{
	bool over = !strcmp(change, "resolve");
	int64_t at = json_integer_value(json_object_get(incident, over ? "resolved_at" : "opened_at"));

	if (strcmp(text_of(body, "type"), "incident") || (!over && strcmp(change, "open") && strcmp(change, "reopen")))
		return false;
	if (json_is_true(json_object_get(body, "late")) || json_is_true(json_object_get(incident, "late")))
		return false;
	if (!strcmp(text_of(incident, "severity"), "warning") || *text_of(incident, "merged_into") ||
	        !*text_of(incident, "id"))
		return false;
	/* an incident that came back began long ago, yet is news */
	return !strcmp(change, "reopen") || now_ms - at <= ROUTE_HORIZON_MS;
}

int route_conclusion(struct outbox *o, const struct inventory *inv, const json_t *body, int64_t at_ms, int64_t now_ms)
{
	const json_t *incident = json_object_get(body, "incident");
	struct news n = {
	        .outbox = o, .incident = text_of(incident, "id"), .change = text_of(body, "change"), .at_ms = at_ms};
	int status = 0;

	if (!news_wanted(body, incident, n.change, now_ms) || now_ms - at_ms > ROUTE_HORIZON_MS)
		return 0;
	n.body = json_dumps(incident, JSON_COMPACT);
	for (size_t i = 0; i < inv->contact_count && !status && n.body; i++) {
		const struct contact *c = &inv->contacts[i];

		if (!c->mail || !*c->mail)
			continue;
		if (mime_address_valid(c->mail))
			status = news_contact(&n, c->id);
		else
			log_warn("contact %s: %s is no mail address", c->id, c->mail);
	}
	free(n.body);
	return status ? status : n.rows;
}
