/*
 * mtu: do packets of full size get through, or do they vanish?
 *
 * Echoes that may not be fragmented: a small one, and one as large as this host would send that way (interface, route,
 * and what routers told the kernel). A router that says "too big" and how much it takes is obeyed: that is a smaller MTU,
 * and no fault. Down, reason TOO_LARGE, is a hole: small ones come back, full ones do not, and nobody says why. What does
 * get through is then searched for, a round a run (mtu_search.h). When the small ones are lost too it is plain
 * loss, which others measure: up, reason TIMEOUT. Details: CLASS_MTU; path_bytes is what gets through,
 * unknown with plain loss. Eyes process and `sansang-agent probe`.
 */
#ifndef SANSANG_MTU_H
#define SANSANG_MTU_H

#include "agent/probe/probe.h"

extern const struct probe_type probe_mtu;

#endif
