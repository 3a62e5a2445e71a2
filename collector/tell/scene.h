/*
 * scene: an incident with what the inventory knows of it, for the parts of a letter.
 *
 * Tell process. Pure; everything in it is borrowed. Names fall back to ids, ids to nothing: an incident of a site that is no
 * longer in the inventory still makes a letter.
 */
#ifndef SANSANG_TELL_SCENE_H
#define SANSANG_TELL_SCENE_H

#include "collector/tell/letter.h"
#include "collector/tell/words.h"

struct scene {
	const struct letter_facts *f;
	const json_t *incident;
	const char *language;
	const struct site *site;
	const struct unit *unit;
	const struct service *service;
	const struct uplink *uplink;
	const char *node, *id;
	int64_t opened_at, resolved_at;
	bool recovery, simulated, drill, closed;
};

struct scene scene_of(const struct letter_facts *f);

/* ---- members of JSON ---- */
const char *scene_text(const json_t *o, const char *key); /* NULL when it is none */
int64_t scene_time(const json_t *o, const char *key);     /* 0 when it is none */
/* "summary" in the scene's language, or in the other when there is only that. */
const char *scene_text_in(const struct scene *s, const json_t *o, const char *key);
/* The same of {"vi", "en"}. */
const char *scene_said(const struct scene *s, const json_t *o);
const char *scene_word(const struct scene *s, enum word w);

/* ---- times, in the process's zone ---- */
void scene_time_full(const struct scene *s, int64_t at, char *out, size_t size);
/* The clock alone on the incident's own day. */
void scene_time_short(const struct scene *s, int64_t at, char *out, size_t size);
void scene_clock(int64_t at, char *out, size_t size);    /* "07:42" */
char *scene_duration(const struct scene *s, int64_t ms); /* "2 giờ 5 phút"; malloc'ed */

/* ---- names ---- */
const char *scene_place(const struct scene *s);
const char *scene_thing(const struct scene *s); /* the service, the line or the machine; "" */
const char *scene_line_kind(const struct scene *s, const struct uplink *u);
const struct uplink *scene_line_named(const struct site *site, const char *id);
/* "service:land@mk-srv1" as people say it: "Đất đai (mk-srv1)"; malloc'ed. */
char *scene_affected_name(const struct scene *s, const char *text);
/* "trạm đo pl-srv1", "máy chủ giám sát"; malloc'ed. */
char *scene_witness(const struct scene *s, const char *who);
/* The cause's phrase, or NULL for no word. */
const char *scene_cause(const struct scene *s, const char *name);

#endif
