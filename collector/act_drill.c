/* Drills: planned, begun and called off here; judged by judge (collector/judge/drill.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "common/clock.h"

#define WORDS_MAX 500
#define TARGETS_MAX 50
#define CONTACTS_MAX 50
#define LONGEST_MS (24 * 3600000LL)
#define LENGTH_MS 3600000LL        /* unless it is said */
#define AHEAD_MS (90LL * 86400000) /* a plan for later than that is a slip of the pen */
#define DETECT_MS 15000
#define MAIL_MS 30000
#define WITHIN_MOST_MS 3600000

/* ---- what a plan names ---- */

static bool uplink_exists(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->site_count; i++)
		for (size_t k = 0; k < inv->sites[i].uplink_count; k++)
			if (!strcmp(inv->sites[i].uplinks[k].id, id))
				return true;
	return false;
}

/* "pha-long-hq" and "site:pha-long-hq" are both "site:pha-long-hq". False: refused with `why`. */
static bool target_name(
        const struct inventory *inv, const char *text, char *out, size_t size, char *why, size_t why_size)
{
	struct target t;

	if (!strncmp(text, "uplink:", 7)) {
		snprintf(out, size, "%s", text);
		snprintf(why, why_size, "no line has the id \"%.64s\"", text + 7);
		return uplink_exists(inv, text + 7);
	}
	if (inventory_target(inv, text, &t, why, why_size))
		return false;
	const struct {
		const char *kind, *id;
	} found[] = {{"unit", t.unit ? t.unit->id : NULL}, {"site", t.site ? t.site->id : NULL},
	        {"node", t.node ? t.node->id : NULL}, {"service", t.service ? t.service->id : NULL},
	        {"province", t.province ? inv->id : NULL}};
	for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++)
		if (found[i].id)
			snprintf(out, size, "%s:%s", found[i].kind, found[i].id);
	return true;
}

/* The words of a list, or of "a,b,c". New reference. */
static json_t *words_of(const struct act *act, const char *name)
{
	const json_t *v = json_object_get(act->request, name);
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(v, i, item) if (json_is_string(item)) json_array_append(list, item);
	for (const char *p = json_string_value(v); p && *p;) {
		size_t len = strcspn(p, ",");
		if (len)
			json_array_append_new(list, json_stringn(p, len));
		p += len + (p[len] == ',');
	}
	return list;
}

/* NULL with the act refused. New reference. */
static json_t *targets_of(struct act *act)
{
	json_t *words = words_of(act, "targets"), *list = json_array(), *item;
	char name[160], why[256] = "targets: 1 to 50 expected";
	size_t i;
	bool good = json_array_size(words) && json_array_size(words) <= TARGETS_MAX;

	json_array_foreach(words, i, item)
	{
		if (!good)
			break;
		good = target_name(act->core->inventory, json_string_value(item), name, sizeof(name), why, sizeof(why));
		if (good)
			json_array_append_new(list, json_string(name));
	}
	json_decref(words);
	if (good)
		return list;
	json_decref(list);
	act_refuse(act, 400, "%s", why);
	return NULL;
}

static bool contact_exists(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->contact_count; i++)
		if (!strcmp(inv->contacts[i].id, id))
			return true;
	return false;
}

/* Those named, by default all with an address; "none": no mail is part of it. NULL with the act refused. New reference. */
static json_t *contacts_of(struct act *act)
{
	const struct inventory *inv = act->core->inventory;
	json_t *list = words_of(act, "contacts"), *item;
	size_t i;

	if (json_array_size(list) == 1 && !strcmp(json_string_value(json_array_get(list, 0)), "none")) {
		json_array_clear(list);
		return list;
	}
	json_array_foreach(list, i, item)
	{
		if (contact_exists(inv, json_string_value(item)) && i < CONTACTS_MAX)
			continue;
		act_refuse(act, 400, "contacts: no contact has the id \"%.64s\"", json_string_value(item));
		json_decref(list);
		return NULL;
	}
	for (i = 0; !json_object_get(act->request, "contacts") && i < inv->contact_count; i++)
		if (inv->contacts[i].mail && *inv->contacts[i].mail)
			json_array_append_new(list, json_string(inv->contacts[i].id));
	return list;
}

/* ---- acts ---- */

static json_t *look_for_drill(struct act *act, const char *id)
{
	const char *why, *did = act_text(act, "act");
	json_t *d = view_drill(act->core->view, id, &why);
	const char *state = json_string_value(json_object_get(d, "state"));
	bool begun = json_is_integer(json_object_get(d, "began_at"));

	if (state && (!strcmp(did, "drill-begin") ? begun : strcmp(did, "drill-cancel") || !strcmp(state, "cancelled")))
		return json_pack("{s:s, s:o}", "id", id, "drill", d);
	json_decref(d);
	return NULL;
}

/* Is what was asked for possible at all? Refuses otherwise. */
static bool plan_is_good(struct act *act, int64_t from, int64_t until, int64_t detect_ms, int64_t mail_ms)
{
	int64_t now = clock_wall_ms();

	if (!act->core->inventory)
		act_refuse(act, 503, "no inventory is in force");
	else if (!*act_text(act, "words") || strlen(act_text(act, "words")) > WORDS_MAX)
		act_refuse(act, 400, "words: what will be done, 1 to %d bytes expected", WORDS_MAX);
	else if (!view_cause_known(act_text(act, "cause")))
		act_refuse(act, 400,
		        "cause: \"%.40s\" is none; expected one such as uplink-down, site-power, service-down",
		        act_text(act, "cause"));
	else if (from < now - 60000 || from > now + AHEAD_MS || until <= from || until - from > LONGEST_MS)
		act_refuse(act, 400, "from, until: a time to come of at most 24 hours, within 90 days, expected");
	else if (detect_ms < 1000 || detect_ms > WITHIN_MOST_MS || mail_ms < 1000 || mail_ms > WITHIN_MOST_MS)
		act_refuse(act, 400, "detect_within_ms, mail_within_ms: 1000 to %d expected", WITHIN_MOST_MS);
	else
		return true;
	return false;
}

void act_drill(struct act *act)
{
	int64_t now = clock_wall_ms(), from = act_number(act, "from", now),
	        until = act_number(act, "until", from + LENGTH_MS),
	        detect_ms = act_number(act, "detect_within_ms", DETECT_MS),
	        mail_ms = act_number(act, "mail_within_ms", MAIL_MS);
	char id[80];

	if (!plan_is_good(act, from, until, detect_ms, mail_ms))
		return;
	json_t *targets = targets_of(act);
	json_t *contacts = targets ? contacts_of(act) : NULL;
	if (!contacts) {
		json_decref(targets);
		return;
	}
	const char *first = json_string_value(json_array_get(targets, 0)), *colon = strchr(first, ':');
	act_id_make("dt", colon ? colon + 1 : first, id, 64);
	act_record_wait(act,
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:I}", "act", "drill",
	                "by", act->by, "target", first, "text", act_text(act, "words"), "door",
	                act->door == DOOR_WEB ? "web" : "socket", "id", id, "targets", targets, "contacts", contacts,
	                "what", act_text(act, "words"), "cause", act_text(act, "cause"), "from", (json_int_t)from,
	                "until", (json_int_t)until, "detect_within_ms", (json_int_t)detect_ms, "mail_within_ms",
	                (json_int_t)mail_ms),
	        id, look_for_drill);
}

/* A drill that is still to come or runs. NULL with the act refused. New reference. */
static json_t *active_drill(struct act *act)
{
	const char *why, *id = act_text(act, "id");
	json_t *d = view_drill(act->core->view, id, &why);
	const char *state = json_string_value(json_object_get(d, "state"));

	if (state && (!strcmp(state, "planned") || !strcmp(state, "running")))
		return d;
	if (d)
		act_refuse(act, 409, "the drill %.64s is over: %s", id, state);
	else
		act_refuse(act, 404, "there is no drill \"%.64s\"", id);
	json_decref(d);
	return NULL;
}

static void record_on_drill(struct act *act, const char *name)
{
	const char *id = act_text(act, "id");

	act_record_wait(act,
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "act", name, "by", act->by, "target", id, "text", "",
	                "door", act->door == DOOR_WEB ? "web" : "socket", "id", id),
	        id, look_for_drill);
}

void act_drill_begin(struct act *act)
{
	json_t *d = active_drill(act);

	if (!d)
		return;
	if (json_is_integer(json_object_get(d, "began_at")))
		act_refuse(act, 409, "this drill has begun already");
	else if (json_integer_value(json_object_get(d, "until")) <= clock_wall_ms())
		act_refuse(act, 409, "the time of this drill is over");
	else
		record_on_drill(act, "drill-begin");
	json_decref(d);
}

void act_drill_cancel(struct act *act)
{
	json_t *d = active_drill(act);

	if (d)
		record_on_drill(act, "drill-cancel");
	json_decref(d);
}

void act_drills(struct act *act)
{
	const char *id = act_text(act, "id"), *why = "";

	if (!*id) {
		act_answer(act, view_drills(act->core->view, act_text(act, "target"), act_text(act, "state")));
		return;
	}
	json_t *d = view_drill(act->core->view, id, &why);
	if (d)
		act_answer(act, d);
	else
		act_refuse(act, 404, "there is no drill \"%.64s\"", id);
}
