/*
 * uplink: the agent's one connection to the collector, from a name to acknowledged batches.
 *
 * The collectors are tried in order, names looked up anew each time, every address of a name;
 * through the HTTP proxy when one is set. Without a certificate the agent enrols first, with the
 * token's word; a certificate is renewed at two thirds of its life. Batches leave the spool
 * in sequence, at most 8 unacknowledged; hints leave at once. First retry within 5 s, back-off to 30 s,
 * jittered; a connection without a frame for 15 s is dropped. Failures are retried for ever.
 *
 * Files in <state_dir>: agent.key (0600), agent.crt, ca.pem (the pinned set).
 * Runs in the agent process, in its loop. Everything below borrows its arguments during the call.
 */
#ifndef SANSANG_UPLINK_H
#define SANSANG_UPLINK_H

#include <uv.h>

#include "agent/config.h"
#include "agent/send/spool.h"

struct uplink;

struct uplink_handlers {
	/* The central configuration came: `json` as in agent/config.h. */
	void (*on_config)(const char *version, const char *json, size_t len, void *arg);
	/* Welcomed by the collector (`address` is its numeric address as connected to, the proxy's when there is one), or not any more (""). */
	void (*on_connected)(bool connected, const char *address, void *arg);
	/* The collector told this boot's offset (already given to the spool) and its step; comes with each welcome and change. */
	void (*on_offset)(int64_t offset_ms, int64_t step_ms, void *arg);
	/* The collector's people want something looked at (ask.h). May be NULL. */
	void (*on_ask)(uint64_t id, const char *json, size_t len, void *arg);
	/* A welcomed connection ended: why, and what TCP knew when it had stalled. For the record; may be NULL. */
	void (*on_lost)(const char *why, void *arg);
	/* No connection came about, or it ended: why. `refused`: by the collector's own word. May be NULL. */
	void (*on_trouble)(bool refused, const char *why, void *arg);
};

/* `config` and `spool` are borrowed for the uplink's life. Begins to connect in the next loop turn. Dies only for lack of memory. */
struct uplink *uplink_new(uv_loop_t *loop, const struct agent_config *config, struct spool *spool,
        const struct uplink_handlers *handlers, void *arg);
/* The spool has more: call after spool_put. */
void uplink_wake(struct uplink *u);
/* Version of the central configuration that is applied: told at once when connected, and in each hello. */
void uplink_config_version(struct uplink *u, const char *version);
/* Forgotten when the connection that asked is gone. */
void uplink_answer(struct uplink *u, uint64_t id, const char *json, size_t len);
/* Live lane: sent at once when connected, else forgotten (a reconnected agent says its state anew). */
void uplink_hint(struct uplink *u, int64_t boot_ms, const char *class_name, const char *instance, bool up,
        unsigned reason, int64_t since_boot_ms);
/* The way to the collector loses packets: for a minute heartbeats come twice a second. */
void uplink_hurry(struct uplink *u);
bool uplink_connected(const struct uplink *u);
/* Says goodbye and closes all handles; frees itself when the last is closed. */
void uplink_close(struct uplink *u);

#endif
