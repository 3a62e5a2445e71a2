/*
 * list_letter: one letter about several incidents: the day's warnings, or what a storm held back.
 *
 * Tell process. Pure. The body of such a row is {"list": [items of list_item()], "from", "until" (ms)}; of a digest an item
 * has "news": true when it began or ended since the last one. Every incident is named with place, time, cause and id;
 * those that go on come first. No picture.
 */
#ifndef SANSANG_TELL_LIST_LETTER_H
#define SANSANG_TELL_LIST_LETTER_H

#include <stdbool.h>

#include "collector/tell/letter.h"

/* Is a row of that kind such a letter? */
bool list_letter_is(const char *kind);
/* `f->incident` is the row's body. letter_free() it. */
void list_letter_write(const struct letter_facts *f, struct letter *out);
/* What a list keeps of an incident (conclusion.h). New reference. */
json_t *list_item(const json_t *incident);

#endif
