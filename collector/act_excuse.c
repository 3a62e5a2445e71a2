/*
 * Maintenance and planned power cuts: asked for, ended, imported. What they excuse is judge's matter (judge/excuse.h); here targets,
 * times and rights are checked, and whoever hides an outage afterwards needs to be an administrator.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/core.h"
#include "collector/inventory/cuts.h"
#include "common/clock.h"

#define TARGETS_MAX 200
#define REASON_MAX 1000
#define BACK_MS (15 * 60000LL) /* so far back a technician may begin it */
#define LONGEST_MS (31LL * 86400000)
#define AHEAD_MS (400LL * 86400000)

/* ---- targets ---- */

static const struct uplink *uplink_find(const struct inventory *inv, const char *id)
{
	for (size_t i = 0; i < inv->site_count; i++)
		for (size_t k = 0; k < inv->sites[i].uplink_count; k++)
			if (!strcmp(inv->sites[i].uplinks[k].id, id))
				return &inv->sites[i].uplinks[k];
	return NULL;
}

/* "mk-hq" to "site:mk-hq". NULL: refused. */
static json_t *target_named(struct act *act, const char *text)
{
	const struct inventory *inv = act->core->inventory;
	struct target t;
	char why[512];

	if (!strncmp(text, "uplink:", 7)) {
		if (uplink_find(inv, text + 7))
			return json_string(text);
		act_refuse(act, 404, "targets: no line has the id \"%.64s\"", text + 7);
		return NULL;
	}
	if (inventory_target(inv, text, &t, why, sizeof(why))) {
		act_refuse(act, 400, "targets: %s (or uplink:ID)", why);
		return NULL;
	}
	if (t.unit)
		return json_sprintf("unit:%s", t.unit->id);
	if (t.site)
		return json_sprintf("site:%s", t.site->id);
	if (t.node)
		return json_sprintf("node:%s", t.node->id);
	if (t.service)
		return json_sprintf("service:%s", t.service->id);
	return json_sprintf("province:%s", inv->id);
}

/* NULL: refused. */
static json_t *targets_of(struct act *act)
{
	const json_t *list = json_object_get(act->request, "targets");
	json_t *out = json_array(), *one;
	size_t i;

	if (!json_array_size(list) || json_array_size(list) > TARGETS_MAX) {
		act_refuse(act, 400,
		        "targets: a list of 1 to %d of unit:ID, site:ID, node:ID, service:ID, uplink:ID expected",
		        TARGETS_MAX);
		json_decref(out);
		return NULL;
	}
	json_array_foreach((json_t *)list, i, one)
	{
		const char *text = json_string_value(one);
		json_t *named = NULL;
		if (!text)
			act_refuse(act, 400, "targets: texts expected");
		else
			named = target_named(act, text);
		if (!named) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, named);
	}
	return out;
}

/* ---- maintenance ---- */

static bool id_valid(const char *id)
{
	size_t len = strlen(id);

	return len && len < 64 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

/* The id asked for, or one of the moment. False: refused. */
static bool id_of(struct act *act, int64_t now, char out[64])
{
	const char *id = act_text(act, "id");
	char stamp[32];

	clock_format_utc(now, stamp, sizeof(stamp));
	if (*id)
		snprintf(out, 64, "%.63s", id);
	else
		snprintf(out, 64, "m-%.4s%.2s%.2st%.2s%.2s%.2s-%03d", stamp, stamp + 5, stamp + 8, stamp + 11,
		        stamp + 14, stamp + 17, (int)(now % 1000));
	if (*id && !id_valid(id)) {
		act_refuse(act, 400, "id: 1 to 63 of a-z, 0-9, - _ . expected");
		return false;
	}
	json_t *there = view_excuse(act->core->view, out);
	json_decref(there);
	if (there)
		act_refuse(act, 409, "id: \"%.63s\" is there already", out);
	return !there;
}

/* False: refused. */
static bool times_of(struct act *act, int64_t now, int64_t *from, int64_t *until)
{
	*from = act_number(act, "from", now);
	*until = act_number(act, "until", 0);
	if (*until <= now)
		act_refuse(act, 400, "until: a time to come expected, in UTC milliseconds");
	else if (*until <= *from)
		act_refuse(act, 400, "until: a time after from expected");
	else if (*until - *from > LONGEST_MS)
		act_refuse(act, 400, "until: at most 31 days after from expected");
	else if (*from > now + AHEAD_MS)
		act_refuse(act, 400, "from: at most 400 days ahead expected");
	else if (*from < now - LONGEST_MS)
		act_refuse(act, 400, "from: at most 31 days back expected");
	else if (*from < now - BACK_MS && act->role < ROLE_ADMIN)
		act_refuse(act, 403, "from: only an administrator begins it more than 15 minutes ago");
	else
		return true;
	return false;
}

void act_maintenance(struct act *act)
{
	const char *reason = act_text(act, "reason");
	int64_t now = clock_wall_ms(), from, until;
	json_t *targets;
	char id[64];

	if (!act->core->inventory) {
		act_refuse(act, 503, "no inventory is in force");
		return;
	}
	if (!*reason || strlen(reason) > REASON_MAX) {
		act_refuse(act, 400, "reason: 1 to %d bytes expected", REASON_MAX);
		return;
	}
	if (!times_of(act, now, &from, &until) || !id_of(act, now, id) || !(targets = targets_of(act)))
		return;
	json_t *excuse = json_pack("{s:s, s:o, s:I, s:I, s:s}", "id", id, "targets", targets, "from", (json_int_t)from,
	        "until", (json_int_t)until, "reason", reason);
	act_record_more(act, "maintenance", id, reason, json_pack("{s:O}", "excuse", excuse),
	        json_pack("{s:o}", "maintenance", excuse));
}

void act_maintenance_end(struct act *act)
{
	const char *id = act_text(act, "id");
	json_t *o = *id ? view_excuse(act->core->view, id) : NULL;
	const char *kind = json_string_value(json_object_get(o, "kind")),
	           *state = json_string_value(json_object_get(o, "state"));

	if (!o || !kind || !state)
		act_refuse(act, 404, "id: there is no maintenance and no planned cut \"%.63s\"", id);
	else if (!strcmp(kind, "drill"))
		act_refuse(act, 409, "id: \"%.63s\" is a drill, which ends by its own", id);
	else if (!strcmp(state, "over"))
		act_refuse(act, 409, "id: \"%.63s\" is over already", id);
	else
		act_record(act, "maintenance-end", id, act_text(act, "text"), json_pack("{s:s}", "id", id));
	json_decref(o);
}

/* ---- planned power cuts ---- */

static json_t *lines_of(const json_t *problems)
{
	json_t *lines = json_array(), *o;
	size_t i;

	json_array_foreach((json_t *)problems, i, o)
	{
		const char *column = json_string_value(json_object_get(o, "column"));
		json_array_append_new(
		        lines, json_sprintf("row %d%s%s: %s", (int)json_integer_value(json_object_get(o, "row")),
		                       *column ? ", " : "", column, json_string_value(json_object_get(o, "text"))));
	}
	return lines;
}

static size_t approved_count(const json_t *cuts)
{
	size_t i, count = 0;
	json_t *o;

	json_array_foreach((json_t *)cuts, i, o) count += json_is_true(json_object_get(o, "approved"));
	return count;
}

/* Takes both. */
static void cuts_import(struct act *act, json_t *cuts, json_t *problems)
{
	bool dry = json_is_true(json_object_get(act->request, "dry_run"));
	json_t *answer = json_pack("{s:O, s:O, s:b}", "planned_cuts", cuts, "problems", problems, "dry_run", dry);

	if (dry) {
		act_answer(act, answer);
	} else if (json_array_size(problems)) {
		json_object_set_new(answer, "error", json_string("the list has problems; nothing was imported"));
		json_object_set_new(answer, "status", json_integer(400));
		json_object_set_new(answer, "errors", lines_of(problems));
		act_answer(act, answer);
	} else if (approved_count(cuts) && act->role < ROLE_ADMIN) {
		json_decref(answer);
		act_refuse(act, 403, "approved: only an administrator approves planned cuts");
	} else {
		char text[64];
		snprintf(text, sizeof(text), "%zu, %zu approved", json_array_size(cuts), approved_count(cuts));
		act_record_more(act, "planned-cuts", "planned-cuts", text, json_pack("{s:O}", "excuses", cuts), answer);
	}
	json_decref(cuts);
	json_decref(problems);
}

void act_planned_cuts(struct act *act)
{
	const char *csv = act_text(act, "csv");
	json_t *cuts, *problems;
	struct zone *zone = NULL;

	if (!act->core->inventory) {
		act_refuse(act, 503, "no inventory is in force");
	} else if (!json_is_string(json_object_get(act->request, "csv"))) {
		act_refuse(
		        act, 400, "csv: a list with the columns unit (or site), from, until, words, approved expected");
	} else if (zone_load(act->core->config->timezone, &zone)) {
		act_refuse(act, 503, "the time zone %.60s cannot be read", act->core->config->timezone);
	} else {
		cuts_read(act->core->inventory, zone, clock_wall_ms(), csv, strlen(csv), &cuts, &problems);
		zone_free(zone);
		cuts_import(act, cuts, problems);
	}
}

/* ---- lists ---- */

void act_maintenance_list(struct act *act)
{
	act_answer(
	        act, view_excuses(act->core->view, "maintenance", json_is_true(json_object_get(act->request, "all"))));
}

void act_planned_cuts_list(struct act *act)
{
	act_answer(
	        act, view_excuses(act->core->view, "planned-cut", json_is_true(json_object_get(act->request, "all"))));
}
