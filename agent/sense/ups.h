/*
 * ups: what feeds this host, by NUT's upsd (nut.h). A row of CLASS_UPS a step and UPS, and the last gasp: ups.status is asked for every
 * 5 s, and "on battery", "low", "forced shutdown" leave at once (state of the class: up on mains; event "ups"; sink's urgent).
 *
 * The key `ups` says whom to ask; without it 127.0.0.1 is tried every 5 minutes, quietly and without a timer, until a UPS was seen there. An upsd that
 * goes away is tried again after 5 s to a minute, and told of ("lost") at the second failure; rows then stay out. The instance is "" for the
 * only UPS, its name when there are several; in events the subject is then "ups" or the name. Runs in the eyes process.
 */
#ifndef SANSANG_UPS_H
#define SANSANG_UPS_H

#include "agent/sense/sense.h"

extern const struct sense sense_ups;

#endif
