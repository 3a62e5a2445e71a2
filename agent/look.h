/*
 * look: `sansang-agent probe TYPE TARGET [--json]`, one probe for a technician.
 */
#ifndef SANSANG_LOOK_H
#define SANSANG_LOOK_H

#include <stdbool.h>

/* Exit status: 0 the target answers, 1 it does not (with the reason on standard error unless json), 2 wrong use. */
int look_probe(const char *type, const char *target, bool json);

#endif
