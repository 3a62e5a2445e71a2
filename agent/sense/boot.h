/*
 * boot: how this host's last run ended: shut down, or cut off by a power cut, a crash, a reset. Told once, at the first start after
 * a boot: event "boot" `host unclean, was on until 2026-11-23T20:40:11Z for 12d3h, away 3h12m`.
 *
 * <state_dir>/running says which boot it is and, every half minute, how far it came; at the agent's own end it says so. A start
 * that finds another boot's file knows that the host went down. It went down clean when the agent had been stopped first, or when
 * wtmp, where it is kept and is of this boot, has a shutdown record before it: wtmp has the last word, as it knows of a plug pulled
 * after the agent was stopped. A kernel's own last words (pstore, also where systemd-pstore puts them) make it "unclean kernel panic".
 *
 * Wall clocks are believed only so far: how long it was away is told when the clock is synchronised or was set from a
 * battery-backed one, and makes sense. Runs in the agent process; wtmp and pstore are read before rights are dropped.
 */
#ifndef SANSANG_BOOT_H
#define SANSANG_BOOT_H

#include "agent/sense/sense.h"

extern const struct sense sense_boot;

#endif
