/*
 * look_show: the result of one probe, as one line of JSON or for a person's eyes.
 *
 * JSON: type, target, up, reason, note, connect_ms, total_ms, of echoes sent, received and their times, then each column of the kind's
 * class of details by its name (common/metric.c); null where not measured. Text is in colour on a terminal (unless NO_COLOR is set).
 */
#ifndef SANSANG_LOOK_SHOW_H
#define SANSANG_LOOK_SHOW_H

#include "agent/look_request.h"

/* The JSON alone: malloc'ed, without a line's end. */
char *look_json(const struct check_spec *spec, const char *target, const struct probe_result *r);
void look_show_json(const struct look_request *q, const struct probe_result *r);
/* On standard output when it is up, else on standard error. */
void look_show_text(const struct look_request *q, const struct probe_result *r);

#endif
