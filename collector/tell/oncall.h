/*
 * oncall: who is on call at an instant, which route fits an incident, and who that means.
 *
 * Tell process. Pure: inventory (alerts.h), zone, instant and incident (conclusion.h) in, contacts out; all borrowed
 * from the inventory. Turns change at the hand-over time on the wall clock of the province, whatever its zone
 * does between two of them. Before the first turn the first member has it.
 */
#ifndef SANSANG_TELL_ONCALL_H
#define SANSANG_TELL_ONCALL_H

#include <jansson.h>

#include "collector/inventory/inventory.h"
#include "common/zone.h"

struct oncall {
	const struct contact **who; /* owned: oncall_free */
	size_t count;
};

/* The id of the member on call. */
const char *oncall_member(const struct rota *r, const struct zone *zone, int64_t at);
/* The first route that fits, or NULL. Units are those of the incident's sites on the day it began. */
const struct alert_route *oncall_route(const struct inventory *inv, const json_t *incident);
/* Adds those whom `to` (contacts and rotas) means at that instant; nobody twice, nor two with one mail address. */
void oncall_add(const struct inventory *inv, const struct zone *zone, const struct conf_strings *to, int64_t at,
        struct oncall *out);
/* Adds those whom the incident's route means, or every contact who has a mail address when none fits. */
void oncall_for(
        const struct inventory *inv, const struct zone *zone, const json_t *incident, int64_t at, struct oncall *out);
void oncall_add_contact(const struct contact *c, struct oncall *out);
void oncall_free(struct oncall *list);

#endif
