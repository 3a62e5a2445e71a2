/*
 * talk: what the agent process and its eyes say to each other (common/channel.h).
 *
 * All are notices, packed with buf and cursor in the order given. The eyes parse
 * strangers' bytes, so the agent checks all that they say; it tells them everything anew when they are linked.
 */
#ifndef SANSANG_TALK_H
#define SANSANG_TALK_H

#include "common/buf.h"
#include "common/metric.h"

#define TALK_KIND_MAX 32

enum talk_kind {
	/* agent -> eyes. The central configuration's JSON, whole payload */
	TALK_CENTRAL = 1,
	/* agent -> eyes. offset svarint (collector time = boot + offset), step_ms varint */
	TALK_CLOCK = 2,
	/* agent -> eyes. gateway str, interface str, collector str: as struct sense_place */
	TALK_PLACES = 3,
	/* eyes -> agent. cpu_us varint, rss varint, urgent u8, then struct talk_result until the end */
	TALK_RESULTS = 4,
	/* agent => eyes. JSON, whole payload: ask.h. reply: JSON */
	TALK_ASK = 5,
	/* agent -> witness. alive u8 (the collector was heard just now, or refused us), way u8 (enum watchman_way), site str, why str (when it is not alive) */
	TALK_HEARD = 6,
};

enum talk_flags { TALK_ROW = 1, TALK_STATE = 2, TALK_EVENT = 4 };

/* A row, a state or both of one subject, or an event. */
struct talk_result {
	uint8_t flags;
	enum metric_class_id class_id;
	char instance[METRIC_INSTANCE_MAX]; /* a subject */
	int64_t boot_ms;
	int64_t values[METRIC_COLUMNS_MAX]; /* with TALK_ROW */
	bool up;                            /* with TALK_STATE */
	enum reason reason;
	char kind[TALK_KIND_MAX]; /* with TALK_EVENT; only its kind, text and time count then */
	const char *text;         /* borrowed from the message or from who tells */
	size_t text_len;
};

void talk_put(struct buf *b, const struct talk_result *r);
/* False at the end or when what comes is no result; c->failed tells which. */
bool talk_get(struct cursor *c, struct talk_result *r);

/* When in a step the eyes send what they have, and when the agent then seals its batch: milliseconds after its beginning. */
int64_t talk_flush_ms(int64_t step_ms);
int64_t talk_seal_ms(int64_t step_ms);

#endif
