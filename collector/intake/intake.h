/*
 * intake: what the parts of the role share. It speaks TLS with the agents, checks what
 * they send, chooses the offset of their clocks, and hands all on to core; it keeps no file
 * and no secret but its own server key, and signs nothing.
 *
 * main.c      the role: its listener (listener.c), links, timers, figures
 * session.c   a connection from accept to close: which frame is allowed when
 * hello.c     who it is: hello, core's answer, welcome, pushed configuration
 * lane.c      batches: checked, handed to core, acknowledged in order
 * enrol.c     new certificates
 * ask.c       people's questions to an agent, and its answers
 * agent.c, offset.c   what is remembered of a node between its connections
 */
#ifndef SANSANG_INTAKE_H
#define SANSANG_INTAKE_H

#include "collector/config.h"
#include "collector/intake/agent.h"
#include "common/channel.h"
#include "common/process.h"
#include "common/tls.h"

#define INTAKE_ASKS_MAX 64

/* A question that an agent has not answered yet. */
struct ask {
	struct session *s;
	uint64_t id;   /* on the wire */
	uint32_t call; /* core's */
	int64_t until_ms;
};

struct intake_counts {
	uint64_t accepted, handshakes_failed, batches, values, duplicates, held, hints, heartbeats;
	uint64_t bad_frames, refused, enrolled, renewed, silent, replaced;
};

struct intake {
	uv_loop_t *loop;
	struct process *self;
	const struct collector_config *config;
	struct channel *core; /* NULL while core is away */
	struct tls_context *tls;
	struct agents agents;
	struct session *sessions; /* all that have a stream */
	struct session *acks;     /* those with batches newly answered */
	size_t session_count, stranger_count, connected_count, paused_count;
	size_t waiting_bytes; /* batches that core has not answered */
	bool stopping;
	int64_t enrol_tokens, enrol_filled_ms;
	struct ask asks[INTAKE_ASKS_MAX];
	unsigned ask_count;
	uint64_t ask_last_id;      /* 0: none was sent yet */
	struct buf frame, message; /* room for what is being put together */
	struct intake_counts counts;
};

#define INTAKE_CA_MAX 16 /* authorities that core may name */

#endif
