/*
 * clock: whether and how well this host's clock is kept. One row of CLASS_CLOCK a step, its state (down: unsynchronised), event "clock" on change.
 *
 * chronyd is asked once a minute where it runs (127.0.0.1:323; answers are picked up at the next step: no wake-up of its own); else the
 * kernel says (adjtimex(2)), which is what systemd-timesyncd, ntpd and others set. The offset is what is still to be corrected, positive when
 * this clock is behind; the error is the kernel's maxerror, or of chrony |correction| + dispersion + delay/2, as chronyc(1) gives it.
 * Runs in the eyes process.
 */
#ifndef SANSANG_SENSE_CLOCK_H
#define SANSANG_SENSE_CLOCK_H

#include "agent/sense/sense.h"

extern const struct sense sense_clock;

#endif
