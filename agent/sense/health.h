/*
 * health: what wears this host down: pressure (PSI), inodes, file systems that became read-only, dying disks, heat. One row of
 * CLASS_HEALTH a step, events "readonly" and "disk", and the state of the class: up while nothing is read-only or dying.
 *
 * Pressure and file systems are looked at each step, what costs more (disks, sensors, the list of mounts) once a minute. Source of
 * PSI: Documentation/accounting/psi.rst. What cannot be read is METRIC_UNKNOWN. Runs in the agent process.
 */
#ifndef SANSANG_HEALTH_H
#define SANSANG_HEALTH_H

#include "agent/sense/sense.h"

extern const struct sense sense_health;

#endif
