/*
 * agent: the nodes whose agents this intake has seen, found by hash. Intake only.
 * An entry lives as long as the process: the inventory, through core's yes to a hello, bounds the table.
 */
#ifndef SANSANG_INTAKE_AGENT_H
#define SANSANG_INTAKE_AGENT_H

#include <stddef.h>

#include "collector/intake/offset.h"
#include "common/wire.h"

struct session;

struct agent {
	char id[WIRE_NODE_MAX];
	struct session *live; /* its one welcomed session, or NULL */
	struct offset offset;
	int64_t refused_at_ms; /* boot clock of the last refusal that was journalled, 0 never */
};

struct agents {
	struct agent **slots; /* open addressing, a power of two */
	size_t size, count;
};

/* NULL when there is none. */
struct agent *agents_find(const struct agents *t, const char *id);
/* Makes it when missing. `id` shorter than WIRE_NODE_MAX. */
struct agent *agents_get(struct agents *t, const char *id);
void agents_free(struct agents *t);

#endif
