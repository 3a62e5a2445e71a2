/* User reports (phản ánh): filed with what was measured then, answered with what judge makes of them. */
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "collector/core.h"
#include "common/clock.h"

#define WORDS_MAX 1000 /* bytes */
#define NAME_MAX_BYTES 100
#define PLACE_MAX 200
#define A_MINUTE 60                 /* reports that are taken in one minute, from all doors */
#define OLDEST_MS (31LL * 86400000) /* what was measured longer ago explains no call */
#define AHEAD_MS 300000             /* of a caller's clock */
#define MISSED_MS (7LL * 86400000)  /* the weekly list */

/* Line breaks and the like are no part of what somebody said. */
static void plain_copy(const char *text, char *out, size_t size)
{
	snprintf(out, size, "%s", text);
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

void act_id_make(const char *prefix, const char *of, char *out, size_t size)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	unsigned char chance[2] = {0};
	char stamp[24];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	RAND_bytes(chance, sizeof(chance));
	snprintf(out, size, "%s-%.32s-%s-%02x%02x", prefix, of, stamp, chance[0], chance[1]);
}

static json_t *look_for_report(struct act *act, const char *id)
{
	const char *why;
	json_t *c = view_complaint(act->core->view, id, &why);

	return c ? json_pack("{s:s, s:o}", "id", id, "complaint", c) : NULL;
}

/* The site that is meant; NULL with the act refused, the candidates in the answer. New reference. */
static json_t *place_of(struct act *act, int64_t at)
{
	const char *words = *act_text(act, "place") ? act_text(act, "place") : act_text(act, "site");

	if (!*words || strlen(words) > PLACE_MAX) {
		act_refuse(act, 400, "place: 1 to %d bytes expected", PLACE_MAX);
		return NULL;
	}
	json_t *place = view_place(act->core->view, words, at);
	if (!place)
		act_refuse(act, 503, "no inventory is in force");
	else if (json_object_get(place, "error"))
		act_answer(act, place);
	else
		return place;
	return NULL;
}

static bool too_many(struct act *act)
{
	json_t *recent = view_complaints(act->core->view, NULL, false, clock_wall_ms() - 60000);
	bool many = json_array_size(json_object_get(recent, "complaints")) >= A_MINUTE;

	json_decref(recent);
	if (many)
		act_refuse(act, 429, "too many reports within a minute, try again later");
	return many;
}

void act_complaint(struct act *act)
{
	int64_t now = clock_wall_ms(), at = act_number(act, "at", now);
	char words[WORDS_MAX + 1], name[NAME_MAX_BYTES + 1], id[80];

	if (!*act_text(act, "words") || strlen(act_text(act, "words")) > WORDS_MAX ||
	        strlen(act_text(act, "name")) > NAME_MAX_BYTES) {
		act_refuse(act, 400, "words: 1 to %d bytes expected; name: at most %d", WORDS_MAX, NAME_MAX_BYTES);
		return;
	}
	if (at < now - OLDEST_MS || at > now + AHEAD_MS) {
		act_refuse(act, 400, "at: UTC milliseconds of the last 31 days expected");
		return;
	}
	json_t *place = place_of(act, at);
	if (!place || too_many(act)) {
		json_decref(place);
		return;
	}
	const char *site = json_string_value(json_object_get(place, "site"));
	plain_copy(act_text(act, "words"), words, sizeof(words));
	plain_copy(act_text(act, "name"), name, sizeof(name));
	act_id_make("pa", site, id, sizeof(id));
	act_record_wait(act,
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "act", "complaint", "by", act->by,
	                "target", site, "text", words, "door", act->door == DOOR_WEB ? "web" : "socket", "id", id,
	                "site", site, "at", (json_int_t)at, "words", words, "name", name, "measured",
	                view_measured(act->core->view, site, at)),
	        id, look_for_report);
	json_decref(place);
}

void act_complaints(struct act *act)
{
	bool missed = json_is_true(json_object_get(act->request, "missed"));
	int64_t since = act_number(act, "since", missed ? clock_wall_ms() - MISSED_MS : 0);
	json_t *place = NULL;

	if (*act_text(act, "place")) {
		place = place_of(act, clock_wall_ms());
		if (!place)
			return;
	}
	act_answer(act,
	        view_complaints(act->core->view, json_string_value(json_object_get(place, "site")), missed, since));
	json_decref(place);
}
