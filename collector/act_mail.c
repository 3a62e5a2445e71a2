/*
 * Acknowledging by whoever had the mail: a signed mark (ackmark.h) stands for a login. "ack-show" and "ack-link" come from the page
 * behind the mail's link, "ack-reply" from tell, which reads the answers. They answer
 *   { result (not of ack-show): acknowledged | already | over, contact (name), language, state, acked_by (name), acked_at, resolved_at, opened_at,
 *     id, unit_name, site_name, service_name, uplink, summary_vi, summary_en, severity }
 * or { error, status: 403, why: forged | expired | contact | incident | sender | automatic }, which is written into the audit as "ack-refused",
 * at most AUDITED_PER_MINUTE times: whoever knocks on the door for fun does not fill the journal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/core.h"
#include "common/clock.h"
#include "common/log.h"

#define AUDITED_PER_MINUTE 10
#define MINUTE_MS 60000
#define MERGES_MAX 8 /* how far an incident is followed into the one that took it up */
#define TEXT_MAX 400

enum why { WHY_FORGED, WHY_EXPIRED, WHY_CONTACT, WHY_INCIDENT, WHY_SENDER, WHY_AUTOMATIC };

static const struct {
	const char *name, *text;
} whys[] = {
        [WHY_FORGED] = {"forged", "this mark is not one of ours"},
        [WHY_EXPIRED] = {"expired", "this mark has expired"},
        [WHY_CONTACT] = {"contact", "the contact of this mark is not in the inventory any more"},
        [WHY_INCIDENT] = {"incident", "the incident of this mark is not known"},
        [WHY_SENDER] = {"sender", "the sender is no contact, or had no such mail"},
        [WHY_AUTOMATIC] = {"automatic", "automatic answers do not acknowledge"},
};

/* Whose mark it is and for what; pointers borrowed, `incident` owned. */
struct marked {
	struct ackmark mark;
	const struct contact *contact;
	json_t *incident;
};

/* ---- refusals ---- */

/* Is it written down, and how many before it were not? */
static bool refusal_counts(struct core *core, enum act_door door, unsigned *passed_over)
{
	int64_t now = clock_boot_ms();
	unsigned at = door == DOOR_TELL;

	if (!core->ack_refusals[at].since_ms || now - core->ack_refusals[at].since_ms >= MINUTE_MS) {
		core->ack_refusals[at].since_ms = now;
		core->ack_refusals[at].written = 0;
	}
	if (core->ack_refusals[at].written >= AUDITED_PER_MINUTE) {
		core->ack_refusals[at].passed_over++;
		return false;
	}
	core->ack_refusals[at].written++;
	*passed_over = core->ack_refusals[at].passed_over;
	core->ack_refusals[at].passed_over = 0;
	return true;
}

static void mark_refuse(struct act *act, const struct marked *m, enum why why)
{
	struct core *core = act->core;
	const char *from = act_text(act, act->door == DOOR_TELL ? "from" : "address");
	unsigned passed_over;

	if (refusal_counts(core, act->door, &passed_over)) {
		json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "act", "ack-refused", "by", m->mark.contact,
		        "target", m->mark.incident, "text", whys[why].name, "door", act->how, "address", from);
		if (passed_over)
			json_object_set_new(body, "passed_over", json_integer(passed_over));
		log_warn("an acknowledgement by %s from %.80s is refused: %s", act->how, from, whys[why].text);
		core_journal_act(core, body, NULL, NULL);
	}
	act_answer(act, json_pack("{s:s, s:i, s:s}", "error", whys[why].text, "status", 403, "why", whys[why].name));
}

/* ---- what the mark is for ---- */

static const struct contact *contact_find(const struct core *core, const char *id)
{
	for (size_t i = 0; core->inventory && i < core->inventory->contact_count; i++)
		if (!strcmp(core->inventory->contacts[i].id, id))
			return &core->inventory->contacts[i];
	return NULL;
}

static const char *member(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* The incident, or the wider one that it has become part of. NULL: not known. */
static json_t *incident_now(struct core *core, const char *id)
{
	const char *why;
	json_t *o = core->view ? view_incident(core->view, id, &why) : NULL;

	for (int i = 0; o && i < MERGES_MAX && *member(o, "merged_into"); i++) {
		json_t *wider = view_incident(core->view, member(o, "merged_into"), &why);

		json_decref(o);
		o = wider;
	}
	return o;
}

/* The signature was right. True when there is something to speak of; otherwise the act is refused. */
static bool marked_find(struct act *act, struct marked *m)
{
	m->contact = contact_find(act->core, m->mark.contact);
	m->incident = m->contact ? incident_now(act->core, m->mark.incident) : NULL;
	if (!m->incident)
		mark_refuse(act, m, m->contact ? WHY_INCIDENT : WHY_CONTACT);
	return m->incident != NULL;
}

static json_t *answer_of(struct core *core, const struct marked *m, const char *result)
{
	static const char *const keys[] = {"id", "state", "acked_at", "resolved_at", "opened_at", "unit_name",
	        "site_name", "service_name", "uplink", "summary_vi", "summary_en", "severity"};
	const struct contact *by = contact_find(core, member(m->incident, "acked_by"));
	json_t *o = json_pack("{s:s, s:s, s:s}", "contact", m->contact->name ? m->contact->name : m->contact->id,
	        "language", m->contact->language == LANGUAGE_EN ? "en" : "vi", "acked_by",
	        by && by->name ? by->name : member(m->incident, "acked_by"));

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(m->incident, keys[i]))
			json_object_set(o, keys[i], json_object_get(m->incident, keys[i]));
	if (result)
		json_object_set_new(o, "result", json_string(result));
	return o;
}

/* Takes the incident. What is acknowledged or over already is said so, and nothing is written. */
static void marked_acknowledge(struct act *act, struct marked *m, const char *text)
{
	const char *state = member(m->incident, "state");
	bool open = !strcmp(state, "open");
	json_t *answer = answer_of(act->core, m,
	        open                             ? "acknowledged"
	        : !strcmp(state, "acknowledged") ? "already"
	                                         : "over");

	if (open) {
		snprintf(act->by, sizeof(act->by), "%s", m->contact->id);
		act_record(act, "ack", member(m->incident, "id"), text, answer);
	} else {
		act_answer(act, answer);
	}
	json_decref(m->incident);
}

/* ---- the page behind the link ---- */

static bool link_read(struct act *act, struct marked *m)
{
	int err = ackmark_link_read(act->core->ack_key, act_text(act, "mark"), clock_wall_ms(), &m->mark);

	act->how = "link";
	if (!err)
		return marked_find(act, m);
	mark_refuse(act, m, err == -ETIME ? WHY_EXPIRED : WHY_FORGED);
	return false;
}

void act_ack_show(struct act *act)
{
	struct marked m = {0};

	if (!link_read(act, &m))
		return;
	json_t *answer = answer_of(act->core, &m, NULL);
	json_decref(m.incident);
	act_answer(act, answer);
}

void act_ack_link(struct act *act)
{
	struct marked m = {0};

	if (link_read(act, &m))
		marked_acknowledge(act, &m, "");
}

/* ---- an answer by mail ---- */

/* The local part of "<local@domain>"; false when it is too long. */
static bool local_of(const char *id, char *out, size_t size)
{
	const char *begin = id + (*id == '<'), *at = strrchr(begin, '@');
	size_t n = at ? (size_t)(at - begin) : strlen(begin);

	if (n >= size)
		return false;
	memcpy(out, begin, n);
	out[n] = '\0';
	return true;
}

/* 0, or the best of what is wrong: a mark of his that expired says more than one that is none of his. */
static int reply_match(struct act *act, struct marked *m)
{
	const struct inventory *inv = act->core->inventory;
	const json_t *ids = json_object_get(act->request, "ids"), *one;
	const char *from = act_text(act, "from");
	char local[512];
	size_t k;
	int best = -EACCES;

	for (size_t i = 0; inv && i < inv->contact_count; i++) {
		const struct contact *c = &inv->contacts[i];

		if (!c->mail || strcasecmp(c->mail, from))
			continue;
		json_array_foreach((json_t *)ids, k, one)
		{
			const char *id = json_string_value(one);
			struct ackmark mark;
			int err = id && local_of(id, local, sizeof(local))
			                  ? ackmark_tag_read(act->core->ack_key, local, c->id, clock_wall_ms(), &mark)
			                  : -EINVAL;
			if (!err || err == -ETIME)
				m->mark = mark;
			if (!err)
				return 0;
			best = err == -ETIME || best == -EACCES ? err : best;
		}
	}
	return best;
}

void act_ack_reply(struct act *act)
{
	struct marked m = {0};
	char text[TEXT_MAX];
	int err = reply_match(act, &m);

	act->how = "reply";
	if (err) {
		mark_refuse(act, &m, err == -ETIME ? WHY_EXPIRED : err == -EACCES ? WHY_SENDER : WHY_FORGED);
		return;
	}
	if (json_is_true(json_object_get(act->request, "automatic"))) {
		mark_refuse(act, &m, WHY_AUTOMATIC);
		return;
	}
	if (strlen(act_text(act, "text")) >= sizeof(text)) {
		act_refuse(act, 400, "text: at most %d bytes expected", TEXT_MAX);
		return;
	}
	snprintf(text, sizeof(text), "%s", act_text(act, "text"));
	if (marked_find(act, &m))
		marked_acknowledge(act, &m, text);
}
