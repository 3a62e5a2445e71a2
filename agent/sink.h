/*
 * sink: where all that an agent sees goes: what is sensed, probed and polled, in either process.
 *
 * The agent process puts it into the sample (sample.h), the eyes tell the agent process (talk.h); who sees
 * need not know which. All arguments are borrowed during the call. Times are boot-clock milliseconds.
 */
#ifndef SANSANG_SINK_H
#define SANSANG_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/metric.h"

struct sink {
	/* `subject` as in metric.h; as many values as the class has columns. */
	void (*row)(
	        void *arg, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values);
	/*
	 * kind: a short word ("carrier", "trap", "trace"). text, at most BATCH_TEXT_MAX bytes: begins with the subject
	 * ("eth0 down", "mk-sw1/ge-0-0-1 linkDown"), a blank, and then words for a person or one JSON object.
	 */
	void (*event)(void *arg, int64_t boot_ms, const char *kind, const char *text);
	/* What is so now: told at once when it differs from what was said last of it. */
	void (*state)(void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *subject, bool up,
	        enum reason reason);
	/* What was put leaves now and not with the step. */
	void (*urgent)(void *arg);
	void *arg;
};

#endif
