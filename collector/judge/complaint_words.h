/*
 * complaint_words: which service a user report names, and what it is answered, in Vietnamese and English. Runs in judge.
 */
#ifndef SANSANG_JUDGE_COMPLAINT_WORDS_H
#define SANSANG_JUDGE_COMPLAINT_WORDS_H

#include "collector/judge/complaint.h"

/* Id (borrowed) of the one service whose name the words hold best, accents or not; NULL: none, or more than one. */
const char *complaint_service(const struct inventory *inv, const char *words);
/* Sets answer_vi and answer_en, and `found` when no incident explains it: by what was measured at that time. */
void complaint_answer(const struct judge *j, struct complaint *c, const struct incident *i);

#endif
