/*
 * title: the subject of a letter and the band above it, short enough for a phone: "[MẤT KÊNH] Xã Pha Long – TSLCD – 07:42".
 *
 * Tell process. Pure. The tag follows the cause (title.c's table); drills, simulated data, escalations and late mails are marked.
 */
#ifndef SANSANG_TELL_TITLE_H
#define SANSANG_TELL_TITLE_H

#include "collector/tell/affected.h"
#include "collector/tell/letter.h"

/* Fills subject, page.tag and page.title. */
void title_make(const struct scene *s, const struct affected *a, struct letter *out);

#endif
