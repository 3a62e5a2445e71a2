#include "collector/judge/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/area.h"
#include "collector/judge/area_words.h"
#include "collector/judge/event.h"
#include "collector/judge/quality_words.h"
#include "common/memory.h"

const char *words_time(const struct judge *j, int64_t at, char *out, size_t size)
{
	time_t local = (time_t)((at + zone_offset_ms(j->zone, at)) / 1000);
	struct tm tm;
	gmtime_r(&local, &tm);
	strftime(out, size, "%H:%M:%S %d/%m/%Y", &tm);
	return out;
}

static const char *or_else(const char *s, const char *other)
{
	return s && s[0] ? s : other;
}

static const struct uplink *uplink_of(const struct site *s, const char *id)
{
	for (size_t k = 0; s && id && k < s->uplink_count; k++)
		if (!strcmp(s->uplinks[k].id, id))
			return &s->uplinks[k];
	return NULL;
}

static const char *line_kind(int kind)
{
	return kind == UPLINK_TSLCD ? "TSLCD" : kind == UPLINK_4G ? "4G" : "internet";
}

struct names {
	const char *site, *service, *node, *carrier, *circuit;
	char line[160];
};

static struct names names_of(const struct judge *j, const struct incident *i)
{
	const struct site *s = j->inv && i->site ? inventory_site(j->inv, i->site) : NULL;
	const struct service *sv = j->inv && i->service ? inventory_service(j->inv, i->service) : NULL;
	const struct uplink *u = uplink_of(s, i->uplink);
	struct names n = {
	        .site = s ? or_else(s->name, s->id) : or_else(i->site, ""),
	        .service = sv ? or_else(sv->name, sv->id) : or_else(i->service, ""),
	        .node = or_else(i->node, ""),
	};
	if (u)
		snprintf(n.line, sizeof n.line, "%s%s%s%s%s", line_kind(u->kind), u->carrier ? " " : "",
		        or_else(u->carrier, ""), u->circuit ? " " : "", or_else(u->circuit, ""));
	return n;
}

static char *service_summary(const struct incident *i, const struct names *n, const char *what, bool vi)
{
	char many[24] = "";
	unsigned count = incident_breadth(i, "service:");
	if (count > 1)
		snprintf(many, sizeof many, vi ? " (+%u dịch vụ)" : " (+%u services)", count - 1);
	if (i->wide)
		return mem_printf(vi ? "Dịch vụ %s%s không dùng được từ nhiều địa điểm: %s"
		                     : "Service %s%s fails from many sites: %s",
		        n->service, many, what);
	return mem_printf(vi ? "Dịch vụ %s%s không dùng được tại %s: %s" : "Service %s%s fails at %s: %s", n->service,
	        many, n->site, what);
}

static char *line_summary(const struct incident *i, const struct names *n, const char *what, bool vi)
{
	unsigned count = incident_breadth(i, "uplink:");
	if (count > 1)
		return mem_printf(
		        vi ? "Cùng lúc %u kênh truyền của %s: %s" : "%u lines of %s at once: %s", count, n->site, what);
	const char *outside = !i->outside ? "" : vi ? " (nhìn từ ngoài)" : " (seen from outside)";
	return mem_printf(vi ? "Kênh truyền %s của %s: %s%s" : "Line %s of %s: %s%s", n->line, n->site, what, outside);
}

static char *summary(const struct incident *i, const struct names *n, bool vi)
{
	enum cause cause = i->finding.verdict.cause;
	const char *what = vi ? cause_words(cause)->vi : cause_words(cause)->en,
	           *degraded = quality_summary(i->kind, vi);
	if (degraded)
		return mem_printf(degraded, n->node, n->site, what);
	switch (i->kind) {
	case KIND_SERVICE:
		return service_summary(i, n, what, vi);
	case KIND_UPLINK:
		return line_summary(i, n, what, vi);
	case KIND_INTERFACE:
	case KIND_GEAR:
		return mem_printf(vi ? "Thiết bị %s tại %s: %s" : "Node %s at %s: %s", n->node, n->site, what);
	case KIND_PATH:
		return mem_str(vi ? "Máy chủ giám sát mất đường truyền: không kết luận về các địa điểm"
		                  : "The collector itself is cut off: nothing is concluded about the sites");
	default:
		return mem_printf(vi ? "Mất liên lạc với %s (trạm đo %s): %s" : "No contact with %s (agent %s): %s",
		        n->site, n->node, what);
	}
}

void words_summary(const struct judge *j, struct incident *i)
{
	struct names n = names_of(j, i);
	free(i->summary_vi);
	free(i->summary_en);
	i->summary_vi = area_is(i) ? area_summary(j, i, true) : summary(i, &n, true);
	i->summary_en = area_is(i) ? area_summary(j, i, false) : summary(i, &n, false);
	i->dirty = true;
}

char *words_disputed(const struct incident *i, const char *language)
{
	enum fact f = i->finding.disputed;
	if ((unsigned)f >= FACT_COUNT || !i->facts.is[f].disputed)
		return NULL;
	const char *who = i->facts.is[f].who, *yes = fact_words(f, ANSWER_YES, language),
	           *no = fact_words(f, ANSWER_NO, language);
	const char *is = i->facts.is[f].answer == ANSWER_YES ? yes : no, *other = is == yes ? no : yes;
	return strcmp(language, "en") ? mem_printf("%s (theo %s), nhưng nguồn khác cho biết %s", is, who, other)
	                              : mem_printf("%s (by %s), but another says: %s", is, who, other);
}

#define BECAUSE_MAX 4

/* The facts that speak most for the cause, those of the site itself first. */
static unsigned because(const struct incident *i, enum cause cause, enum fact out[BECAUSE_MAX])
{
	size_t count;
	unsigned found = 0;
	const struct cause_rule *rules = cause_rules(&count);
	for (int rank = RANK_HINDSIGHT; rank > RANK_NONE; rank--)
		for (size_t k = 0; k < count && found < BECAUSE_MAX; k++) {
			const struct fact_answer *is = &i->facts.is[rules[k].fact];
			if (rules[k].cause == cause && rules[k].weight > 0 && is->answer == rules[k].answer &&
			        is->rank == rank)
				out[found++] = rules[k].fact;
		}
	return found;
}

static char *why_final(const struct incident *i, const char *language)
{
	bool vi = strcmp(language, "en") != 0;
	const struct cause_words *was = cause_words(i->first.cause), *is = cause_words(i->final.cause);
	enum fact why[BECAUSE_MAX];
	unsigned count = because(i, i->final.cause, why);
	char *all = mem_printf(vi ? "Ban đầu kết luận \"%s\"; nay là \"%s\"" : "First \"%s\"; now \"%s\"",
	        vi ? was->vi : was->en, vi ? is->vi : is->en);
	for (unsigned k = 0; k < count; k++) {
		const char *join = k ? "; " : vi ? ", vì " : ", because ";
		char *longer =
		        mem_printf("%s%s%s", all, join, fact_words(why[k], i->facts.is[why[k]].answer, language));
		free(all);
		all = longer;
	}
	return all;
}

void words_why_final(struct incident *i)
{
	free(i->why_final_vi);
	free(i->why_final_en);
	i->why_final_vi = i->why_final_en = NULL;
	if (!i->final_known || i->final.cause == i->first.cause)
		return;
	char *vi = words_disputed(i, "vi"), *en = words_disputed(i, "en");
	i->why_final_vi = vi ? mem_printf("Mâu thuẫn: %s", vi) : why_final(i, "vi");
	i->why_final_en = en ? mem_printf("Contradiction: %s", en) : why_final(i, "en");
	free(vi);
	free(en);
}

void words_target(const struct judge_check *c, char *out, size_t size)
{
	const char *prefix = c->kind == KIND_SERVICE ? "service" : check_kind_name(c->kind);
	if (!c->instance[0] && c->kind != KIND_UPLINK)
		snprintf(out, size, "%s:%s", prefix, c->node->name);
	else if (c->kind == KIND_UPLINK && c->uplink)
		snprintf(out, size, "uplink:%s@%s", c->uplink->id, c->node->name);
	else
		snprintf(out, size, "%s:%s@%s", prefix, c->instance, c->node->name);
}

static void down_text(const struct judge_check *c, int reason, char *vi, char *en, size_t size)
{
	const char *goal = c->service ? or_else(c->service->target, c->service->id) : c->instance;
	const char *name = c->service ? or_else(c->service->name, c->service->id) : c->instance;
	if (c->kind == KIND_SERVICE) {
		snprintf(vi, size, "%s (%s): %s", name, goal, reason_vi(reason));
		snprintf(en, size, "%s (%s): %s", name, goal, reason_en(reason));
	} else if (c->kind == KIND_UPLINK || c->kind == KIND_PATH) {
		const char *line = c->uplink ? c->uplink->id : c->instance;
		snprintf(vi, size, "Ping %s: mất 100 %% số gói%s", line, c->terminal ? " (nhìn từ ngoài)" : "");
		snprintf(en, size, "Ping of %s: all echoes lost%s", line, c->terminal ? " (seen from outside)" : "");
	} else if (c->kind == KIND_INTERFACE) {
		snprintf(vi, size, "Cổng mạng %s mất tín hiệu", c->instance);
		snprintf(en, size, "Interface %s lost carrier", c->instance);
	} else if (c->kind == KIND_GEAR) {
		snprintf(vi, size, "Thiết bị %s không trả lời SNMP: %s", c->node->name, reason_vi(reason));
		snprintf(en, size, "Gear %s does not answer SNMP: %s", c->node->name, reason_en(reason));
	} else if (c->node->link == LINK_SILENT) {
		snprintf(vi, size, "Trạm đo %s im lặng: không còn nhận được tín hiệu", c->node->name);
		snprintf(en, size, "Agent %s is silent: nothing is heard any more", c->node->name);
	} else {
		snprintf(vi, size, "Trạm đo %s đã đóng kết nối", c->node->name);
		snprintf(en, size, "Agent %s closed its connection", c->node->name);
	}
}

void words_check_down(const struct judge *j, struct incident *i, const struct judge_check *c, int64_t at, int reason)
{
	char vi[256], en[256];
	(void)j;
	if (!quality_words(c, vi, en, sizeof vi))
		down_text(c, reason, vi, en, sizeof vi);
	incident_evidence(i, at, c->node->name, vi, en);
}

void words_check_back(const struct judge *j, struct incident *i, const struct judge_check *c, int64_t at, bool gone)
{
	char what[160], vi[256], en[256];
	(void)j;
	words_target(c, what, sizeof what);
	if (c->kind == KIND_AGENT && !gone) {
		snprintf(vi, sizeof vi, "Đã liên lạc lại được với trạm đo %s", c->node->name);
		snprintf(en, sizeof en, "Agent %s is heard again", c->node->name);
	} else {
		snprintf(vi, sizeof vi, gone ? "%s không còn được theo dõi" : "%s đã trở lại bình thường", what);
		snprintf(en, sizeof en, gone ? "%s is no longer watched" : "%s is fine again", what);
	}
	incident_evidence(i, at, c->node->name, vi, en);
}

void words_battery(const struct judge *j, struct incident *i, const struct site *site, int64_t at)
{
	char vi[256], en[256], when[40];
	const char *who = "";
	int64_t since = event_on_battery(j, site, at, &who);
	if (!since)
		return;
	words_time(j, since, when, sizeof when);
	snprintf(vi, sizeof vi, "Bộ lưu điện (%s) chạy ắc quy từ %s, trước khi mất liên lạc", who, when);
	snprintf(en, sizeof en, "The UPS (%s) ran on battery since %s, before contact was lost", who, when);
	incident_evidence(i, since, who, vi, en);
}
