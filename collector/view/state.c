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
	return u->kind == UPLINK_TSLCD ? "TSLCD" : u->kind == UPLINK_4G ? "4G" : "internet";
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

static void words_put(char *vi, char *en, size_t size, const char *vi_format, const char *en_format, const char *what)
{
	snprintf(vi, size, vi_format, what);
	snprintf(en, size, en_format, what);
}

static void words_of_agent(const struct seen_check *c, char *vi, char *en, size_t size)
{
	bool silent = c->node->link == LINK_SILENT;
	words_put(vi, en, size, silent ? "Trạm đo %s im lặng, mất liên lạc" : "Trạm đo %s đã đóng kết nối",
	        silent ? "Agent %s is silent" : "Agent %s closed its connection", c->node->inv->id);
}

static void words_of_health(const struct seen_check *c, char *vi, char *en, size_t size)
{
	const char *id = c->node->inv->id;
	if (c->value[0] > 0)
		words_put(vi, en, size, "Máy %s: có phân vùng chỉ còn đọc được", "Host %s: a file system is read-only",
		        id);
	else if (c->value[1] > 0)
		words_put(vi, en, size, "Máy %s: có ổ đĩa sắp hỏng", "Host %s: a disk is failing", id);
	else
		words_put(vi, en, size, "Máy %s: gần hết inode", "Host %s: nearly out of inodes", id);
}

static void words_of_clock(const struct seen_check *c, char *vi, char *en, size_t size)
{
	if (fabs(c->value[0]) > 1000) {
		snprintf(vi, size, "Máy %s: đồng hồ lệch %.1f giây", c->node->inv->id, c->value[0] / 1000);
		snprintf(en, size, "Host %s: its clock is off by %.1f s", c->node->inv->id, c->value[0] / 1000);
	} else {
		words_put(vi, en, size, "Máy %s: đồng hồ chưa đồng bộ", "Host %s: its clock is not synchronised",
		        c->node->inv->id);
	}
}

static void words_of_ups(const struct seen_check *c, char *vi, char *en, size_t size)
{
	if (isnan(c->value[0])) {
		words_put(
		        vi, en, size, "Bộ lưu điện (%s) chạy ắc quy", "The UPS (%s) runs on battery", c->node->inv->id);
		return;
	}
	snprintf(vi, size, "Bộ lưu điện (%s) chạy ắc quy, còn %.0f %%", c->node->inv->id, c->value[0]);
	snprintf(en, size, "The UPS (%s) runs on battery, %.0f %% left", c->node->inv->id, c->value[0]);
}

static void words_of_certificate(const struct seen_check *c, char *vi, char *en, size_t size)
{
	const char *name = c->service ? or_else(c->service->name, c->instance) : c->instance;
	snprintf(vi, size, "Dịch vụ %s: chứng thư còn hạn %.0f ngày", name, floor(c->value[0]));
	snprintf(en, size, "Service %s: certificate valid for %.0f more days", name, floor(c->value[0]));
}

static void words_of_service(const struct seen_check *c, char *vi, char *en, size_t size)
{
	const char *name = c->service ? or_else(c->service->name, c->instance) : c->instance;
	snprintf(vi, size, "Dịch vụ %s: %s", name, reason_vi(c->reason));
	snprintf(en, size, "Service %s: %s", name, reason_en(c->reason));
}

bool check_words(const struct seen_check *c, char *vi, char *en, size_t size)
{
	if (c->state != STATE_DOWN && c->state != STATE_DEGRADED)
		return false;
	switch (c->kind) {
	case KIND_SERVICE:
		words_of_service(c, vi, en, size);
		return true;
	case KIND_UPLINK:
	case KIND_PATH:
		reason_of_line(c, vi, en, size);
		return true;
	case KIND_HOST:
		words_put(vi, en, size, "Máy %s: ổ đĩa gần đầy", "Host %s: disk nearly full", c->node->inv->id);
		return true;
	case KIND_GEAR:
		words_put(vi, en, size, "Thiết bị %s không trả lời", "Gear %s does not answer", c->node->inv->id);
		return true;
	case KIND_HEALTH:
		words_of_health(c, vi, en, size);
		return true;
	case KIND_CLOCK:
		words_of_clock(c, vi, en, size);
		return true;
	case KIND_UPS:
		words_of_ups(c, vi, en, size);
		return true;
	case KIND_MTU:
		words_put(vi, en, size, "Gói lớn không qua được (%s): nghi lỗi MTU",
		        "Large packets vanish (%s): probably an MTU hole", or_else(c->instance, c->node->inv->id));
		return true;
	case KIND_CONFLICT:
		words_put(vi, en, size, "Trùng địa chỉ IP: một máy khác cũng dùng %s",
		        "Address conflict: another machine uses %s", c->instance);
		return true;
	case KIND_TLS:
		words_of_certificate(c, vi, en, size);
		return true;
	case KIND_INTERFACE:
		words_put(vi, en, size, "Cổng %s mất tín hiệu", "Interface %s has no carrier", c->instance);
		return true;
	default:
		words_of_agent(c, vi, en, size);
		return true;
	}
}

/* One sentence on the check that decides the state. */
static void reason_text(enum state state, const struct seen_check *c, bool outside, char *vi, char *en, size_t size)
{
	if (!c || (state == STATE_UNOBSERVED && c->kind != KIND_AGENT)) {
		snprintf(vi, size, "Chưa có số liệu");
		snprintf(en, size, "No data");
	} else if (state == STATE_UP) {
		snprintf(vi, size, "Bình thường%s", outside ? " (nhìn từ ngoài)" : "");
		snprintf(en, size, "Fine%s", outside ? " (seen from outside)" : "");
	} else if (c->kind == KIND_AGENT) {
		words_of_agent(c, vi, en, size);
	} else if (!check_words(c, vi, en, size)) {
		*vi = *en = 0;
	}
}

const char *place_vantage(const struct snapshot *s, const struct unit *unit, const struct site *site)
{
	bool outside = false;
	for (size_t k = 0; k < s->check_count; k++) {
		const struct seen_check *c = &s->checks[k];
		if (!c->site || (unit ? c->unit != unit : c->site != site))
			continue;
		/* gear has no connection of its own: whoever reads it may stand elsewhere */
		if (!c->outside && c->node->link != LINK_NEVER)
			return "inside";
		outside |= c->outside;
	}
	return outside ? "outside" : NULL;
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
	const char *vantage = place_vantage(s, u, NULL);
	reason_text(state, worst, vantage && !strcmp(vantage, "outside"), vi, en, sizeof vi);
	json_t *former = json_array();
	for (size_t k = 0; k < u->formed_from.count; k++) {
		const struct unit *f = inventory_unit(v->inv, u->formed_from.items[k]);
		if (f && f != u)
			json_array_append_new(former, json_string(or_else(f->name, f->id)));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:s, s:b, s:o, s:o}", "id", u->id, "name",
	        or_else(u->name, u->id), "kind", json_text(u->kind), "code", json_text(u->code), "state",
	        state_name(state), "since", json_time(since), "reason_vi", vi, "reason_en", en, "simulated",
	        (int)unit_simulated(v->inv, u, at), "former", former, "vantage", json_text(vantage));
}
