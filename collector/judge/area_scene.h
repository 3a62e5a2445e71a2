/*
 * area_scene: who went about when a trouble began, and who is well, as area_group.h asks for it. Private to area.c. Runs in judge.
 */
#ifndef SANSANG_JUDGE_AREA_SCENE_H
#define SANSANG_JUDGE_AREA_SCENE_H

#include "collector/judge/area_group.h"
#include "collector/judge/judge.h"

struct area_scene {
	struct area_site *all; /* owned */
	size_t count, gone;    /* gone: the first so many are in trouble, the others are well */
	int32_t *slots;        /* owned; index in `all` by the site's place in the inventory, -1 none */
};

/* An agent that is silent, or a line that is down: what may be a matter of several sites. */
bool area_scene_bears(const struct trouble *t);
/* The sites of `t` and of those that went about then; those that are well follow when there are two at least. */
void area_scene_make(struct area_scene *s, const struct judge *j, const struct trouble *t);
/* NULL: the site is in no trouble that bears on it. */
struct area_site *area_scene_site(const struct area_scene *s, const struct judge *j, const struct site *site);
/* Is the trouble one of those that the scene was made of, around `t`? */
bool area_scene_counts(const struct judge *j, const struct trouble *o, const struct trouble *t);
void area_scene_free(struct area_scene *s);

#endif
