#include "collector/tell/title.h"

#include <stdlib.h>
#include <string.h>

#include "collector/judge/cause.h"
#include "common/memory.h"

static const enum word tags[CAUSE_COUNT] = {
        [CAUSE_UNKNOWN] = WORD_TAG_OTHER,
        [CAUSE_SITE_POWER] = WORD_TAG_POWER,
        [CAUSE_AREA_POWER] = WORD_TAG_AREA_POWER,
        [CAUSE_UPLINK_DOWN] = WORD_TAG_LINE,
        [CAUSE_UPLINK_DEGRADED] = WORD_TAG_POOR,
        [CAUSE_UPLINK_SATURATED] = WORD_TAG_FULL,
        [CAUSE_LAN_LINK_DOWN] = WORD_TAG_LAN,
        [CAUSE_GEAR_DOWN] = WORD_TAG_GEAR,
        [CAUSE_HOST_DOWN] = WORD_TAG_HOST,
        [CAUSE_AGENT_DOWN] = WORD_TAG_AGENT,
        [CAUSE_SERVICE_DOWN] = WORD_TAG_SERVICE,
        [CAUSE_SERVICE_HUNG] = WORD_TAG_HUNG,
        [CAUSE_SERVICE_FILTERED] = WORD_TAG_FILTERED,
        [CAUSE_DNS_FAILURE] = WORD_TAG_DNS,
        [CAUSE_CERTIFICATE] = WORD_TAG_CERTIFICATE,
        [CAUSE_MTU_BLACKHOLE] = WORD_TAG_MTU,
        [CAUSE_ADDRESS_CONFLICT] = WORD_TAG_CONFLICT,
        [CAUSE_ONE_WAY_LOSS] = WORD_TAG_ONE_WAY,
        [CAUSE_CLOCK_SKEW] = WORD_TAG_CLOCK,
        [CAUSE_FLAPPING] = WORD_TAG_FLAPPING,
        [CAUSE_UPSTREAM_SHARED] = WORD_TAG_UPSTREAM,
        [CAUSE_COLLECTOR_ISOLATED] = WORD_TAG_COLLECTOR,
};

/* Without a cause, by what is not heard of. */
static const struct {
	const char *kind;
	enum word tag;
} kinds[] = {{"svc", WORD_TAG_SERVICE}, {"uplink", WORD_TAG_LINE}, {"agent", WORD_TAG_SILENT},
        {"host", WORD_TAG_SILENT}, {"path", WORD_TAG_COLLECTOR}};

static enum cause cause_of(const struct scene *s)
{
	static const char *const keys[] = {"final_cause", "cause_now", "cause"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (scene_text(s->incident, keys[i]))
			return cause_named(scene_text(s->incident, keys[i]));
	return CAUSE_UNKNOWN;
}

static enum word tag_of(const struct scene *s)
{
	const char *kind = scene_text(s->incident, "kind");
	enum cause cause = cause_of(s);
	bool service = scene_text(s->incident, "service") != NULL;

	if (s->recovery)
		return s->closed ? WORD_TAG_CLOSED : WORD_TAG_RECOVERED;
	/* what people miss is the service, whatever is the matter with its line */
	if (service && (cause == CAUSE_UNKNOWN || tags[cause] == WORD_TAG_LINE))
		return WORD_TAG_SERVICE;
	for (size_t i = 0; cause == CAUSE_UNKNOWN && kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].tag;
	return cause == CAUSE_UNKNOWN && scene_text(s->incident, "uplink") ? WORD_TAG_LINE : tags[cause];
}

/* "Xã Pha Long – TSLCD", "VNPT – 12 xã, phường", "Cổng Dịch vụ công – 99 xã, phường" */
static char *what_where(const struct scene *s, const struct affected *a)
{
	const char *thing = scene_thing(s), *place = scene_place(s), *carrier = scene_text(s->incident, "carrier");
	size_t units = json_object_size(a->units);

	if (cause_of(s) == CAUSE_COLLECTOR_ISOLATED)
		return mem_str(s->f->inventory->name);
	if (units > 1) {
		thing = s->service ? s->service->name : carrier ? carrier : "";
		return mem_printf("%s%s%zu %s", thing, *thing ? " – " : "", units, scene_word(s, WORD_COMMUNES));
	}
	/* nowhere in particular: the service of many sites whose names are gone */
	if (!s->unit && !s->site && s->service)
		return mem_printf("%s – %s", thing, place);
	return *thing && strcmp(thing, place) ? mem_printf("%s – %s", place, thing) : mem_str(place);
}

static char *tag_text(const struct scene *s)
{
	const char *tag = scene_word(s, tag_of(s));
	bool again = !strcmp(s->f->kind, "reopen"), nobody = !strncmp(s->f->kind, "escalate-", 9);

	return again || nobody ? mem_printf("%s – %s", tag, scene_word(s, again ? WORD_TAG_AGAIN : WORD_TAG_NOBODY))
	                       : mem_str(tag);
}

/* What is not meant as it looks: "[DIỄN TẬP] [MÔ PHỎNG] ", each between `before` and `after`. */
static char *marks_text(const struct scene *s, const char *before, const char *after)
{
	const char *drill = s->drill ? scene_word(s, WORD_TAG_DRILL) : "";
	const char *simulated = s->simulated ? scene_word(s, WORD_TAG_SIMULATED) : "";

	return mem_printf("%s%s%s%s%s%s", s->drill ? before : "", drill, s->drill ? after : "",
	        s->simulated ? before : "", simulated, s->simulated ? after : "");
}

void title_make(const struct scene *s, const struct affected *a, struct letter *out)
{
	char clock[16], *what = what_where(s, a), *duration = NULL;
	char *marks = marks_text(s, "[", "] "), *plain_marks = marks_text(s, "", " · "), *tag = tag_text(s);

	scene_clock(s->recovery ? s->resolved_at : s->opened_at, clock, sizeof(clock));
	if (s->recovery)
		duration = scene_duration(s, s->resolved_at - s->opened_at);
	out->page.tag = mem_printf("%s%s", plain_marks, tag);
	out->page.title = mem_printf(
	        "%s – %s%s%s%s", what, clock, duration ? " (" : "", duration ? duration : "", duration ? ")" : "");
	out->subject = mem_printf("%s[%s] %s%s%s%s", marks, tag, out->page.title, s->f->late ? " (" : "",
	        s->f->late ? scene_word(s, WORD_LATE) : "", s->f->late ? ")" : "");
	free(marks);
	free(plain_marks);
	free(tag);
	free(what);
	free(duration);
}
