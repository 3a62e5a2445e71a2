/*
 * central: what the collector tells this agent to watch, as read from its JSON (agent/config.h).
 *
 * Parsed whole; then it replaces what was. The last copy stands in <state_dir>/central.json,
 * written beside and renamed, mode 0600 (it holds the gear's secrets), so that a start without the collector has it.
 * The agent process keeps the copy; the eyes get the same bytes over the channel and parse
 * them again. Strings are "" where the JSON has none.
 */
#ifndef SANSANG_CENTRAL_H
#define SANSANG_CENTRAL_H

#include "agent/poll/poller.h"
#include "agent/probe/options.h"
#include "common/buf.h"
#include "common/metric.h"

#define CENTRAL_BYTES_MAX (4 * 1024 * 1024)
#define CENTRAL_ITEMS_MAX 4096 /* of each list */
#define CENTRAL_HOST_MAX 256

struct central_uplink {
	char id[METRIC_INSTANCE_MAX], instance[METRIC_INSTANCE_MAX];
	char target[CENTRAL_HOST_MAX], gateway[CENTRAL_HOST_MAX], source[CENTRAL_HOST_MAX];
	char interface[16];
};

struct central_service {
	char id[METRIC_INSTANCE_MAX], via[METRIC_INSTANCE_MAX];
	char type[16];
	char source[CENTRAL_HOST_MAX], interface[16];
	char *target; /* "host:port", a whole address, or a host */
	int64_t every_ms;
	struct probe_options options;
};

struct central_terminal {
	char id[METRIC_INSTANCE_MAX], target[CENTRAL_HOST_MAX];
};

struct central {
	struct gear_spec *gear;
	size_t gear_count;
	char version[40], node[METRIC_INSTANCE_MAX], site[METRIC_INSTANCE_MAX];
	char core[CENTRAL_HOST_MAX];
	int64_t step_ms;
	struct central_uplink *uplinks;
	struct central_service *services;
	struct central_terminal *terminals;
	size_t uplink_count, service_count, terminal_count;
};

/* Gives *out (central_free). 0 or -EINVAL, `why` then names the member and what was expected; `why` at least 160 bytes. */
int central_parse(const char *json, size_t len, struct central **out, char *why);
void central_free(struct central *c);

/* Appends the file to `out`. 0 or -errno. */
int central_load(const char *state_dir, struct buf *out);
/* On disk when it returns 0; else -errno and the old copy stands. */
int central_save(const char *state_dir, const char *json, size_t len);

#endif
