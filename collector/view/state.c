#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "collector/judge/fleet.h"
#include "collector/view/view_private.h"

json_t *json_time(int64_t ms)
{
	return ms ? json_integer(ms) : json_null();
}

json_t *json_text(const char *s)
{
	return s ? json_string(s) : json_null();
}

json_t *json_figure(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

enum state place_state(const struct snapshot *s, const struct unit *unit, const struct site *site,
        const struct seen_check **worst, int64_t *since)
{
	struct rollup required, all;
	const struct rollup_entry *entry;
	required.count = all.count = 0;
	for (size_t k = 0; k < s->check_count; k++) {
		const struct seen_check *c = &s->checks[k];
		if (c->site && (unit ? c->unit == unit : c->site == site))
			snapshot_add(unit && c->site->required ? &required : &all, c);
	}
	enum state state = rollup_state(required.count ? &required : &all, &entry);
	*worst = entry ? entry->arg : NULL;
	*since = entry ? entry->since : 0;
	return state;
}

static const char *or_else(const char *s, const char *other)
{
	return s && s[0] ? s : other;
}

static const char *line_kind(const struct uplink *u)
{
	return u->kind == UPLINK_TSLCD ? "TSLCĐ" : u->kind == UPLINK_4G ? "4G" : "internet";
}

static void reason_of_line(const struct seen_check *c, char *vi, char *en, size_t size)
{
	bool down = c->state == STATE_DOWN;
	const char *outside_vi = c->outside ? " (nhìn từ ngoài)" : "",
	           *outside_en = c->outside ? " (seen from outside)" : "";
	const char *carrier = c->uplink ? or_else(c->uplink->carrier, "") : "",
	           *id = c->uplink ? line_kind(c->uplink) : c->instance;
	snprintf(vi, size, "Kênh truyền %s %s: %s%s", id, carrier, down ? "mất kết nối" : "mất gói hoặc trễ cao",
	        outside_vi);
	snprintf(en, size, "Line %s %s: %s%s", id, carrier, down ? "no connection" : "loss or high delay", outside_en);
}

/* One sentence on the check that decides the state. */
static void reason_text(enum state state, const struct seen_check *c, char *vi, char *en, size_t size)
{
	if (!c || (state == STATE_UNOBSERVED && c->kind != KIND_AGENT)) {
		snprintf(vi, size, "Chưa có số liệu");
		snprintf(en, size, "No data");
	} else if (state == STATE_UP) {
		snprintf(vi, size, "Bình thường");
		snprintf(en, size, "Fine");
	} else if (c->kind == KIND_SERVICE) {
		snprintf(vi, size, "Dịch vụ %s: %s", or_else(c->service->name, c->instance), reason_vi(c->reason));
		snprintf(en, size, "Service %s: %s", or_else(c->service->name, c->instance), reason_en(c->reason));
	} else if (c->kind == KIND_UPLINK || c->kind == KIND_PATH) {
		reason_of_line(c, vi, en, size);
	} else if (c->kind == KIND_HOST) {
		snprintf(vi, size, "Máy %s: ổ đĩa gần đầy", c->node->inv->id);
		snprintf(en, size, "Host %s: disk nearly full", c->node->inv->id);
	} else {
		bool silent = c->node->link == LINK_SILENT;
		snprintf(vi, size, "Trạm đo %s %s", c->node->inv->id,
		        silent ? "im lặng, mất liên lạc" : "đã đóng kết nối");
		snprintf(en, size, "Agent %s %s", c->node->inv->id, silent ? "is silent" : "closed its connection");
	}
}

bool unit_simulated(const struct inventory *inv, const struct unit *u, int64_t at)
{
	for (size_t k = 0; inv->simulated && k < inv->site_count; k++)
		if (inv->sites[k].simulated && site_unit(inv, &inv->sites[k], at) == u)
			return true;
	return false;
}

json_t *unit_row(const struct view *v, const struct snapshot *s, const struct unit *u, int64_t at)
{
	const struct seen_check *worst;
	int64_t since;
	char vi[256], en[256];
	enum state state = place_state(s, u, NULL, &worst, &since);
	reason_text(state, worst, vi, en, sizeof vi);
	json_t *former = json_array();
	for (size_t k = 0; k < u->formed_from.count; k++) {
		const struct unit *f = inventory_unit(v->inv, u->formed_from.items[k]);
		if (f && f != u)
			json_array_append_new(former, json_string(or_else(f->name, f->id)));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:s, s:b, s:o}", "id", u->id, "name",
	        or_else(u->name, u->id), "kind", json_text(u->kind), "code", json_text(u->code), "state",
	        state_name(state), "since", json_time(since), "reason_vi", vi, "reason_en", en, "simulated",
	        (int)unit_simulated(v->inv, u, at), "former", former);
}
