/*
 * model: three weeks of a made-up commune, the same at every run: what its host, its lines and
 * its services would have measured at any step. Plausible, not random: office hours, a weak line here,
 * a storm there, the national portal's 22 minutes on go-live morning, and a few sites in trouble now.
 *
 * Pure: nothing here knows time, network or files. `node` and instances are hashed for variety.
 */
#ifndef SANSANG_BENCH_MODEL_H
#define SANSANG_BENCH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/metric.h"

struct model {
	uint64_t seed;
	int64_t go_live_ms, now_ms; /* wall */
	int zone_ms;                /* local time = UTC + zone */
	double weakness;            /* 0 a good line .. 1 a bad one */
	enum { TROUBLE_NONE, TROUBLE_UPLINK, TROUBLE_SERVICE, TROUBLE_LOSS, TROUBLE_DARK } trouble; /* at the end */
	/* the traffic so far, so that a counter needs no look back */
	int64_t busy_until_ms;
	double busy_seconds;
};

void model_init(struct model *m, const char *node, int64_t go_live_ms, int64_t now_ms);
/* False: the site is dark at `at`, its agent measures nothing. */
bool model_powered(const struct model *m, int64_t at);
/* `values` as in the class's columns; counters are totals since the beginning at `from`;
 * steps are asked in order of time. */
void model_host(const struct model *m, int64_t at, int64_t *values);
void model_uplink(struct model *m, const char *instance, int64_t from, int64_t at, int64_t *values);
void model_interface(struct model *m, int64_t from, int64_t at, int64_t *values);
/* `type`: the kind of check, "http" ...: it fails in its own way. */
void model_service(
        const struct model *m, const char *service, const char *type, const char *line, int64_t at, int64_t *values);

#endif
