/*
 * fleet: many agents in one process, each with its own certificate and TLS connection,
 * speaking the real wire protocol. It stands in for the machines, not for the protocol:
 * members enrol with one-time tokens, say hello, send batches in sequence with at most
 * WIRE_UNACKED_MAX unacknowledged, keep what is not acknowledged, reconnect and resume.
 *
 * All members share one key pair (making 10,000 would measure nothing of ours).
 * Runs in one libuv loop. Dies on trouble of its own making.
 */
#ifndef SANSANG_BENCH_FLEET_H
#define SANSANG_BENCH_FLEET_H

#include <uv.h>

#include "common/batch.h"

struct fleet;
struct member;

struct fleet_options {
	const char *socket; /* collector's Unix socket, for tokens */
	const char *host;   /* numeric */
	int port;
	const char *dir;       /* key and certificates are kept here, and found again */
	unsigned connect_most; /* connections being made at once; 0: 64 */
	bool resend_quietly;   /* do not log lost connections */
};

struct fleet_handlers {
	/* Welcomed for the first time; `config` is the central configuration (JSON, may be NULL). */
	void (*on_ready)(struct member *m, const char *config, size_t len, void *arg);
	/* Room for one more batch: call fleet_send, or not. */
	void (*on_room)(struct member *m, void *arg);
	void (*on_acked)(struct member *m, uint64_t seq, void *arg);
};

struct fleet *fleet_new(uv_loop_t *loop, const struct fleet_options *o, const struct fleet_handlers *h, void *arg);
/* `boot_lead_ms`: how long before this host's boot the member pretends to have booted. `node` is copied. */
struct member *fleet_add(struct fleet *f, const char *node, int64_t boot_lead_ms, void *data);
void fleet_start(struct fleet *f);
/* Closes every connection; they are made again when `again` (a storm of reconnects). */
void fleet_drop(struct fleet *f, bool again);
void fleet_close(struct fleet *f); /* after the loop has ended */

const char *member_node(const struct member *m);
void *member_data(const struct member *m);
/* The member's boot clock for a wall time, and now. */
int64_t member_boot_ms(const struct member *m, int64_t wall_ms);
/* Keeps and sends `body`; gives its sequence. */
uint64_t fleet_send(struct member *m, const uint8_t *body, size_t len);
bool member_has_room(const struct member *m);
unsigned fleet_connected(const struct fleet *f);
uint64_t fleet_unacked(const struct fleet *f);
uint64_t fleet_reconnects(const struct fleet *f);

#endif
