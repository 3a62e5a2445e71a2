/*
 * quality_words: what is said of a check that still works, but badly: its evidence and the summary of its incident, in both
 * languages. Pure; part of words.h. Runs in judge.
 */
#ifndef SANSANG_JUDGE_QUALITY_WORDS_H
#define SANSANG_JUDGE_QUALITY_WORDS_H

#include "collector/judge/fleet.h"

/* "Kênh mk-ts: mất 7,1 % số gói ping trong một phút ...". False: it is not degraded, or its kind has no such words; both need 256 bytes. */
bool quality_words(const struct judge_check *c, char *vi, char *en, size_t size);
/* Formats of the summary of an incident of that kind: node, site, what; NULL: the usual ones. */
const char *quality_summary(enum check_kind kind, bool vi);

#endif
