/*
 * config: agent.yaml, and the central configuration that the collector pushes.
 *
 * The pushed JSON (also kept at <state_dir>/central.json, mode 0600, for a start without the collector):
 * { "version": "16 hex", "node": "mk-srv1", "site": "mk-hq", "step_ms": 10000,
 *   "uplinks": [ {"id": "mk-ts", "instance": "" or "mk-ts", "target": "10.20.1.1" (the line's terminal or parent's address), "gateway": "...",
 *                 "source": address of this server on the line or "", "interface": "eth1" or ""} ],
 *   "core": "10.0.0.2" or null,           address pinged as path "core"; null: the collector's address in use
 *   "services": [ {"id": "land", "type": "tcp", "target": "10.0.0.5:443", "every_ms": 10000, "via": "", "source": "", "interface": "",
 *                  and, each optional: "server_name", "ca" (PEM), "verify": false, "status", "header", "body", "redirects": 5,
 *                  "dns_name", "dns_expect", "count": 5 } ],      as in probe/options.h; of type http the target is the whole address
 *   "terminals": [ {"id": "mk-ts", "target": "203.0.113.7"} ]  only for the agent beside the collector: class path, instance = uplink id
 *   "gear": [ {"id": "mk-sw1", "address": "10.20.1.2" or "10.20.1.2:1161", "every_ms": 60000, "version": "1" | "2c" | "3", "community": "...",
 *              "user", "auth": "SHA256", "auth_secret", "privacy": "AES", "privacy_secret"} ]
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
	char *trap_listen; /* key `traps: { listen: "0.0.0.0:162" }`, ADDRESS:PORT; NULL: traps are not heard */
	char *ups; /* key `ups: "NAME@HOST[:PORT]"` of NUT's upsd; NULL: each of 127.0.0.1's when one answers there; "no": none */
	int64_t spool_bytes; /* key `spool: { max: 64MB }` */
	struct { /* key `witness:`: tells by mail when the collector falls silent; server NULL: nobody does */
		char *server, *from, *user, *password_file;
		struct conf_place server_place, password_place;
		int tls; /* enum mail_tls */
		struct conf_strings to;
		struct conf_place to_place;
		int64_t after_ms;
		char *language; /* "vi" or "en" */
	} witness;
};

int agent_config_load(const char *path, struct agent_config *out, struct conf_errors *errors);
void agent_config_free(struct agent_config *c);

#endif
