/*
 * desk: what everyone in tell needs who decides who is told: the outbox, the province, its zone, and words of an incident.
 *
 * Tell process. All borrowed. route.c, escalate.c, digest.c and storm.c work on it within the caller's transaction.
 */
#ifndef SANSANG_TELL_DESK_H
#define SANSANG_TELL_DESK_H

#include <jansson.h>

#include "collector/inventory/inventory.h"
#include "collector/tell/outbox.h"
#include "common/zone.h"

struct desk {
	struct outbox *outbox;
	const struct inventory *inventory;
	const struct zone *zone;
};

/* "" when the member is missing or no text. */
static inline const char *desk_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

#endif
