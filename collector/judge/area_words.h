/*
 * area_words: what a wide incident of dark sites says to people. Runs in judge.
 */
#ifndef SANSANG_JUDGE_AREA_WORDS_H
#define SANSANG_JUDGE_AREA_WORDS_H

#include "collector/judge/judge.h"

/* "14 địa điểm cùng mất liên lạc: mất điện khu vực (Xã A, Xã B, Xã C và 11 nơi khác)". Gives it. */
char *area_summary(const struct judge *j, const struct incident *i, bool vi);
/* Evidence: who went together; `shared` is what their lines have in common, NULL: that they are neighbours. */
void area_say_begin(const struct judge *j, struct incident *i, const char *shared);
/* Evidence: who is still dark after the rest is back. */
void area_say_rest(const struct judge *j, struct incident *i);

#endif
