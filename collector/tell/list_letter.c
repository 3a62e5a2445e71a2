#include "collector/tell/list_letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/cause.h"
#include "collector/tell/desk.h"
#include "common/memory.h"

enum phrase {
	PHRASE_STORM,
	PHRASE_DIGEST,
	PHRASE_INCIDENTS,
	PHRASE_PLACES,
	PHRASE_FRESH,
	PHRASE_OVER,
	PHRASE_STORM_NOTE,
	PHRASE_DIGEST_NOTE,
	PHRASE_GOING_ON,
	PHRASE_SINCE_EARLIER,
	PHRASE_ENDED,
	PHRASE_SIMULATED,
	PHRASE_LATE,
	PHRASE_FOOTER,
	PHRASE_COUNT
};

static const struct {
	const char *vi, *en;
} phrases[PHRASE_COUNT] = {
        [PHRASE_STORM] = {"NHIỀU SỰ CỐ", "MANY INCIDENTS"},
        [PHRASE_DIGEST] = {"CẢNH BÁO TRONG NGÀY", "WARNINGS OF THE DAY"},
        [PHRASE_INCIDENTS] = {"sự cố", "incidents"},
        [PHRASE_PLACES] = {"địa điểm", "places"},
        [PHRASE_FRESH] = {"mới", "new"},
        [PHRASE_OVER] = {"đã hết", "over"},
        [PHRASE_STORM_NOTE] =
                {"Nhiều nơi cùng gặp sự cố: các thư riêng được gộp vào thư này cho đến khi tình hình lắng xuống.",
                        "Many sites have incidents: instead of a mail each they are gathered in this one until it is "
                        "quiet again."},
        [PHRASE_DIGEST_NOTE] = {"Những việc chưa khẩn nhưng cần xem trong ngày.",
                "Not urgent, but to be looked at today."},
        [PHRASE_GOING_ON] = {"Đang diễn ra", "Going on"},
        [PHRASE_SINCE_EARLIER] = {"Còn kéo dài từ trước", "Going on since earlier days"},
        [PHRASE_ENDED] = {"Đã hết", "Over"},
        [PHRASE_SIMULATED] = {"MÔ PHỎNG", "SIMULATED"},
        [PHRASE_LATE] = {"gửi muộn", "late"},
        [PHRASE_FOOTER] = {"Thư tự động của hệ thống Sẵn Sàng; mọi thông tin cần thiết đã có trong thư.",
                "Sent by Sẵn Sàng; this mail holds all you need."},
};

/* ---- items ---- */

json_t *list_item(const json_t *incident)
{
	static const char *const kept[] = {"id", "site", "unit", "node", "service", "uplink", "carrier", "circuit",
	        "cause", "cause_now", "final_cause", "confidence", "state", "severity", "opened_at", "resolved_at",
	        "summary_vi", "summary_en", "simulated", "responsible", "excused"};
	json_t *item = json_object();

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		json_t *value = json_object_get(incident, kept[i]);

		if (value && !json_is_null(value))
			json_object_set(item, kept[i], value);
	}
	return item;
}

static bool is_over(const json_t *item)
{
	const char *state = desk_text(item, "state");

	return !strcmp(state, "resolved") || !strcmp(state, "merged");
}

enum group { GROUP_GOING_ON, GROUP_SINCE_EARLIER, GROUP_ENDED, GROUP_COUNT };

static enum group group_of(const json_t *item)
{
	const json_t *news = json_object_get(item, "news");

	if (is_over(item))
		return GROUP_ENDED;
	return news && !json_is_true(news) ? GROUP_SINCE_EARLIER : GROUP_GOING_ON;
}

/* ---- the letter ---- */

struct list_scene {
	const struct letter_facts *f;
	const char *language;
	const json_t *list;
	int64_t from, until;
	bool storm, simulated;
	size_t groups[GROUP_COUNT], places;
};

static const char *say(const struct list_scene *s, enum phrase p)
{
	return strcmp(s->language, "en") ? phrases[p].vi : phrases[p].en;
}

bool list_letter_is(const char *kind)
{
	return !strncmp(kind, "storm-", 6) || !strncmp(kind, "digest-", 7);
}

static const char *place_id(const json_t *item)
{
	const char *unit = desk_text(item, "unit"), *site = desk_text(item, "site");

	return *unit ? unit : *site ? site : desk_text(item, "id");
}

static struct list_scene scene_of(const struct letter_facts *f)
{
	struct list_scene s = {.f = f,
	        .language = strcmp(f->language, "en") ? "vi" : "en",
	        .list = json_object_get(f->incident, "list"),
	        .from = json_integer_value(json_object_get(f->incident, "from")),
	        .until = json_integer_value(json_object_get(f->incident, "until")),
	        .storm = !strncmp(f->kind, "storm-", 6)};
	json_t *places = json_object(), *item;
	size_t i;

	json_array_foreach(s.list, i, item)
	{
		s.groups[group_of(item)]++;
		s.simulated |= json_is_true(json_object_get(item, "simulated"));
		json_object_set_new(places, place_id(item), json_true());
	}
	s.places = json_object_size(places);
	json_decref(places);
	return s;
}

static void time_text(const struct list_scene *s, int64_t at, bool day, char *out, size_t size)
{
	time_t seconds = (time_t)(at / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(out, size, !day ? "%H:%M" : strcmp(s->language, "en") ? "%H:%M %d/%m" : "%m-%d %H:%M", &tm);
}

static bool same_day(int64_t a, int64_t b)
{
	time_t x = (time_t)(a / 1000), y = (time_t)(b / 1000);
	struct tm at, day;

	localtime_r(&x, &at);
	localtime_r(&y, &day);
	return at.tm_yday == day.tm_yday && at.tm_year == day.tm_year;
}

static void title_make(const struct list_scene *s, struct letter *out)
{
	size_t fresh = s->groups[GROUP_GOING_ON], over = s->groups[GROUP_ENDED];
	char at[32];

	time_text(s, s->until, !s->storm, at, sizeof(at));
	out->page.tag = mem_str(say(s, s->storm ? PHRASE_STORM : PHRASE_DIGEST));
	if (s->storm)
		out->page.title = mem_printf("%zu %s – %zu %s – %s", json_array_size(s->list), say(s, PHRASE_INCIDENTS),
		        s->places, say(s, PHRASE_PLACES), at);
	else
		out->page.title =
		        mem_printf("%zu %s, %zu %s – %s", fresh, say(s, PHRASE_FRESH), over, say(s, PHRASE_OVER), at);
	out->subject = mem_printf("%s%s%s[%s] %s%s%s%s", s->simulated ? "[" : "",
	        s->simulated ? say(s, PHRASE_SIMULATED) : "", s->simulated ? "] " : "", out->page.tag, out->page.title,
	        s->f->late ? " (" : "", s->f->late ? say(s, PHRASE_LATE) : "", s->f->late ? ")" : "");
}

static const char *place_name(const struct list_scene *s, const json_t *item)
{
	const struct unit *unit = inventory_unit(s->f->inventory, desk_text(item, "unit"));
	const struct site *site = inventory_site(s->f->inventory, desk_text(item, "site"));

	return unit ? unit->name : site ? site->name : NULL;
}

static const char *summary_of(const struct list_scene *s, const json_t *item)
{
	const char *vi = desk_text(item, "summary_vi"), *en = desk_text(item, "summary_en");
	const char *first = strcmp(s->language, "en") ? vi : en, *second = strcmp(s->language, "en") ? en : vi;

	return *first ? first : *second ? second : desk_text(item, "id");
}

static const char *cause_of(const struct list_scene *s, const json_t *item)
{
	const char *final = desk_text(item, "final_cause"), *now = desk_text(item, "cause_now");
	const char *known = *final ? final : *now ? now : desk_text(item, "cause");
	const struct cause_words *w = cause_words(cause_named(known));

	return strcmp(s->language, "en") ? w->vi : w->en;
}

/* "15:12" or "15:12–15:20"  "Xã Pha Long: kênh TSLCD ... (mất kênh truyền; VNPT LCI-0421). pl-hq.uplink-pl-ts.2025..." */
static void item_add(const struct list_scene *s, const json_t *item, struct page *p)
{
	int64_t opened_at = json_integer_value(json_object_get(item, "opened_at"));
	int64_t resolved_at = json_integer_value(json_object_get(item, "resolved_at"));
	const char *place = place_name(s, item), *carrier = desk_text(item, "carrier"),
	           *circuit = desk_text(item, "circuit");
	char from[32], until[32] = "", *label, *text;

	time_text(s, opened_at, !same_day(opened_at, s->until), from, sizeof(from));
	if (is_over(item) && resolved_at)
		time_text(s, resolved_at, !same_day(resolved_at, opened_at), until, sizeof(until));
	label = mem_printf("%s%s%s", from, *until ? "–" : "", until);
	text = mem_printf("%s%s%s (%s%s%s%s%s) · %s", place ? place : "", place ? ": " : "", summary_of(s, item),
	        cause_of(s, item), *carrier ? "; " : "", carrier, *circuit ? " " : "", circuit, desk_text(item, "id"));
	page_add(p, PART_ITEM, label, text);
	free(label);
	free(text);
}

static void group_add(const struct list_scene *s, enum group g, struct page *p)
{
	static const enum phrase heads[] = {[GROUP_GOING_ON] = PHRASE_GOING_ON,
	        [GROUP_SINCE_EARLIER] = PHRASE_SINCE_EARLIER,
	        [GROUP_ENDED] = PHRASE_ENDED};
	char *head;
	json_t *item;
	size_t i;

	if (!s->groups[g])
		return;
	head = mem_printf("%s (%zu)", say(s, heads[g]), s->groups[g]);
	page_add(p, PART_HEADING, NULL, head);
	free(head);
	json_array_foreach(s->list, i, item) if (group_of(item) == g) item_add(s, item, p);
}

void list_letter_write(const struct letter_facts *f, struct letter *out)
{
	struct list_scene s = scene_of(f);
	struct page *p = &out->page;

	*out = (struct letter){0};
	p->language = s.language;
	p->mood = s.groups[GROUP_GOING_ON] + s.groups[GROUP_SINCE_EARLIER] == 0 ? MOOD_UP
	          : s.storm && !s.simulated                                     ? MOOD_DOWN
	                                                                        : MOOD_WARNING;
	p->summary = mem_str(say(&s, s.storm ? PHRASE_STORM_NOTE : PHRASE_DIGEST_NOTE));
	title_make(&s, out);
	for (enum group g = 0; g < GROUP_COUNT; g++)
		group_add(&s, g, p);
	page_add(p, PART_TEXT, NULL, say(&s, PHRASE_FOOTER));
}
