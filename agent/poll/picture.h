/*
 * picture: a device as one sees it: as the JSON object of `sansang-agent snmp --json`, and as a page for a technician.
 *
 * JSON: what the device does not tell is null; numbers are as in its MIB (admin, oper: 1 up, 2 down; type: ifType; battery_status: upsBatteryStatus);
 * texts that are no UTF-8 are {"hex": "..."}. `uptime_s` is sysUpTime as it stands; `running_s` has its wraps added. Runs in the command snmp.
 */
#ifndef SANSANG_PICTURE_H
#define SANSANG_PICTURE_H

#include <jansson.h>
#include <stdio.h>

#include "agent/poll/model.h"

/* Gives. */
json_t *picture_json(const struct model *m);
void picture_print(FILE *out, const struct model *m, bool colour);

#endif
