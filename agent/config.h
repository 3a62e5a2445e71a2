/*
 * config: agent.yaml, and the central configuration that the collector pushes.
 *
 * The pushed JSON (also kept at <state_dir>/central.json for a start without the collector):
 * { "version": "16 hex", "node": "mk-srv1", "site": "mk-hq", "step_ms": 10000,
 *   "uplinks": [ {"id": "mk-ts", "instance": "" or "mk-ts", "target": "10.20.1.1" (the line's terminal or parent's address), "gateway": "..."} ],
 *   "core": "10.0.0.2" or null,           address pinged as path "core"; null: the collector's address in use
 *   "services": [ {"id": "land", "type": "tcp", "target": "10.0.0.5:443", "every_ms": 10000, "via": "", "source": ""} ],
 *   "terminals": [ {"id": "mk-ts", "target": "203.0.113.7"} ]  only for the agent beside the collector: class path, instance = uplink id
 * }
 * Unknown members are passed over; a wrong type refuses the whole and keeps what was.
 */
#ifndef SANSANG_AGENT_CONFIG_H
#define SANSANG_AGENT_CONFIG_H

#include <stdint.h>

#include "common/conf.h"

struct agent_config {
	char *path;                     /* of the file, absolute */
	struct conf_strings collectors; /* host:port, tried in order */
	char *proxy;                    /* "http://host:port" or NULL */
	char *node;
	char *token_file; /* or NULL */
	char *state_dir;
	char *user; /* or NULL */
	char *log_level;
	struct conf_strings capture_interfaces;
	struct conf_strings sandbox_read;
	int64_t spool_bytes; /* key `spool: { max: 64MB }` */
};

int agent_config_load(const char *path, struct agent_config *out, struct conf_errors *errors);
void agent_config_free(struct agent_config *c);

#endif
