/*
 * lamps: what the files of the four lamps share (view.h, view_lamps()). A scene is made for one question and freed with it.
 */
#ifndef SANSANG_VIEW_LAMPS_H
#define SANSANG_VIEW_LAMPS_H

#include "collector/inventory/place.h"
#include "collector/view/view_private.h"

#define LAMP_TEXT_SIZE 400

struct scene {
	const struct view *v;
	const struct snapshot *s;
	const struct site *site;
	json_t *incidents; /* open ones that concern the site */
	int64_t at;
};

struct lamp {
	const char *id, *vi, *en, *state; /* state: a word */
	int64_t since;
	char why_vi[LAMP_TEXT_SIZE], why_en[LAMP_TEXT_SIZE], call_vi[LAMP_TEXT_SIZE], call_en[LAMP_TEXT_SIZE];
	const json_t *incident; /* borrowed; NULL none */
};

/* Sets state, since and why. */
void lamp_say(struct lamp *l, const char *state, int64_t since, const char *vi, const char *en);
/* The lamp shows what the incident (borrowed) is about. */
void lamp_explain(struct lamp *l, const json_t *incident);

void lamp_lines(const struct scene *c, struct lamp *l, bool tslcd); /* lamps_line.c */
void lamp_service(const struct scene *c, struct lamp *l);           /* lamps_service.c */

/* ---- places.c ---- */
json_t *place_json(const struct place *p);
/* NULL with *out set, or the refusal with the candidates. New reference. */
json_t *place_refused(const struct inventory *inv, const char *words, int64_t at, struct place *out);

#endif
