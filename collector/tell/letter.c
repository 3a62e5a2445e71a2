#include "collector/tell/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/judge/slip.h"
#include "collector/tell/affected.h"
#include "collector/tell/scene.h"
#include "collector/tell/title.h"
#include "collector/tell/verdict.h"
#include "common/memory.h"

#define HOUR_MS 3600000
#define GRAPH_BEFORE_MS (2 * HOUR_MS)
#define GRAPH_AFTER_MS (20 * 60000)
#define EVIDENCE_FIRST 12 /* of more, how it began and what was seen last */
#define EVIDENCE_LAST 8
#define EVIDENCE_MAX 200
#define COMPLAINTS_MAX 8

bool letter_is_recovery(const char *kind)
{
	return !strncmp(kind, "resolve", 7);
}

static void add_given(struct page *p, enum part_kind kind, const char *label, char *text)
{
	page_add(p, kind, label, text);
	free(text);
}

/* ---- what and where ---- */

/* The judge's sentence; when it is over, that comes first. */
static void summary_add(const struct scene *s, struct page *p)
{
	char *duration;

	if (!s->recovery) {
		p->summary = mem_str(scene_text_in(s, s->incident, "summary"));
		return;
	}
	duration = scene_duration(s, s->resolved_at - s->opened_at);
	p->summary = mem_printf("%s %s.", scene_word(s, s->closed ? WORD_CLOSED_AFTER : WORD_BACK), duration);
	free(duration);
}

/* "Chưa ai tiếp nhận sau 18 phút. Đã báo: An, Bình" */
static void escalation_add(const struct scene *s, struct page *p)
{
	const json_t *o = json_object_get(s->incident, "escalation"), *told = json_object_get(o, "told");
	int64_t since = scene_time(o, "since");
	struct buf names = {0};
	char *waited;
	size_t i;
	json_t *one;

	if (!o)
		return;
	json_array_foreach((json_t *)told, i, one) if (json_string_value(one))
	        buf_printf(&names, "%s%s", names.len ? ", " : "", json_string_value(one));
	buf_put_u8(&names, 0);
	waited = scene_duration(s, s->f->now_ms - (since ? since : s->opened_at));
	add_given(p, PART_NOTE, NULL,
	        mem_printf("%s %s.%s%s%s%s", scene_word(s, WORD_NOBODY_NOTE), waited, names.len > 1 ? " " : "",
	                names.len > 1 ? scene_word(s, WORD_TOLD) : "", names.len > 1 ? ": " : "", (char *)names.data));
	free(waited);
	buf_free(&names);
}

static void notes_add(const struct scene *s, struct page *p)
{
	page_add(p, PART_NOTE, NULL, s->drill ? scene_word(s, WORD_DRILL_NOTE) : NULL);
	page_add(p, PART_NOTE, NULL, s->simulated ? scene_word(s, WORD_SIMULATED_NOTE) : NULL);
	page_add(p, PART_NOTE, NULL, s->f->late ? scene_word(s, WORD_LATE_NOTE) : NULL);
	escalation_add(s, p);
}

static void unit_add(const struct scene *s, struct page *p)
{
	struct buf former = {0};

	for (size_t i = 0; i < s->unit->formed_from.count; i++) {
		const struct unit *u = inventory_unit(s->f->inventory, s->unit->formed_from.items[i]);

		if (u && strcmp(u->name, s->unit->name))
			buf_printf(&former, "%s%s", former.len ? ", " : scene_word(s, WORD_FORMER), u->name);
	}
	buf_put_u8(&former, 0);
	add_given(p, PART_ROW, scene_word(s, WORD_UNIT),
	        former.len > 1 ? mem_printf("%s (%s)", s->unit->name, (char *)former.data) : mem_str(s->unit->name));
	buf_free(&former);
}

static void place_add(const struct scene *s, struct page *p)
{
	const char *service = scene_text(s->incident, "service");

	if (s->unit)
		unit_add(s, p);
	page_add(p, PART_ROW, scene_word(s, WORD_WHERE), s->site ? s->site->name : NULL);
	page_add(p, PART_ROW, scene_word(s, WORD_NODE), s->node);
	page_add(p, PART_ROW, scene_word(s, WORD_SERVICE), s->service ? s->service->name : service);
}

static void time_add(const struct scene *s, struct page *p)
{
	char at[96];

	scene_time_full(s, s->opened_at, at, sizeof(at));
	page_add(p, PART_ROW, scene_word(s, WORD_SINCE), at);
	if (!s->recovery)
		return;
	scene_time_full(s, s->resolved_at, at, sizeof(at));
	page_add(p, PART_ROW, scene_word(s, WORD_UNTIL), at);
	add_given(p, PART_ROW, scene_word(s, WORD_DURATION), scene_duration(s, s->resolved_at - s->opened_at));
}

/* ---- lines ---- */

static void line_add(const struct scene *s, const struct uplink *u, struct page *p)
{
	struct buf text = {0};
	const struct {
		enum word word;
		const char *value;
	} facts[] = {{WORD_CARRIER, u->carrier}, {WORD_CIRCUIT, u->circuit}, {WORD_HOTLINE, u->hotline}};

	buf_printf(&text, "%s", scene_line_kind(s, u));
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].value && *facts[i].value)
			buf_printf(&text, "; %s %s", scene_word(s, facts[i].word), facts[i].value);
	buf_put_u8(&text, 0);
	page_add(p, PART_ROW, scene_word(s, WORD_LINE), (char *)text.data);
	buf_free(&text);
}

/* The line that failed, the one that the service goes by, or, for a whole site, all of them: whoever reads may have to call a carrier. */
static void lines_add(const struct scene *s, struct page *p)
{
	const struct uplink *u = s->uplink ? s->uplink : s->service ? scene_line_named(s->site, s->service->via) : NULL;

	if (u)
		line_add(s, u, p);
	else if (s->site && !s->service)
		for (size_t i = 0; i < s->site->uplink_count; i++)
			line_add(s, &s->site->uplinks[i], p);
}

/* ---- people ---- */

static void joined_row(const struct scene *s, struct page *p, enum word label, const char *list, const char *key)
{
	struct buf text = {0};
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(s->incident, list), i, one) if (scene_text(one, key))
	        buf_printf(&text, "%s%s", text.len ? ", " : "", scene_text(one, key));
	buf_put_u8(&text, 0);
	page_add(p, PART_ROW, scene_word(s, label), (char *)text.data);
	buf_free(&text);
}

static const char *person_name(const struct scene *s, const char *id)
{
	const struct inventory *inv = s->f->inventory;

	for (size_t i = 0; id && i < inv->contact_count; i++)
		if (!strcmp(inv->contacts[i].id, id) && inv->contacts[i].name)
			return inv->contacts[i].name;
	return id;
}

static void people_add(const struct scene *s, struct page *p)
{
	const char *by = scene_text(s->incident, "closed_by"), *reason = scene_text(s->incident, "close_reason");

	page_add(p, PART_ROW, scene_word(s, WORD_ACKED_BY), person_name(s, scene_text(s->incident, "acked_by")));
	if (s->closed)
		add_given(p, PART_ROW, scene_word(s, WORD_CLOSED_BY),
		        mem_printf("%s%s%s", person_name(s, by), reason && *reason ? ": " : "", reason ? reason : ""));
	joined_row(s, p, WORD_TICKETS, "tickets", "ticket");
}

static void complaints_add(const struct scene *s, struct page *p)
{
	const json_t *list = json_object_get(s->incident, "complaints");
	char at[32];
	size_t i;
	json_t *one;

	if (json_array_size(list))
		add_given(p, PART_HEADING, NULL,
		        mem_printf("%s (%zu)", scene_word(s, WORD_COMPLAINTS), json_array_size(list)));
	json_array_foreach((json_t *)list, i, one)
	{
		if (i == COMPLAINTS_MAX)
			break;
		scene_time_short(s, scene_time(one, "at"), at, sizeof(at));
		page_add(p, PART_ITEM, at, scene_text(one, "words"));
	}
}

/* ---- evidence ---- */

static int evidence_order(const void *a, const void *b)
{
	int64_t x = scene_time(*(json_t *const *)a, "at"), y = scene_time(*(json_t *const *)b, "at");

	return x < y ? -1 : x > y;
}

static void evidence_item(const struct scene *s, const json_t *one, struct page *p)
{
	const char *said = scene_said(s, one);
	char *who = scene_witness(s, scene_text(one, "who"));
	char at[32];

	scene_time_short(s, scene_time(one, "at"), at, sizeof(at));
	add_given(p, PART_ITEM, at, mem_printf("%s: %s", who, said ? said : ""));
	free(who);
}

static void evidence_add(const struct scene *s, struct page *p)
{
	const json_t *evidence = json_object_get(s->incident, "evidence");
	const json_t *sorted[EVIDENCE_MAX];
	size_t i, count = 0;
	json_t *one;

	json_array_foreach((json_t *)evidence, i, one) if (count < EVIDENCE_MAX) sorted[count++] = one;
	if (!count)
		return;
	qsort(sorted, count, sizeof(sorted[0]), evidence_order);
	page_add(p, PART_HEADING, NULL, scene_word(s, WORD_EVIDENCE));
	bool many = count > EVIDENCE_FIRST + EVIDENCE_LAST;
	size_t first = many ? EVIDENCE_FIRST : count, last = many ? count - EVIDENCE_LAST : count;
	for (i = 0; i < first; i++)
		evidence_item(s, sorted[i], p);
	if (many)
		add_given(p, PART_ITEM, "…", mem_printf("%zu %s", last - first, scene_word(s, WORD_EVIDENCE_MORE)));
	for (i = last; i < count; i++)
		evidence_item(s, sorted[i], p);
}

/* ---- what to do ---- */

static char *address_of(const struct scene *s, const char *way, const char *id)
{
	struct buf out = {0};

	buf_printf(&out, "%s%s%s", s->f->web_url, s->f->web_url[strlen(s->f->web_url) - 1] == '/' ? "" : "/", way);
	for (const char *c = id; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		        strchr("-._~", *c))
			buf_put_u8(&out, (uint8_t)*c);
		else
			buf_printf(&out, "%%%02X", (uint8_t)*c);
	buf_put_u8(&out, 0);
	return (char *)out.data;
}

static void acknowledge_add(const struct scene *s, struct page *p)
{
	bool link = s->f->mark && *s->f->mark && s->f->web_url && *s->f->web_url;
	const char *state = scene_text(s->incident, "state");

	if (s->recovery || (state && strcmp(state, "open")))
		return;
	if (link)
		add_given(p, PART_LINK, scene_word(s, WORD_ACK_LINK), address_of(s, "a/", s->f->mark));
	if (s->f->replies && s->f->mark && *s->f->mark)
		page_add(p, PART_TEXT, NULL, scene_word(s, link ? WORD_ACK_REPLY : WORD_ACK_REPLY_ONLY));
}

static void check_first_add(const struct scene *s, struct page *p)
{
	const char *first = scene_text_in(s, s->incident, "check_first");

	if (s->recovery || !first)
		return;
	page_add(p, PART_HEADING, NULL, scene_word(s, WORD_CHECK_FIRST));
	page_add(p, PART_TEXT, NULL, first);
}

static void slip_add(const struct scene *s, struct page *p)
{
	char *text = s->recovery ? NULL
	                         : slip_text(s->incident, s->f->inventory, s->f->zone, !strcmp(s->language, "en"),
	                                   s->f->now_ms);

	if (text) {
		page_add(p, PART_HEADING, NULL, scene_word(s, WORD_SLIP));
		page_add(p, PART_PRE, NULL, text);
	}
	free(text);
}

static void footer_add(const struct scene *s, struct page *p)
{
	page_add(p, PART_ROW, scene_word(s, WORD_INCIDENT), s->id);
	if (s->f->web_url && *s->f->web_url && s->id)
		add_given(p, PART_ADDRESS, scene_word(s, WORD_OPEN_LINK), address_of(s, "#/incidents/", s->id));
	page_add(p, PART_TEXT, NULL, scene_word(s, WORD_FOOTER));
}

/* ---- the letter ---- */

static void rows_add(const struct scene *s, const struct affected *a, struct page *p)
{
	json_int_t flaps = json_integer_value(json_object_get(s->incident, "flaps"));

	if (s->recovery)
		page_add(p, PART_ROW, scene_word(s, WORD_WHAT), scene_text_in(s, s->incident, "summary"));
	place_add(s, p);
	time_add(s, p);
	if (flaps > 0)
		add_given(p, PART_ROW, scene_word(s, WORD_FLAPS), mem_printf("%lld", (long long)flaps));
	verdict_add_rows(s, p);
	lines_add(s, p);
	affected_add_rows(s, a, p);
	if (s->recovery)
		affected_add_minutes(s, p);
	people_add(s, p);
}

void letter_write(const struct letter_facts *f, struct letter *out)
{
	struct scene s = scene_of(f);
	struct affected a = affected_of(&s);
	struct page *p = &out->page;

	*out = (struct letter){0};
	p->language = s.language;
	p->mood = s.recovery ? MOOD_UP : s.simulated || s.drill ? MOOD_WARNING : MOOD_DOWN;
	summary_add(&s, p);
	title_make(&s, &a, out);
	notes_add(&s, p);
	rows_add(&s, &a, p);
	check_first_add(&s, p);
	acknowledge_add(&s, p);
	affected_add_units(&s, &a, p);
	evidence_add(&s, p);
	verdict_add_ruled_out(&s, p);
	if (f->picture)
		page_add(p, PART_PICTURE, NULL, scene_word(&s, WORD_GRAPH));
	complaints_add(&s, p);
	slip_add(&s, p);
	if (!f->picture)
		page_add(p, PART_TEXT, NULL, scene_word(&s, WORD_NO_GRAPH));
	footer_add(&s, p);
	affected_free(&a);
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
	const char *service = scene_text(f->incident, "service"), *uplink = scene_text(f->incident, "uplink");
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
