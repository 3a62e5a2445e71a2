/*
 * message: SNMP messages taken apart without taking memory: answers of v1 and v2c, and what stands in the open in v3's head.
 *
 * net-snmp would make a struct of 1.1 KB of each varbind; a walk needs each for a moment only. Bytes come from strangers and go through struct cursor.
 * Runs in the eyes process. Sources: RFC 1157, 3416, 3412 section 6, 3414 section 2.4; X.690 for BER.
 */
#ifndef SANSANG_POLL_MESSAGE_H
#define SANSANG_POLL_MESSAGE_H

#include "agent/poll/walk.h"
#include "common/buf.h"

#define MESSAGE_OID_MAX 128
#define MESSAGE_ENGINE_MAX 32 /* RFC 3411: 5..32 */

enum message_pdu {
	MESSAGE_RESPONSE = 0xa2,
	MESSAGE_TRAP_V1 = 0xa4,
	MESSAGE_INFORM = 0xa6,
	MESSAGE_TRAP = 0xa7,
	MESSAGE_REPORT = 0xa8
};

/* Exceptions in the place of a value (RFC 3416). */
enum message_exception { MESSAGE_NO_OBJECT = 0x80, MESSAGE_NO_INSTANCE = 0x81, MESSAGE_END = 0x82 };

struct message {
	int version;              /* as on the wire: 0 v1, 1 v2c */
	const uint8_t *community; /* borrowed from the message */
	size_t community_len;
	uint8_t pdu;
	int64_t request_id, error, error_index;
	struct cursor varbinds;
};

/* What a varbind's name and OID value are unfolded into. */
struct message_room {
	unsigned long name[MESSAGE_OID_MAX], object[MESSAGE_OID_MAX];
};

/* Of v1 and v2c, any PDU but v1's trap. -EBADMSG. */
int message_read(const void *data, size_t len, struct message *out);
/* The next varbind into `v` (not its root and index_at; type may be an exception or NULL 5). False at the end, or when `varbinds->failed`. */
bool message_next(struct cursor *varbinds, struct message_room *room, struct varbind *v);

struct message_trap_v1 {
	const uint8_t *community;
	size_t community_len;
	struct varbind enterprise; /* an OID */
	uint8_t agent[4];
	int64_t generic, specific;
	struct cursor varbinds;
};
/* The enterprise is unfolded into `room->object`: used up by the first message_next. -EBADMSG. */
int message_trap_v1_read(const void *data, size_t len, struct message_room *room, struct message_trap_v1 *out);
/* 0 v1, 1 v2c, 3; -1: no SNMP. */
int message_version(const void *data, size_t len);
/* Where the PDU's tag stands, which makes an answer of an inform when it is MESSAGE_RESPONSE; 0: no such message. */
size_t message_pdu_at(const void *data, size_t len);

/* What v3 says in the open. Pointers into the message. */
struct message_head {
	int64_t id;
	uint8_t flags; /* 1 authenticated, 2 encrypted, 4 reportable */
	const uint8_t *engine, *user;
	size_t engine_len, user_len;
	uint32_t boots, time_s;
	uint8_t pdu; /* 0 when encrypted */
};
/* -EBADMSG: not a v3 message with USM. */
int message_head_read(const void *data, size_t len, struct message_head *out);

#define MESSAGE_DISCOVERY_BYTES 64
/* The empty noAuth GET that every engine answers with a REPORT of who it is (RFC 3414 section 4). */
void message_discovery(uint32_t id, uint8_t out[MESSAGE_DISCOVERY_BYTES]);

#endif
