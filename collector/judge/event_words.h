/*
 * event_words: one sentence on an event for a person, in Vietnamese and English. Pure; runs in judge and view.
 */
#ifndef SANSANG_JUDGE_EVENT_WORDS_H
#define SANSANG_JUDGE_EVENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define EVENT_WORDS_SIZE 320

struct event_words {
	char vi[EVENT_WORDS_SIZE], en[EVENT_WORDS_SIZE];
	bool telling; /* it bears on an incident at the same place and time */
};

/* `node`: whose event it is; `text` may hold what a stranger chose. */
void event_words(const char *node, const char *kind, const char *subject, const char *text, struct event_words *out);

#endif
