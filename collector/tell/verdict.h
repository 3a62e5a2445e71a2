/*
 * verdict: the part of a letter that says why: cause and confidence, what else it may be, what was ruled out and by what, how
 * the final cause came about, and who answers for it.
 *
 * Tell process. Pure; by conclusion.h, members that are not there are passed over.
 */
#ifndef SANSANG_TELL_VERDICT_H
#define SANSANG_TELL_VERDICT_H

#include "collector/tell/scene.h"

void verdict_add_rows(const struct scene *s, struct page *p);
void verdict_add_ruled_out(const struct scene *s, struct page *p);

#endif
