/*
 * link: the agent's side of one connection once TLS stands: hello, welcome, batches out of the
 * spool, acknowledgements, heartbeats, hints, renewal. It knows no loop: uplink.c feeds it bytes and the time, and
 * sends what it puts into `out`, so that a test plays a connection by hand. Runs in the agent process.
 *
 * Times are the loop's milliseconds unless they say boot or wall.
 */
#ifndef SANSANG_LINK_H
#define SANSANG_LINK_H

#include "agent/send/enrol.h"
#include "agent/send/spool.h"
#include "common/wire.h"

#define LINK_ASKS_MAX 8 /* asks that wait for an answer; more are refused */
#define LINK_VERSION_SIZE 40

enum link_state {
	LINK_ENROLLING, /* the token is on its way */
	LINK_ENROLLED,  /* the certificate is stored: connect again with it */
	LINK_GREETED,   /* hello is on its way */
	LINK_READY,
	LINK_OVER, /* see why, retry_after_ms */
};

struct link_handlers {
	void (*on_ready)(void *arg);
	void (*on_config)(const char *version, const char *json, size_t len, void *arg);
	void (*on_offset)(int64_t offset_ms, int64_t step_ms, void *arg);
	/* The collector's people want something looked at (ask.h); link_answer() with the same id. */
	void (*on_ask)(uint64_t id, const char *json, size_t len, void *arg);
	/* Certificate or authorities are new: the next connection needs a new context. */
	void (*on_identity)(void *arg);
};

struct link {
	const struct link_handlers *handlers;
	void *arg;
	struct spool *spool;
	struct enrol *enrol;
	struct buf out; /* owned: what is to be sent */
	enum link_state state;
	char why[160];
	int64_t retry_after_ms;
	int64_t heard_ms, beat_ms, hold_until_ms;
	int64_t step_ms, renew_at_ms, renew_asked_ms;
	uint64_t beat_ns; /* when our last heartbeat left */
	int64_t beat_boot_ms, peer_boot_ms;
	uint32_t rtt_us;
	uint64_t next_seq; /* to be sent */
	uint64_t unacked[WIRE_UNACKED_MAX];
	unsigned unacked_count;
	bool hasty; /* the way is bad: heartbeats come with each tick, so that TCP's counts of both ends tell which way */
	unsigned segments_out, segments_in; /* of TCP, for the heartbeat; 0: not told */
	bool refused;                       /* over, because the collector said so: it is there */
	bool applied_wanted;                /* the collector has the capability */
	char applied[LINK_VERSION_SIZE], applied_said[LINK_VERSION_SIZE];
	uint64_t asks[LINK_ASKS_MAX]; /* ids not answered yet */
	unsigned ask_count;
};

void link_begin(struct link *l, struct spool *spool, struct enrol *enrol, const struct link_handlers *h, void *arg,
        int64_t now_ms);
void link_end(struct link *l);
void link_hello(struct link *l, const char *config_version);
/* Asks for a certificate. 0 or -errno, logged. */
int link_enrol(struct link *l, const struct token *t);
/* Gives the bytes consumed. */
size_t link_data(struct link *l, const uint8_t *data, size_t len, int64_t now_ms, uint64_t now_ns);
/* Once a second. */
void link_tick(struct link *l, int64_t now_ms, uint64_t now_ns);
/* Puts as many batches into `out` as may be unacknowledged. */
void link_pump(struct link *l, int64_t now_ms);
/* The central configuration `version` is applied: said at once when connected. */
void link_applied(struct link *l, const char *version);
/* What no open ask of this connection waits for is passed over; above WIRE_ANSWER_MAX an error goes instead. */
void link_answer(struct link *l, uint64_t id, const char *json, size_t len);
void link_hint(struct link *l, int64_t boot_ms, Sansang__Hint__State *state);

#endif
