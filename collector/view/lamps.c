/*
 * The four lamps of a place, for whoever has a caller on the phone: power, TSLCD, internet, services; since when, why, whom to
 * call.
 */
#include <stdio.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"
#include "collector/judge/slip.h"
#include "collector/view/lamps.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static enum cause cause_of(const json_t *incident)
{
	static const char *const keys[] = {"final_cause", "cause_now", "cause"};
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		if (*word(incident, keys[k]))
			return cause_named(word(incident, keys[k]));
	return CAUSE_UNKNOWN;
}

/* ---- incidents of the place ---- */

static bool concerns(const struct scene *c, const json_t *incident)
{
	size_t k;
	json_t *v;
	if (!strcmp(word(incident, "site"), c->site->id))
		return true;
	json_array_foreach(json_object_get(incident, "sites"), k,
	        v) if (json_is_string(v) && !strcmp(json_string_value(v), c->site->id)) return true;
	json_array_foreach(json_object_get(incident, "affects"), k, v)
	{
		const char *name = json_string_value(v), *at = name ? strrchr(name, '@') : NULL;
		const struct node *n = at ? inventory_node(c->v->inv, at + 1) : NULL;
		if (n && n->at == c->site)
			return true;
	}
	return false;
}

static json_t *open_incidents(const struct scene *c)
{
	json_t *list = json_array();
	sqlite3_stmt *st = rows_query(c->v->rows, QUERY_INCIDENTS_OPEN);
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		json_t *o = json_loads(rows_text(st, 1), 0, NULL);
		if (json_is_object(o) && concerns(c, o))
			json_array_append(list, o);
		json_decref(o);
	}
	if (st)
		sqlite3_reset(st);
	return list;
}

void lamp_explain(struct lamp *l, const json_t *incident)
{
	l->incident = incident;
	snprintf(l->why_vi, LAMP_TEXT_SIZE, "%s", word(incident, "summary_vi"));
	snprintf(l->why_en, LAMP_TEXT_SIZE, "%s", word(incident, "summary_en"));
}

void lamp_say(struct lamp *l, const char *state, int64_t since, const char *vi, const char *en)
{
	l->state = state;
	l->since = since;
	snprintf(l->why_vi, LAMP_TEXT_SIZE, "%s", vi);
	snprintf(l->why_en, LAMP_TEXT_SIZE, "%s", en);
}

/* ---- power ---- */

static bool power_incident(const struct scene *c, struct lamp *l)
{
	size_t k;
	json_t *o;
	json_array_foreach(c->incidents, k, o)
	{
		enum cause cause = cause_of(o);
		if (cause != CAUSE_SITE_POWER && cause != CAUSE_AREA_POWER)
			continue;
		bool unclear = !strcmp(
		        *word(o, "now_confidence") ? word(o, "now_confidence") : word(o, "confidence"), "unclear");
		lamp_explain(l, o);
		l->state = unclear ? "degraded" : "down";
		l->since = json_integer_value(json_object_get(o, "opened_at"));
		return true;
	}
	return false;
}

static void power_seen(const struct scene *c, struct lamp *l)
{
	const struct seen_check *proof = NULL, *gone = NULL;
	char vi[256], en[256];
	for (size_t k = 0; k < c->s->check_count; k++) {
		const struct seen_check *s = &c->s->checks[k];
		if (s->site != c->site)
			continue;
		if (s->kind == KIND_UPS && s->state == STATE_DEGRADED && check_words(s, vi, en, sizeof vi)) {
			lamp_say(l, "degraded", s->since, vi, en);
			return;
		}
		if (s->kind == KIND_AGENT && s->node->link == LINK_CONNECTED)
			proof = s;
		else if (s->kind == KIND_AGENT && s->node->link != LINK_NEVER)
			gone = s;
		else if (!proof && s->state == STATE_UP && (s->outside || s->kind == KIND_GEAR))
			proof = s;
	}
	if (proof && proof->kind == KIND_AGENT) {
		snprintf(vi, sizeof vi, "máy %s tại chỗ đang chạy và báo về", proof->node->inv->id);
		snprintf(en, sizeof en, "host %s there runs and reports", proof->node->inv->id);
		lamp_say(l, "up", proof->node->link_at, vi, en);
	} else if (proof && proof->outside) {
		lamp_say(l, "up", proof->since, "thiết bị đầu cuối trả lời (nhìn từ ngoài)",
		        "a terminal answers (seen from outside)");
	} else if (proof) {
		lamp_say(l, "up", proof->since, "thiết bị mạng tại chỗ trả lời", "gear of the site answers");
	} else if (gone) {
		snprintf(vi, sizeof vi, "trạm đo %s mất liên lạc: chưa biết còn điện hay không", gone->node->inv->id);
		snprintf(en, sizeof en, "agent %s is not heard: whether there is power is not known",
		        gone->node->inv->id);
		lamp_say(l, "unobserved", gone->node->link_at, vi, en);
	} else {
		lamp_say(l, "unobserved", 0, "chưa có gì đo tại chỗ", "nothing is measured there");
	}
}

static void lamp_power(const struct scene *c, struct lamp *l)
{
	if (!power_incident(c, l))
		power_seen(c, l);
	snprintf(l->call_vi, LAMP_TEXT_SIZE, "người trực tại chỗ, rồi điện lực khu vực");
	snprintf(l->call_en, LAMP_TEXT_SIZE, "whoever is there, then the power company");
}

/* ---- the answer ---- */

static json_t *lamp_json(const struct scene *c, const struct lamp *l)
{
	bool bad = !strcmp(l->state, "down") || !strcmp(l->state, "degraded");
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "id", l->id, "vi", l->vi, "en", l->en,
	        "state", l->state, "since", json_time(l->since), "why_vi", l->why_vi, "why_en", l->why_en, "call_vi",
	        bad ? l->call_vi : "", "call_en", bad ? l->call_en : "");
	json_object_set_new(o, "incident", l->incident ? json_string(word(l->incident, "id")) : json_null());
	json_object_set_new(o, "slip", json_boolean(l->incident && slip_wanted(l->incident, c->v->inv)));
	return o;
}

static json_t *lamps_json(const struct scene *c)
{
	struct lamp lamps[] = {
	        {.id = "power", .vi = "Điện", .en = "Power"},
	        {.id = "tslcd", .vi = "TSLCD", .en = "TSLCD"},
	        {.id = "internet", .vi = "Internet", .en = "Internet"},
	        {.id = "service", .vi = "Dịch vụ", .en = "Services"},
	};
	json_t *list = json_array();
	lamp_power(c, &lamps[0]);
	lamp_lines(c, &lamps[1], true);
	lamp_lines(c, &lamps[2], false);
	lamp_service(c, &lamps[3]);
	for (size_t k = 0; k < sizeof lamps / sizeof lamps[0]; k++)
		json_array_append_new(list, lamp_json(c, &lamps[k]));
	return list;
}

json_t *view_lamps(struct view *v, const char *words, int64_t at)
{
	struct snapshot s;
	struct place p;
	if (!v->inv)
		return NULL;
	json_t *refused = place_refused(v->inv, words, at, &p);
	if (refused)
		return refused;
	snapshot_take(&s, v->rows, v->inv, p.unit, at);
	struct scene c = {.v = v, .s = &s, .site = p.site, .at = at};
	c.incidents = open_incidents(&c);
	json_t *o = place_json(&p);
	json_object_set_new(o, "at", json_integer(at));
	json_object_set_new(o, "simulated", json_boolean(p.site->simulated));
	json_object_set_new(o, "lamps", lamps_json(&c));
	json_object_set_new(o, "incidents", c.incidents);
	snapshot_free(&s);
	return o;
}
