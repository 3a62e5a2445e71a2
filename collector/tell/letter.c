#include "collector/tell/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/cause.h"
#include "collector/tell/words.h"
#include "common/memory.h"

#define HOUR_MS 3600000
#define GRAPH_BEFORE_MS (2 * HOUR_MS)
#define GRAPH_AFTER_MS (20 * 60000)
#define EVIDENCE_MAX 40
#define AFFECTS_MAX 20 /* a whole province is not read name by name */

/* The incident with what the inventory knows of it; all borrowed, members may be NULL. */
struct scene {
	const struct letter_facts *f;
	const char *language;
	const struct site *site;
	const struct unit *unit;
	const struct service *service;
	const struct uplink *uplink;
	const char *node, *id;
	int64_t opened_at, resolved_at;
	bool recovery, simulated;
};

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *word(const struct scene *s, enum word w)
{
	return word_in(w, s->language);
}

/* "summary" in the scene's language, or in the other when there is only that. */
static const char *text_in(const struct scene *s, const json_t *o, const char *key)
{
	char name[32];
	const char *text;

	snprintf(name, sizeof(name), "%s_%s", key, s->language);
	text = text_of(o, name);
	if (text)
		return text;
	snprintf(name, sizeof(name), "%s_%s", key, strcmp(s->language, "en") ? "en" : "vi");
	return text_of(o, name);
}

bool letter_is_recovery(const char *kind)
{
	return !strncmp(kind, "resolve", 7);
}

static const struct uplink *uplink_named(const struct site *site, const char *id)
{
	for (size_t i = 0; site && id && i < site->uplink_count; i++)
		if (!strcmp(site->uplinks[i].id, id) || !strcmp(uplink_kind_name(site->uplinks[i].kind), id))
			return &site->uplinks[i];
	return NULL;
}

static struct scene scene_of(const struct letter_facts *f)
{
	const struct inventory *inv = f->inventory;
	const json_t *o = f->incident;
	const char *site = text_of(o, "site"), *unit = text_of(o, "unit"), *service = text_of(o, "service");
	struct scene s = {.f = f, .language = f->language, .node = text_of(o, "node"), .id = text_of(o, "id")};
	const struct node *node = s.node ? inventory_node(inv, s.node) : NULL;

	s.opened_at = json_integer_value(json_object_get(o, "opened_at"));
	s.resolved_at = json_integer_value(json_object_get(o, "resolved_at"));
	s.simulated = json_is_true(json_object_get(o, "simulated"));
	s.recovery = letter_is_recovery(f->kind);
	s.site = site ? inventory_site(inv, site) : node ? node->at : NULL;
	s.unit = unit ? inventory_unit(inv, unit) : s.site ? site_unit(inv, s.site, s.opened_at) : NULL;
	s.service = service ? inventory_service(inv, service) : NULL;
	s.uplink = uplink_named(s.site, text_of(o, "uplink"));
	return s;
}

/* ---- times ---- */

static struct tm local_time(int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return tm;
}

static void time_full(const struct scene *s, int64_t at, char *out, size_t size)
{
	struct tm tm = local_time(at);
	char clock[48], offset[24];
	long minutes = tm.tm_gmtoff / 60;

	strftime(clock, sizeof(clock), strcmp(s->language, "en") ? "%H:%M:%S ngày %d/%m/%Y" : "%H:%M:%S on %Y-%m-%d",
	        &tm);
	snprintf(offset, sizeof(offset), minutes % 60 ? "UTC%+ld:%02ld" : "UTC%+ld", minutes / 60, labs(minutes % 60));
	snprintf(out, size, "%s (%s)", clock, offset);
}

/* The clock alone on the incident's own day. */
static void time_short(const struct scene *s, int64_t at, char *out, size_t size)
{
	struct tm tm = local_time(at), day = local_time(s->opened_at);
	bool same = tm.tm_yday == day.tm_yday && tm.tm_year == day.tm_year;

	strftime(out, size, same ? "%H:%M:%S" : strcmp(s->language, "en") ? "%d/%m %H:%M:%S" : "%m-%d %H:%M:%S", &tm);
}

static char *duration_text(const struct scene *s, int64_t ms)
{
	static const struct {
		int64_t seconds;
		enum word word;
	} units[] = {{86400, WORD_DAYS}, {3600, WORD_HOURS}, {60, WORD_MINUTES}, {1, WORD_SECONDS}};
	int64_t left = ms > 0 ? ms / 1000 : 0;
	char out[96];
	int at = 0, shown = 0;

	for (size_t i = 0; i < 4 && shown < 2; i++) {
		if (left < units[i].seconds && !(i == 3 && !shown))
			continue;
		at += snprintf(out + at, sizeof(out) - (size_t)at, "%s%lld %s", shown ? " " : "",
		        (long long)(left / units[i].seconds), word(s, units[i].word));
		left %= units[i].seconds;
		shown++;
	}
	return mem_str(out);
}

/* ---- subject ---- */

static enum word tag_of(const struct scene *s)
{
	static const struct {
		enum cause cause;
		enum word tag;
	} tags[] = {{CAUSE_AGENT_DOWN, WORD_TAG_AGENT}, {CAUSE_HOST_DOWN, WORD_TAG_HOST},
	        {CAUSE_COLLECTOR_ISOLATED, WORD_TAG_COLLECTOR}, {CAUSE_UPLINK_DOWN, WORD_TAG_LINE}};
	const char *cause = text_of(s->f->incident, "final_cause");

	cause = cause ? cause : text_of(s->f->incident, "cause");
	if (text_of(s->f->incident, "service"))
		return WORD_TAG_SERVICE;
	if (text_of(s->f->incident, "uplink"))
		return WORD_TAG_LINE;
	for (size_t i = 0; cause && i < sizeof(tags) / sizeof(tags[0]); i++)
		if (cause_named(cause) == tags[i].cause)
			return tags[i].tag;
	return WORD_TAG_OTHER;
}

static const char *place_name(const struct scene *s)
{
	return s->unit ? s->unit->name : s->site ? s->site->name : word(s, WORD_EVERYWHERE);
}

static const char *line_kind(const struct scene *s, const struct uplink *u)
{
	return u->kind == UPLINK_TSLCD ? "TSLCD" : u->kind == UPLINK_4G ? "4G" : word(s, WORD_INTERNET);
}

/* What of the place: the service, the line, or the machine. */
static const char *thing_name(const struct scene *s)
{
	const char *service = text_of(s->f->incident, "service"), *uplink = text_of(s->f->incident, "uplink");

	if (s->service)
		return s->service->name;
	if (s->uplink)
		return line_kind(s, s->uplink);
	return service ? service : uplink ? uplink : s->node ? s->node : s->site ? s->site->name : "";
}

static void titles_make(const struct scene *s, struct letter *out)
{
	int64_t at = s->recovery ? s->resolved_at : s->opened_at;
	const char *thing = thing_name(s), *place = place_name(s);
	char *title, *duration;
	struct tm tm = local_time(at);
	char clock[16];

	strftime(clock, sizeof(clock), "%H:%M", &tm);
	title = *thing && strcmp(thing, place) ? mem_printf("%s – %s – %s", place, thing, clock)
	                                       : mem_printf("%s – %s", place, clock);
	if (s->recovery) {
		duration = duration_text(s, s->resolved_at - s->opened_at);
		out->page.title = mem_printf("%s (%s)", title, duration);
		free(duration);
		free(title);
	} else {
		out->page.title = title;
	}
	out->page.tag = !strcmp(s->f->kind, "reopen")
	                        ? mem_printf("%s – %s", word(s, tag_of(s)), word(s, WORD_TAG_AGAIN))
	                        : mem_str(word(s, s->recovery ? WORD_TAG_RECOVERED : tag_of(s)));
	out->subject = mem_printf("%s%s%s[%s] %s%s%s%s", s->simulated ? "[" : "",
	        s->simulated ? word(s, WORD_TAG_SIMULATED) : "", s->simulated ? "] " : "", out->page.tag,
	        out->page.title, s->f->late ? " (" : "", s->f->late ? word(s, WORD_LATE) : "", s->f->late ? ")" : "");
}

/* ---- the page ---- */

static void add_given(struct page *p, enum part_kind kind, const char *label, char *text)
{
	page_add(p, kind, label, text);
	free(text);
}

/* The judge's sentence; when it is over, that comes first. */
static void summary_add(const struct scene *s, struct page *p)
{
	char *duration;

	if (!s->recovery) {
		p->summary = mem_str(text_in(s, s->f->incident, "summary"));
		return;
	}
	duration = duration_text(s, s->resolved_at - s->opened_at);
	p->summary = mem_printf("%s %s.", word(s, WORD_BACK), duration);
	free(duration);
}

static void place_add(const struct scene *s, struct page *p)
{
	struct buf former = {0};

	if (s->unit) {
		for (size_t i = 0; i < s->unit->formed_from.count; i++) {
			const struct unit *u = inventory_unit(s->f->inventory, s->unit->formed_from.items[i]);

			if (u && strcmp(u->name, s->unit->name))
				buf_printf(&former, "%s%s", former.len ? ", " : word(s, WORD_FORMER), u->name);
		}
		buf_put_u8(&former, 0);
		add_given(p, PART_ROW, word(s, WORD_UNIT),
		        former.len > 1 ? mem_printf("%s (%s)", s->unit->name, (char *)former.data)
		                       : mem_str(s->unit->name));
		buf_free(&former);
	}
	page_add(p, PART_ROW, word(s, WORD_WHERE), s->site ? s->site->name : word(s, WORD_EVERYWHERE));
	page_add(p, PART_ROW, word(s, WORD_NODE), s->node);
	page_add(
	        p, PART_ROW, word(s, WORD_SERVICE), s->service ? s->service->name : text_of(s->f->incident, "service"));
}

static void time_add(const struct scene *s, struct page *p)
{
	char at[96];

	time_full(s, s->opened_at, at, sizeof(at));
	page_add(p, PART_ROW, word(s, WORD_SINCE), at);
	if (!s->recovery)
		return;
	time_full(s, s->resolved_at, at, sizeof(at));
	page_add(p, PART_ROW, word(s, WORD_UNTIL), at);
	add_given(p, PART_ROW, word(s, WORD_DURATION), duration_text(s, s->resolved_at - s->opened_at));
}

static const char *cause_text(const struct scene *s, const char *name)
{
	const struct cause_words *w = cause_words(cause_named(name));

	return strcmp(s->language, "en") ? w->vi : w->en;
}

static void cause_add(const struct scene *s, struct page *p)
{
	const json_t *o = s->f->incident;
	const char *first = text_of(o, "cause"), *final = text_of(o, "final_cause"),
	           *confidence = text_of(o, "confidence");
	const char *responsible = text_of(o, "responsible"), *known = final ? final : first;

	if (known)
		add_given(p, PART_ROW, word(s, WORD_CAUSE),
		        mem_printf("%s (%s)", cause_text(s, known),
		                word_of_key(confidence ? confidence : "unclear", s->language)));
	if (final && first && strcmp(final, first))
		page_add(p, PART_ROW, word(s, WORD_FIRST_CAUSE), cause_text(s, first));
	if (responsible)
		page_add(p, PART_ROW, word(s, WORD_RESPONSIBLE), word_of_key(responsible, s->language));
}

static void line_add(const struct scene *s, const struct uplink *u, struct page *p)
{
	struct buf text = {0};
	const struct {
		enum word word;
		const char *value;
	} facts[] = {{WORD_CARRIER, u->carrier}, {WORD_CIRCUIT, u->circuit}, {WORD_HOTLINE, u->hotline}};

	buf_printf(&text, "%s", line_kind(s, u));
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].value && *facts[i].value)
			buf_printf(&text, "; %s %s", word(s, facts[i].word), facts[i].value);
	buf_put_u8(&text, 0);
	page_add(p, PART_ROW, word(s, WORD_LINE), (char *)text.data);
	buf_free(&text);
}

/* The line that failed, the one that the service goes by, or, for a whole site, all of them: whoever reads may have to call a carrier. */
static void lines_add(const struct scene *s, struct page *p)
{
	const struct uplink *u = s->uplink ? s->uplink : s->service ? uplink_named(s->site, s->service->via) : NULL;

	if (u)
		line_add(s, u, p);
	else if (s->site && !s->service)
		for (size_t i = 0; i < s->site->uplink_count; i++)
			line_add(s, &s->site->uplinks[i], p);
}

/* "service:land@mk-srv1" as people say it: "Đất đai (mk-srv1)". */
static char *affected_name(const struct scene *s, const char *text)
{
	size_t kind = strcspn(text, ":"), id = text[kind] ? strcspn(text + kind + 1, "@") : 0;
	char *prefix = mem_strn(text, kind), *name = mem_strn(text + kind + (text[kind] == ':'), id);
	const char *at = text[kind] && text[kind + 1 + id] == '@' ? text + kind + 2 + id : NULL;
	const struct service *sv = strcmp(prefix, "service") ? NULL : inventory_service(s->f->inventory, name);
	const struct uplink *u = strcmp(prefix, "uplink") ? NULL : uplink_named(s->site, name);
	char *what = sv  ? mem_str(sv->name)
	             : u ? mem_str(line_kind(s, u))
	                 : mem_printf("%s %s", word_of_key(prefix, s->language), name);
	char *said = at ? mem_printf("%s (%s)", what, at) : mem_str(what);

	free(what);
	free(prefix);
	free(name);
	return said;
}

static void affects_add(const struct scene *s, struct page *p)
{
	const json_t *affects = json_object_get(s->f->incident, "affects");
	struct buf text = {0};
	size_t i;
	json_t *one;

	json_array_foreach(affects, i, one)
	{
		char *name =
		        json_string_value(one) && i < AFFECTS_MAX ? affected_name(s, json_string_value(one)) : NULL;

		if (name)
			buf_printf(&text, "%s%s", text.len ? ", " : "", name);
		free(name);
	}
	if (json_array_size(affects) > AFFECTS_MAX)
		buf_printf(&text, ", %s %zu", word(s, WORD_MORE), json_array_size(affects) - AFFECTS_MAX);
	buf_put_u8(&text, 0);
	page_add(p, PART_ROW, word(s, WORD_AFFECTS), (char *)text.data);
	buf_free(&text);
}

static int evidence_order(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "at"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "at"));

	return x < y ? -1 : x > y;
}

static void evidence_item(const struct scene *s, const json_t *one, struct page *p)
{
	const char *who = text_of(one, "who"), *said = text_of(one, s->language);
	const struct node *n = who ? inventory_node(s->f->inventory, who) : NULL;
	char at[32];

	if (!said)
		said = text_of(one, "vi");
	time_short(s, json_integer_value(json_object_get(one, "at")), at, sizeof(at));
	add_given(p, PART_ITEM, at,
	        n ? mem_printf("%s %s: %s", word(s, WORD_AGENT_OF), who, said ? said : "")
	          : mem_printf("%s: %s", who ? word_of_key(who, s->language) : "?", said ? said : ""));
}

static void evidence_add(const struct scene *s, struct page *p)
{
	const json_t *evidence = json_object_get(s->f->incident, "evidence");
	const json_t *sorted[EVIDENCE_MAX];
	size_t i, count = 0;
	json_t *one;

	json_array_foreach(evidence, i, one) if (count < EVIDENCE_MAX) sorted[count++] = one;
	if (!count)
		return;
	qsort(sorted, count, sizeof(sorted[0]), evidence_order);
	page_add(p, PART_HEADING, NULL, word(s, WORD_EVIDENCE));
	for (i = 0; i < count; i++)
		evidence_item(s, sorted[i], p);
}

void letter_write(const struct letter_facts *f, struct letter *out)
{
	struct scene s = scene_of(f);
	struct page *p = &out->page;
	const char *first = text_in(&s, f->incident, "check_first");

	*out = (struct letter){0};
	p->language = strcmp(f->language, "en") ? "vi" : "en";
	p->mood = s.recovery ? MOOD_UP : s.simulated ? MOOD_WARNING : MOOD_DOWN;
	summary_add(&s, p);
	titles_make(&s, out);
	page_add(p, PART_NOTE, NULL, s.simulated ? word(&s, WORD_SIMULATED_NOTE) : NULL);
	page_add(p, PART_NOTE, NULL, f->late ? word(&s, WORD_LATE_NOTE) : NULL);
	if (s.recovery)
		page_add(p, PART_ROW, word(&s, WORD_WHAT), text_in(&s, f->incident, "summary"));
	place_add(&s, p);
	time_add(&s, p);
	cause_add(&s, p);
	lines_add(&s, p);
	affects_add(&s, p);
	if (!s.recovery && first) {
		page_add(p, PART_HEADING, NULL, word(&s, WORD_CHECK_FIRST));
		page_add(p, PART_TEXT, NULL, first);
	}
	evidence_add(&s, p);
	if (f->picture)
		page_add(p, PART_PICTURE, NULL, word(&s, WORD_GRAPH));
	else
		page_add(p, PART_TEXT, NULL, word(&s, WORD_NO_GRAPH));

	page_add(p, PART_ROW, word(&s, WORD_INCIDENT), s.id);
	page_add(p, PART_TEXT, NULL, word(&s, WORD_FOOTER));
}

void letter_free(struct letter *l)
{
	free(l->subject);
	page_free(&l->page);
	*l = (struct letter){0};
}

char *letter_graph(const struct letter_facts *f, int64_t now_ms)
{
	struct scene s = scene_of(f);
	const char *service = text_of(f->incident, "service"), *uplink = text_of(f->incident, "uplink");
	int64_t end = s.recovery ? s.resolved_at + GRAPH_AFTER_MS : now_ms;
	char target[256];
	json_t *o;
	char *text;

	if (service && s.node)
		snprintf(target, sizeof(target), "service:%s@%s", service, s.node);
	else if (service)
		snprintf(target, sizeof(target), "service:%s", service);
	else if (uplink)
		snprintf(target, sizeof(target), "uplink:%s", uplink);
	else if (s.node)
		snprintf(target, sizeof(target), "node:%s", s.node);
	else if (s.site)
		snprintf(target, sizeof(target), "site:%s", s.site->id);
	else
		return NULL;
	o = json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:s, s:s}", "target", target, "graph", uplink ? "uplink" : "",
	        "from", (json_int_t)((s.opened_at - GRAPH_BEFORE_MS) / 1000), "to",
	        (json_int_t)((end < now_ms ? end : now_ms) / 1000), "width", 600, "height", 260, "format", "png",
	        "language", strcmp(f->language, "en") ? "vi" : "en");
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
