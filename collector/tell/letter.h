/*
 * letter: what is said about an incident, to one person, in their language.
 *
 * Tell process. Pure: an incident (conclusion.h) and the inventory in, subject and page out. The
 * letter is complete without any link: the dashboard is often out of reach where it is read. Members of the incident that are missing
 * are passed over. Its parts are made by title.c, verdict.c and affected.c on a scene (scene.h).
 */
#ifndef SANSANG_TELL_LETTER_H
#define SANSANG_TELL_LETTER_H

#include <jansson.h>

#include "collector/inventory/inventory.h"
#include "collector/tell/page.h"
#include "common/zone.h"

struct letter_facts {
	const json_t *incident;
	const char *kind; /* "open", "reopen", "resolve", "resolve-2", "escalate-N" */
	const struct inventory *inventory;
	const char *language;    /* "vi" or "en" */
	const char *mark;        /* for the link that acknowledges (ackmark.h); NULL or "": none */
	const char *web_url;     /* of the dashboard; NULL: no links at all */
	bool replies;            /* answers are read: say how */
	const struct zone *zone; /* of the fault slip; NULL: UTC */
	int64_t now_ms;          /* when the mail was owed: what is "so far" */
	bool late, picture;
};

struct letter {
	char *subject;
	struct page page;
};

void letter_write(const struct letter_facts *f, struct letter *out);
void letter_free(struct letter *l);

bool letter_is_recovery(const char *kind);
/* The question for render (MESSAGE_GRAPH): the hours around the event; gives malloc'ed JSON, or NULL when there is no target. */
char *letter_graph(const struct letter_facts *f, int64_t now_ms);

#endif
