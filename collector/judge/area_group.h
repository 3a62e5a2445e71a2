/*
 * area_group: which of the sites that went together have one cause in common.
 *
 * Two things take several sites at once: what their lines share (a parent, else a carrier), and the power of the place where they stand.
 * A thing upstream explains a site when all of its lines that are known to be down hang on it. A parent is believed from two sites on, if
 * no site that hangs on it is well; a carrier from three on that went in one moment or stand near each other. Power is believed of three dark sites that stand near each other and
 * that no single thing upstream explains, or when a UPS or a plan said so. Sites with lines of several carriers of which nothing is known but that
 * their agent is silent are taken for upstream only when there is no better: their agent would have gone over to the other line. Pure. Runs in judge.
 */
#ifndef SANSANG_JUDGE_AREA_GROUP_H
#define SANSANG_JUDGE_AREA_GROUP_H

#include "collector/judge/topology.h"

enum area_kind { AREA_NONE, AREA_UPSTREAM, AREA_POWER };

struct area_site {
	const struct site *site;
	int64_t from;      /* when it went; of a well one 0 */
	uint32_t down, up; /* its lines that are known to be so, a bit each in the inventory's order */
	bool dark;         /* nothing is heard of it */
	bool well;         /* it was heard since, and none of its lines is down: it takes no part, but may contradict */
	bool power;        /* a UPS there is on battery, or its power was to be cut */
	bool member;       /* out: it has the common cause */
};

#define AREA_LINES_MAX 32

/* What the group around `self` has in common; sets `member`. *shared (of AREA_UPSTREAM) is the parent or carrier, borrowed from the inventory. */
enum area_kind area_group(
        const struct topology *t, struct area_site *all, size_t count, size_t self, const char **shared);

#endif
