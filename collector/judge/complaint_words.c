#include "collector/judge/complaint_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/words.h"
#include "common/memory.h"

#define WORDS_MAX 24  /* of a service's name */
#define LISTED_MAX 6  /* what was bad, by name; the rest is counted */
#define SHORT_WORD 4  /* letters: a shorter one alone names nothing */
#define SCORE_ID 1000 /* the id itself was said */

/* ---- which service is meant ---- */

/* In the names of so many things that they name none. */
static bool is_generic(const char *word)
{
	static const char *const generic[] = {"dich", "vu", "he", "thong", "cong", "quan", "ly", "tinh", "cua", "va",
	        "cap", "tin", "dien", "tu", "xa", "mang", "may", "noi", "bo", "huyen", "so", "service", "system"};
	for (size_t k = 0; k < sizeof generic / sizeof generic[0]; k++)
		if (!strcmp(generic[k], word))
			return true;
	return false;
}

static unsigned split(char *text, char **words)
{
	unsigned count = 0;
	char *save = NULL;
	for (char *w = strtok_r(text, " ", &save); w && count < WORDS_MAX; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	return count;
}

/* The words first..last in a row, within blanks; how much they say when `said` holds them, else 0. */
static int run_score(const char *said, char **words, unsigned first, unsigned last)
{
	char run[256] = " ";
	int own = 0, count = (int)(last - first) + 1;
	for (unsigned k = first; k <= last; k++) {
		size_t len = strlen(run);
		snprintf(run + len, sizeof run - len, "%s ", words[k]);
		own += !is_generic(words[k]);
	}
	if (!own || (count == 1 && strlen(words[first]) < SHORT_WORD) || !strstr(said, run))
		return 0;
	return 2 * own + count;
}

static int service_score(const char *said, const struct service *sv)
{
	char name[256], *words[WORDS_MAX], id[80], folded[72];
	int best = 0;
	snprintf(id, sizeof id, " %s ", fold_vietnamese(sv->id, folded, sizeof folded));
	if (strstr(said, id))
		return SCORE_ID;
	fold_vietnamese(sv->name ? sv->name : "", name, sizeof name);
	unsigned count = split(name, words);
	for (unsigned first = 0; first < count; first++)
		for (unsigned last = first; last < count; last++) {
			int score = run_score(said, words, first, last);
			best = score > best ? score : best;
		}
	return best;
}

const char *complaint_service(const struct inventory *inv, const char *words)
{
	char folded[COMPLAINT_WORDS_MAX + 8], said[COMPLAINT_WORDS_MAX + 16];
	const char *best = NULL;
	int most = 0;
	snprintf(said, sizeof said, " %s ", fold_vietnamese(words, folded, sizeof folded));
	for (size_t k = 0; k < inv->service_count; k++) {
		int score = service_score(said, &inv->services[k]);
		if (score && score == most)
			best = NULL;
		if (score > most) {
			most = score;
			best = inv->services[k].id;
		}
	}
	return best;
}

/* ---- what was measured then ---- */

struct seen {
	struct buf vi, en; /* what was bad */
	unsigned bad, lines, services;
	bool named_works; /* the service that was named was fine */
};

struct look {
	enum state state;
	int reason;
	int64_t since;
};

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* Core read it in state.db when the report came. */
static void look_back(const struct complaint *c, const struct judge_check *check, struct look *out)
{
	size_t k;
	json_t *o;
	json_array_foreach(c->measured, k, o)
	{
		if (strcmp(word_of(o, "node"), check->node->name) || strcmp(word_of(o, "instance"), check->instance) ||
		        strcmp(word_of(o, "kind"), check_kind_name(check->kind)))
			continue;
		for (int s = STATE_UNOBSERVED; s <= STATE_DOWN; s++)
			if (!strcmp(state_name(s), word_of(o, "state")))
				out->state = (enum state)s;
		out->reason = (int)json_integer_value(json_object_get(o, "reason"));
		out->since = json_integer_value(json_object_get(o, "since"));
	}
}

static struct look look_at(const struct complaint *c, const struct judge_check *check)
{
	const struct state_machine *m = &check->machine;
	struct look l = {STATE_UNOBSERVED, m->reason, 0};
	if (m->since <= c->at)
		l.state = state_now(m, state_step_ms(check->kind, m, check->step_ms), c->at, &l.since);
	else
		look_back(c, check, &l);
	return l;
}

static const char *line_name(const struct uplink *u)
{
	return u->kind == UPLINK_TSLCD ? "TSLCD" : u->kind == UPLINK_4G ? "4G" : "internet";
}

static void name_check(const struct judge_check *c, bool vi, char *out, size_t size)
{
	if (c->service)
		snprintf(out, size, "%s", c->service->name ? c->service->name : c->service->id);
	else if (c->uplink)
		snprintf(out, size, vi ? "kênh %s%s%s" : "line %s%s%s", line_name(c->uplink),
		        c->uplink->carrier ? " " : "", c->uplink->carrier ? c->uplink->carrier : "");
	else if (c->kind == KIND_AGENT)
		snprintf(out, size, vi ? "trạm đo %s" : "agent %s", c->node->name);
	else if (c->kind == KIND_UPS)
		snprintf(out, size, vi ? "bộ lưu điện (%s)" : "UPS (%s)", c->node->name);
	else
		snprintf(out, size, vi ? "thiết bị %s%s%s" : "node %s%s%s", c->node->name, c->instance[0] ? " " : "",
		        c->instance);
}

static void say_bad(const struct judge *j, struct seen *s, const struct judge_check *c, const struct look *l)
{
	char vi[200], en[200], when[40] = "";
	bool told = l->reason > REASON_OK && l->reason < REASON_COUNT;
	if (s->bad++ >= LISTED_MAX)
		return;
	name_check(c, true, vi, sizeof vi);
	name_check(c, false, en, sizeof en);
	words_time(j, l->since, when, sizeof when);
	bool down = l->state == STATE_DOWN;
	buf_printf(&s->vi, "%s%s %s từ %s%s%s", s->bad > 1 ? "; " : "", vi, down ? "gián đoạn" : "suy giảm", when,
	        told ? ", " : "", told ? reason_vi(l->reason) : "");
	buf_printf(&s->en, "%s%s %s since %s%s%s", s->bad > 1 ? "; " : "", en, down ? "down" : "degraded", when,
	        told ? ", " : "", told ? reason_en(l->reason) : "");
}

/* What people at the site feel; ports of gear, clocks and certificates that end some day are not among it. */
static bool is_felt(const struct judge_check *c)
{
	switch (c->kind) {
	case KIND_SERVICE:
		return c->service != NULL;
	case KIND_UPLINK:
		return c->uplink != NULL;
	case KIND_PATH:
		return c->terminal;
	case KIND_INTERFACE:
		return c->node->inv && c->node->inv->kind == NODE_SERVER;
	default:
		return c->kind == KIND_GEAR || c->kind == KIND_UPS;
	}
}

static void look_around(const struct judge *j, const struct complaint *c, struct seen *s)
{
	for (uint32_t k = 0; k < j->fleet.count; k++) {
		const struct judge_node *n = j->fleet.nodes[k];
		for (uint32_t m = 0; m < n->check_count; m++) {
			const struct judge_check *check = n->checks[m];
			if (!check->site || strcmp(check->site->id, c->site) || !is_felt(check))
				continue;
			struct look l = look_at(c, check);
			bool bad = l.state == STATE_DOWN || l.state == STATE_DEGRADED;
			/* a port that never had a cable was no news then either */
			if (bad && (check->kind != KIND_INTERFACE || l.state == STATE_DOWN))
				say_bad(j, s, check, &l);
			s->lines += l.state == STATE_UP && check->uplink;
			s->services += l.state == STATE_UP && check->service;
			s->named_works |= l.state == STATE_UP && check->service && c->service &&
			                  !strcmp(check->service->id, c->service);
		}
	}
}

/* ---- answers ---- */

static void answer_incident(const struct judge *j, struct complaint *c, const struct incident *i)
{
	char from[40], to[40] = "";
	words_time(j, i->opened_at, from, sizeof from);
	if (i->resolved_at)
		words_time(j, i->resolved_at, to, sizeof to);
	c->answer_vi = mem_printf("Đã có sự cố giải thích phản ánh này: %s. Từ %s%s%s. Mã sự cố: %s",
	        i->summary_vi ? i->summary_vi : i->id, from, to[0] ? ", khôi phục lúc " : ", chưa khôi phục", to,
	        i->id);
	c->answer_en = mem_printf("An incident explains it: %s. Since %s%s%s. Incident: %s",
	        i->summary_en ? i->summary_en : i->id, from, to[0] ? ", restored " : ", not restored yet", to, i->id);
}

static void answer_measured(struct complaint *c, const struct seen *s, const char *site, const char *when)
{
	char more_vi[48] = "", more_en[48] = "";
	if (s->bad > LISTED_MAX) {
		snprintf(more_vi, sizeof more_vi, "; và %u mục khác", s->bad - LISTED_MAX);
		snprintf(more_en, sizeof more_en, "; and %u more", s->bad - LISTED_MAX);
	}
	c->found = FOUND_MEASURED;
	c->answer_vi = mem_printf("Lúc %s tại %s đo thấy: %.*s%s.%s", when, site, (int)s->vi.len,
	        (const char *)s->vi.data, more_vi, s->named_works ? " Dịch vụ được nêu lúc đó vẫn trả lời." : "");
	c->answer_en = mem_printf("Measured at %s at %s: %.*s%s.%s", site, when, (int)s->en.len,
	        (const char *)s->en.data, more_en, s->named_works ? " The service named did answer then." : "");
}

static void answer_nothing(struct complaint *c, const struct seen *s, const char *site, const char *when)
{
	if (!s->lines && !s->services) {
		c->found = FOUND_UNSEEN;
		c->answer_vi = mem_printf("Lúc %s không có số liệu đo nào của %s: chưa thể nói mạng tốt hay hỏng. Hãy "
		                          "hỏi lại nơi phản ánh.",
		        when, site);
		c->answer_en = mem_printf(
		        "Nothing was measured of %s at %s: whether it worked is not known. Ask back.", site, when);
		return;
	}
	c->found = FOUND_NOTHING;
	c->answer_vi = mem_printf("Lúc %s không đo thấy lỗi nào tại %s: %u kênh truyền và %u dịch vụ được đo đều hoạt "
	                          "động. Hãy kiểm tra Wi-Fi hoặc máy trạm.",
	        when, site, s->lines, s->services);
	c->answer_en =
	        mem_printf("No fault measured at %s at %s: %u lines and %u services measured there worked. Check the "
	                   "Wi-Fi or the workstation.",
	                site, when, s->lines, s->services);
}

void complaint_answer(const struct judge *j, struct complaint *c, const struct incident *i)
{
	const struct site *site = inventory_site(j->inv, c->site);
	const char *name = site && site->name ? site->name : c->site;
	struct seen s = {0};
	char when[40];
	free(c->answer_vi);
	free(c->answer_en);
	if (i) {
		answer_incident(j, c, i);
		return;
	}
	words_time(j, c->at, when, sizeof when);
	look_around(j, c, &s);
	if (s.bad)
		answer_measured(c, &s, name, when);
	else
		answer_nothing(c, &s, name, when);
	buf_free(&s.vi);
	buf_free(&s.en);
}
