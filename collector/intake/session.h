/*
 * session: one connection of an agent (or of a stranger who wants to be one). Intake only.
 *
 * OPENING -> STRANGER (no certificate: may enrol) -> LEAVING
 *         -> GREETING (a hello is expected) -> ASKING (core) -> READY -> LEAVING (refused: until it goes)
 *
 * A session is held by its stream and by each call to core that will speak of it again.
 */
#ifndef SANSANG_SESSION_H
#define SANSANG_SESSION_H

#include "collector/intake/crossing.h"
#include "collector/intake/intake.h"
#include "common/wire.h"

enum session_state {
	SESSION_OPENING,
	SESSION_STRANGER,
	SESSION_GREETING,
	SESSION_ASKING,
	SESSION_READY,
	SESSION_LEAVING,
	SESSION_CLOSED,
};

struct pending; /* a batch that core has not answered, see lane.c */

struct session {
	struct intake *in;
	struct tls_stream *tls; /* NULL once closed */
	struct session *next, *before, *next_ack;
	struct agent *agent; /* from the hello on */
	enum session_state state;
	unsigned holders;
	bool silent, paused, ack_due, asked, enrolling;
	bool can_ask, applied_due; /* due: said with the next tick, so that nobody floods the journal */
	int64_t deadline_ms;       /* loop clock: before it the state has to change */
	int64_t heard_ms, beat_ms;
	int64_t peer_boot_ms; /* of its last heartbeat */
	int64_t skew_ms;      /* its wall clock less ours, at the hello */
	struct crossing crossing;
	uint32_t rtt_us;
	uint64_t epoch, next_seq; /* of the hello */
	uint64_t backlog;
	char *software;
	char address[64];
	char config_version[24];  /* that it has, or was sent */
	char applied_version[24]; /* that it said is in force */
	int64_t applied_said_ms;
	struct pending *lane[WIRE_UNACKED_MAX]; /* oldest first */
	unsigned lane_count;
	uint64_t held_epoch, held_seq; /* core had no room from this batch on */
};

/* Takes an accepted handle. */
void session_new(struct intake *in, uv_tcp_t *tcp);
/* Once a second. */
void session_tick(struct session *s, int64_t now_ms);
void session_hold(struct session *s);
void session_drop(struct session *s);
/* Sends what stands in in->frame, and empties it. */
void session_send(struct session *s);
void session_beat(struct session *s);
/* Says why, lets the peer go by itself for a moment. */
void session_refuse(struct session *s, enum wire_refusal code, const char *why, uint32_t retry_after_s);
/* A frame that nobody may send: counted, closed. */
void session_bad(struct session *s, const char *why);
void session_close(struct session *s);
/* Its agent has connected anew: closed, and core is told nothing. */
void session_replaced(struct session *s);
/* Journals a state of its agent: "connected", "silent", ... (journal.h). */
void session_say(struct session *s, const char *state, const char *why);

/* hello.c */
void hello_frame(struct session *s, const struct wire_frame *f);
/* Asks core about this agent (again). */
void hello_ask(struct session *s);
void hello_push_config(struct session *s, const char *version, const uint8_t *json, size_t len);
/* The agent says which configuration is in force. */
void hello_applied_frame(struct session *s, const struct wire_frame *f);
void hello_applied_tick(struct session *s, int64_t now_ms);

/* lane.c */
void lane_frame(struct session *s, const struct wire_frame *f);
/* Hands core what it has not answered: it is a new one. */
void lane_resend(struct session *s);
void lane_clear(struct session *s);
/* After each turn of the loop: acknowledges, and lets paused sessions go on. */
void lane_turn(struct intake *in);

/* ask.c */
/* MESSAGE_ASK of core: `call` is replied to, now or later. */
void ask_take(struct intake *in, uint32_t call, struct cursor *c);
void ask_frame(struct session *s, const struct wire_frame *f);
/* The session ends: who waits for it hears so. */
void ask_drop(struct session *s);
void ask_tick(struct intake *in, int64_t now_ms);
/* Core went away, and with it all who asked. */
void ask_forget(struct intake *in);

/* enrol.c */
void enrol_frame(struct session *s, const struct wire_frame *f);
void enrol_renew_frame(struct session *s, const struct wire_frame *f);

#endif
