/*
 * explain: which failure of a service can be the consequence of what else is wrong.
 *
 * What was refused, or answered wrongly, was reached: no line explains it. What hangs may be a hole for large packets, or a line that loses
 * very much. A name server explains what was not resolved, a wrong clock what is said of certificates and logins. Pure table. Runs in judge.
 */
#ifndef SANSANG_JUDGE_EXPLAIN_H
#define SANSANG_JUDGE_EXPLAIN_H

#include <stdbool.h>

#include "common/metric.h"

enum explanation {
	EXPLAINED_BY_CUT = 1,        /* line, cable, agent's host, address: nothing passes */
	EXPLAINED_BY_BAD_LINE = 2,   /* the line loses packets or is slow */
	EXPLAINED_BY_WORSE_LINE = 4, /* ... a quarter of them or more */
	EXPLAINED_BY_HOLE = 8,       /* large packets vanish */
	EXPLAINED_BY_NAMES = 16,     /* the name server fails */
	EXPLAINED_BY_CLOCK = 32      /* the node's clock is wrong */
};

/* `reason`: enum reason of the failure. */
bool explain_reason(int reason, enum explanation by);

#endif
