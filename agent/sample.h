/*
 * sample: the agent's narrow waist. Whatever is sensed, probed, polled or
 * captured becomes a row, an event or a state hint here; nothing reaches the
 * spool and the uplink but through it. Runs in the agent process; the eyes send
 * theirs over the channel and the agent process puts them here.
 *
 * Times are boot-clock milliseconds. Rows of one step are gathered and sealed into
 * one batch by sample_seal(), which gives it to `sink`. Set numbers come from
 * `number`, which keeps them for the life of the spool's epoch.
 */
#ifndef SANSANG_AGENT_SAMPLE_H
#define SANSANG_AGENT_SAMPLE_H

#include "common/batch.h"

struct sample;

struct sample_sink {
	/* The set's number in this epoch; *fresh is set when it needs a dictionary entry (again). */
	uint32_t (*number)(void *arg, enum metric_class_id class_id, const char *instance, bool *fresh);
	void (*batch)(void *arg, int64_t first_boot_ms, const uint8_t *body, size_t len);
	void (*hint)(void *arg, int64_t boot_ms, enum metric_class_id class_id, const char *instance, bool up,
	        enum reason reason, int64_t since_boot_ms);
	void *arg;
};

struct sample *sample_new(const struct sample_sink *sink);
void sample_free(struct sample *s);
void sample_row(
        struct sample *s, enum metric_class_id class_id, const char *instance, int64_t boot_ms, const int64_t *values);
void sample_event(struct sample *s, int64_t boot_ms, const char *kind, const char *text);
/* What is so now. Given on at once when it differs from what was said last of it; `reason` alone is no change. */
void sample_hint(struct sample *s, int64_t boot_ms, enum metric_class_id class_id, const char *instance, bool up,
        enum reason reason);
/* All states anew, for a collector that was just reached. */
void sample_repeat_hints(struct sample *s);
/* Gives what is gathered to the sink as one batch; nothing gathered, nothing given. */
void sample_seal(struct sample *s);

#endif
