/*
 * wire: frames between agent and collector, see wire.proto.
 *
 * A frame is length(4, big-endian) and a protobuf Frame. The length is checked against the caller's cap before
 * anything is decoded: WIRE_EARLY_MAX until the peer is known, WIRE_FRAME_MAX after. The frequent
 * bodies (batch, ack, heartbeat) are packed and read here without allocating; the others by protobuf-c, from
 * wire_frame.body (sansang__hello__unpack and the like), which the cap bounds.
 *
 * Runs in the agent process and in intake. Errors: -EMSGSIZE over the cap, -EBADMSG malformed.
 */
#ifndef SANSANG_WIRE_H
#define SANSANG_WIRE_H

#include <sys/types.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/wire.pb-c.h"

#define WIRE_PROTOCOL 1
#define WIRE_EARLY_MAX (16 * 1024)
#define WIRE_FRAME_MAX (320 * 1024)
#define WIRE_UNACKED_MAX 8 /* batches */
#define WIRE_HEARTBEAT_MS 5000
#define WIRE_NODE_MAX 64  /* a node's id with its NUL */
#define WIRE_ASK_MAX 4096 /* bytes of an Ask's JSON */
#define WIRE_ANSWER_MAX (64 * 1024)

/* Capabilities: a peer is never sent what its hello or welcome does not name. */
#define WIRE_CAN_APPLIED "applied"
#define WIRE_CAN_ASK "ask"

/* The field numbers of Frame. */
enum wire_kind {
	WIRE_NONE, /* a later version's: to be passed over */
	WIRE_HELLO,
	WIRE_WELCOME,
	WIRE_BATCH,
	WIRE_ACK,
	WIRE_HEARTBEAT,
	WIRE_HINT,
	WIRE_CONFIG,
	WIRE_ENROL,
	WIRE_CERTIFICATE,
	WIRE_REFUSAL,
	WIRE_RENEW,
	WIRE_APPLIED,
	WIRE_ASK,
	WIRE_ANSWER,
	WIRE_KINDS,
};

/* Refusal.code, stable numbers. */
enum wire_refusal {
	WIRE_REFUSED_PROTOCOL = 1, /* a frame that was not expected, a version that is not spoken */
	WIRE_REFUSED_NODE,         /* unknown here, or revoked */
	WIRE_REFUSED_TOKEN,        /* wrong, used or expired */
	WIRE_REFUSED_BUSY,         /* not now: try again after retry_after_s */
	WIRE_REFUSED_FULL,     /* no room for batches: send again, after retry_after_s, from the last acknowledged */
	WIRE_REFUSED_REPLACED, /* the same node connected anew */
};

struct wire_frame {
	enum wire_kind kind;
	const uint8_t *body; /* borrowed from the bytes given */
	size_t len;
};

struct wire_batch {
	uint64_t epoch, seq;
	uint8_t boot_id[BOOT_ID_BYTES];
	bool offset_known;
	int64_t offset_ms, wall_ms;
	const uint8_t *body; /* borrowed */
	size_t len;
};

struct wire_ack {
	uint64_t epoch, seq;
};

struct wire_heartbeat {
	int64_t boot_ms, wall_ms;
	uint64_t backlog;
	int64_t offset_ms, echo_boot_ms;
	uint32_t rtt_us;
	uint32_t segments_out, segments_in;
};

/* Takes the frame at the front of `data`. Gives the bytes that it takes up, 0 when it is not whole yet, or -errno. */
ssize_t wire_next(const uint8_t *data, size_t len, size_t max, struct wire_frame *out);

int wire_read_batch(const struct wire_frame *f, struct wire_batch *out);
int wire_read_ack(const struct wire_frame *f, struct wire_ack *out);
int wire_read_heartbeat(const struct wire_frame *f, struct wire_heartbeat *out);

/* Of a hello's or a welcome's list. */
bool wire_can(char *const *capabilities, size_t count, const char *name);

/* Each appends a whole frame to `out`. */
void wire_put(struct buf *out, enum wire_kind kind, const ProtobufCMessage *message);
void wire_put_batch(struct buf *out, const struct wire_batch *b);
void wire_put_ack(struct buf *out, const struct wire_ack *a);
void wire_put_heartbeat(struct buf *out, const struct wire_heartbeat *h);
void wire_put_refusal(struct buf *out, enum wire_refusal code, const char *text, uint32_t retry_after_s);

#endif
