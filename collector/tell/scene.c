#include "collector/tell/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/judge/cause.h"
#include "common/memory.h"

const char *scene_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

int64_t scene_time(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

const char *scene_word(const struct scene *s, enum word w)
{
	return word_in(w, s->language);
}

const char *scene_text_in(const struct scene *s, const json_t *o, const char *key)
{
	char name[32];
	const char *text;

	snprintf(name, sizeof(name), "%s_%s", key, s->language);
	text = scene_text(o, name);
	if (text)
		return text;
	snprintf(name, sizeof(name), "%s_%s", key, strcmp(s->language, "en") ? "en" : "vi");
	return scene_text(o, name);
}

const char *scene_said(const struct scene *s, const json_t *o)
{
	const char *text = scene_text(o, s->language);

	return text ? text : scene_text(o, strcmp(s->language, "en") ? "en" : "vi");
}

const struct uplink *scene_line_named(const struct site *site, const char *id)
{
	for (size_t i = 0; site && id && i < site->uplink_count; i++)
		if (!strcmp(site->uplinks[i].id, id) || !strcmp(uplink_kind_name(site->uplinks[i].kind), id))
			return &site->uplinks[i];
	return NULL;
}

struct scene scene_of(const struct letter_facts *f)
{
	const struct inventory *inv = f->inventory;
	const json_t *o = f->incident;
	const char *site = scene_text(o, "site"), *unit = scene_text(o, "unit"), *service = scene_text(o, "service");
	const char *excused = scene_text(o, "excused");
	struct scene s = {.f = f,
	        .incident = o,
	        .language = strcmp(f->language, "en") ? "vi" : "en",
	        .node = scene_text(o, "node"),
	        .id = scene_text(o, "id")};
	const struct node *node = s.node ? inventory_node(inv, s.node) : NULL;

	s.opened_at = scene_time(o, "opened_at");
	s.resolved_at = scene_time(o, "resolved_at");
	s.simulated = json_is_true(json_object_get(o, "simulated"));
	s.drill = excused && !strncmp(excused, "drill:", 6);
	s.recovery = letter_is_recovery(f->kind);
	s.closed = s.recovery && scene_text(o, "closed_by");
	s.site = site ? inventory_site(inv, site) : node ? node->at : NULL;
	s.unit = unit ? inventory_unit(inv, unit) : s.site ? site_unit(inv, s.site, s.opened_at) : NULL;
	s.service = service ? inventory_service(inv, service) : NULL;
	s.uplink = scene_line_named(s.site, scene_text(o, "uplink"));
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

void scene_time_full(const struct scene *s, int64_t at, char *out, size_t size)
{
	struct tm tm = local_time(at);
	char clock[48], offset[24];
	long minutes = tm.tm_gmtoff / 60;

	strftime(clock, sizeof(clock), strcmp(s->language, "en") ? "%H:%M:%S ngày %d/%m/%Y" : "%H:%M:%S on %Y-%m-%d",
	        &tm);
	snprintf(offset, sizeof(offset), minutes % 60 ? "UTC%+ld:%02ld" : "UTC%+ld", minutes / 60, labs(minutes % 60));
	snprintf(out, size, "%s (%s)", clock, offset);
}

void scene_time_short(const struct scene *s, int64_t at, char *out, size_t size)
{
	struct tm tm = local_time(at), day = local_time(s->opened_at);
	bool same = tm.tm_yday == day.tm_yday && tm.tm_year == day.tm_year;

	strftime(out, size, same ? "%H:%M:%S" : strcmp(s->language, "en") ? "%d/%m %H:%M:%S" : "%m-%d %H:%M:%S", &tm);
}

char *scene_duration(const struct scene *s, int64_t ms)
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
		        (long long)(left / units[i].seconds), scene_word(s, units[i].word));
		left %= units[i].seconds;
		shown++;
	}
	return mem_str(out);
}

void scene_clock(int64_t at, char *out, size_t size)
{
	struct tm tm = local_time(at);

	strftime(out, size, "%H:%M", &tm);
}

/* ---- names ---- */

const char *scene_place(const struct scene *s)
{
	return s->unit ? s->unit->name : s->site ? s->site->name : scene_word(s, WORD_EVERYWHERE);
}

const char *scene_line_kind(const struct scene *s, const struct uplink *u)
{
	return u->kind == UPLINK_TSLCD ? "TSLCD" : u->kind == UPLINK_4G ? "4G" : scene_word(s, WORD_INTERNET);
}

/* Has the unit more than this one site? Then it is named. */
static bool site_named(const struct scene *s)
{
	const struct inventory *inv = s->f->inventory;

	for (size_t i = 0; s->site && s->unit && i < inv->site_count; i++)
		if (&inv->sites[i] != s->site && site_unit(inv, &inv->sites[i], s->opened_at) == s->unit)
			return true;
	return false;
}

const char *scene_thing(const struct scene *s)
{
	const char *kind = scene_text(s->incident, "kind");
	const char *service = scene_text(s->incident, "service"), *uplink = scene_text(s->incident, "uplink");

	if (s->service)
		return s->service->name;
	if (s->uplink)
		return scene_line_kind(s, s->uplink);
	if (service || uplink)
		return service ? service : uplink;
	/* of a site that is not heard of, the id of its server says nothing to people */
	if (s->node && (!kind || (strcmp(kind, "agent") && strcmp(kind, "host"))))
		return s->node;
	return s->site && (!s->unit || site_named(s)) ? s->site->name : "";
}

char *scene_affected_name(const struct scene *s, const char *text)
{
	size_t kind = strcspn(text, ":"), id = text[kind] ? strcspn(text + kind + 1, "@") : 0;
	char *prefix = mem_strn(text, kind), *name = mem_strn(text + kind + (text[kind] == ':'), id);
	const char *at = text[kind] && text[kind + 1 + id] == '@' ? text + kind + 2 + id : NULL;
	const struct service *sv = strcmp(prefix, "service") ? NULL : inventory_service(s->f->inventory, name);
	const struct uplink *u = strcmp(prefix, "uplink") ? NULL : scene_line_named(s->site, name);
	char *what = sv  ? mem_str(sv->name)
	             : u ? mem_str(scene_line_kind(s, u))
	                 : mem_printf("%s %s", word_of_key(prefix, s->language), name);
	char *said = at ? mem_printf("%s (%s)", what, at) : mem_str(what);

	free(what);
	free(prefix);
	free(name);
	return said;
}

char *scene_witness(const struct scene *s, const char *who)
{
	const struct node *n = who ? inventory_node(s->f->inventory, who) : NULL;

	return n ? mem_printf("%s %s", scene_word(s, WORD_AGENT_OF), who)
	         : mem_str(who ? word_of_key(who, s->language) : "?");
}

const char *scene_cause(const struct scene *s, const char *name)
{
	const struct cause_words *w = name ? cause_words(cause_named(name)) : NULL;

	return !w ? NULL : strcmp(s->language, "en") ? w->vi : w->en;
}
