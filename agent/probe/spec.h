/*
 * spec: a check as it is wanted: what, where, how often, by which way. Pure; either process.
 */
#ifndef SANSANG_SPEC_H
#define SANSANG_SPEC_H

#include "agent/probe/probe.h"

struct check_spec {
	enum metric_class_id class_id;
	char instance[METRIC_INSTANCE_MAX];
	char host[256]; /* a name or an address */
	uint16_t port;
	const struct probe_type *type;
	union probe_address source;   /* family 0: any */
	char interface[16];           /* that it must leave by; "" any */
	struct probe_options options; /* texts are borrowed during prober_set() */
	int64_t every_ms;
	bool closer;  /* a line: looked at more closely when it loses something (closer.h) */
	bool at_once; /* phase within the period's first 200 ms: paths, whose step is one picture */
};

bool check_spec_equal(const struct check_spec *a, const struct check_spec *b);
/* How long the run number `attempt` (from 0) may take for an answer. */
int64_t check_spec_timeout_ms(const struct check_spec *s, unsigned attempt);

#endif
