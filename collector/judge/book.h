/*
 * book: which incidents there were at a site, which are wide, and which are of late, so that no trouble looks through a year of them.
 *
 * An index over struct incidents, made when it is first asked, never stored. It notices new incidents and that old ones left memory by
 * itself; who makes an incident wide says so with book_widened(). Lists are in the order of making and borrowed until the next
 * question. What is in them may have ended, merged or changed its place since: look before you use it. Runs in judge.
 */
#ifndef SANSANG_JUDGE_BOOK_H
#define SANSANG_JUDGE_BOOK_H

#include "collector/judge/judge.h"

/* Older questions than this look through all. */
#define BOOK_LATELY_MS (3600 * 1000LL)

struct book_list {
	struct incident **all;
	size_t count, cap;
};

/* Those that were made for the site. */
const struct book_list *book_site(const struct judge *j, const char *site);
/* Those of no site in particular. */
const struct book_list *book_wide(const struct judge *j);
/* All that may have been going on at `at`: at least the open ones and those that ended a short while before. */
const struct book_list *book_around(const struct judge *j, int64_t at);
/* `i` has become wide. */
void book_widened(const struct judge *j, struct incident *i);
void book_free(struct book *b);

#endif
