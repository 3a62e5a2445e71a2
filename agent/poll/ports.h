/*
 * ports: a device's interfaces from poll to poll, followed by name, with their counters made steady.
 *
 * An interface's name in a subject is its own with letters that an instance may not hold made '-' ("ge-0/0/1" -> "ge-0-0-1"); of twins
 * each gets ".INDEX". Runs in the eyes process.
 */
#ifndef SANSANG_POLL_PORTS_H
#define SANSANG_POLL_PORTS_H

#include "agent/poll/model.h"
#include "agent/sink.h"
#include "common/buf.h"

#define PORTS_MAX 512 /* of one device: the first by index */

struct port;

struct ports {
	struct port *items;
	size_t count, room;
	int64_t told_ms;
	unsigned fresh; /* this poll's mark */
};

void ports_free(struct ports *p);
/* Tells rows of all interfaces and states of those that are up by will. `renumbered` gets words of those that have another index now. */
void ports_told(struct ports *p, const struct model *m, const char *id, int64_t boot_ms, const struct sink *sink,
        struct buf *renumbered);
/* The device restarted: what its counters were is no base for what they are. */
void ports_restart(struct ports *p);
/* NULL when unknown. Borrowed until the next ports_told. */
const char *ports_name(const struct ports *p, int64_t index);

#endif
