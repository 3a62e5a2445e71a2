/*
 * words: what incidents say to people, in Vietnamese and English. Runs in judge.
 * `out` strings are given (malloc).
 */
#ifndef SANSANG_JUDGE_WORDS_H
#define SANSANG_JUDGE_WORDS_H

#include "collector/judge/judge.h"

/* "07:30:10 01/07/2025" in the judge's zone. Gives `out`; size at least 32. */
const char *words_time(const struct judge *j, int64_t at, char *out, size_t size);
/* Sets summary_vi and summary_en of the incident. */
void words_summary(const struct judge *j, struct incident *i);
/* Evidence of a check that went down or came back. */
void words_check_down(const struct judge *j, struct incident *i, const struct judge_check *c, int64_t at, int reason);
void words_check_back(const struct judge *j, struct incident *i, const struct judge_check *c, int64_t at, bool gone);
/* Evidence that the site's UPS was on battery at `at`. */
void words_battery(const struct judge *j, struct incident *i, const struct site *site, int64_t at);
/* Sets why_final_vi and why_final_en: by which facts the final cause replaced the first; NULL when it did not. */
void words_why_final(struct incident *i);
/* The contradiction that makes the cause unknown, both sides of it in "vi" or "en"; NULL when there is none. Gives it. */
char *words_disputed(const struct incident *i, const char *language);
/* "service:land@mk-srv1" */
void words_target(const struct judge_check *c, char *out, size_t size);

#endif
