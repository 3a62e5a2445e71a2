/*
 * affected: whom and what an incident takes down, counted: sites by unit, services by site.
 *
 * Tell process. Pure; made of the incident's "sites" and "affects" (conclusion.h) and the inventory.
 */
#ifndef SANSANG_TELL_AFFECTED_H
#define SANSANG_TELL_AFFECTED_H

#include "collector/tell/scene.h"

/* All owned. */
struct affected {
	json_t *sites;    /* { site id: true } */
	json_t *units;    /* { unit id: how many of its sites } as of the beginning, in the inventory's order */
	json_t *services; /* { service id: at how many sites } */
};

struct affected affected_of(const struct scene *s);
void affected_free(struct affected *a);
/* More than one unit: names are then a section of their own. */
bool affected_many(const struct affected *a);

/* The rows that say it in short. */
void affected_add_rows(const struct scene *s, const struct affected *a, struct page *p);
/* All units by name, when they are too many for a row. */
void affected_add_units(const struct scene *s, const struct affected *a, struct page *p);
/* Minutes of service lost, when it is over. */
void affected_add_minutes(const struct scene *s, struct page *p);

#endif
