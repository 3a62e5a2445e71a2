/*
 * icmp_socket: one socket that all echoes of a family share, spoken to in batches.
 *
 * Raw where we may, else the kernel's ping socket, else none. Each packet chooses its own source and interface.
 * Two queues are read: what came, and what the kernel says of what was sent: stamps of sending, and ICMP errors
 * (complaint.h). An error raised by somebody's packet does not fail another's. Runs in the eyes process.
 */
#ifndef SANSANG_ICMP_SOCKET_H
#define SANSANG_ICMP_SOCKET_H

#include "agent/probe/complaint.h"
#include "agent/probe/echo.h"

#define ICMP_BATCH 32       /* packets a call */
#define ICMP_PACKET_MAX 160 /* ours are smaller, with any headers */

struct icmp_socket {
	int fd; /* -1: none is allowed */
	bool raw, v6;
};

struct icmp_out {
	const union probe_address *to, *source; /* source family 0: any */
	unsigned interface;                     /* index; 0: any */
	bool unstamped;                         /* no stamp of its sending is wanted: each costs a message */
	uint8_t bytes[ECHO_PACKET_BYTES];
};

struct icmp_in {
	uint8_t data[ICMP_PACKET_MAX];
	size_t len;
	union probe_address from; /* of what was sent: to whom it was */
	int64_t stamp_ns;         /* CLOCK_REALTIME; 0 unknown */
	bool complains;
	struct complaint complaint;
};

enum icmp_queue { ICMP_CAME, ICMP_SENT };

/* Never fails: no socket is said in the log, once. */
void icmp_socket_open(struct icmp_socket *s, bool v6);
void icmp_socket_close(struct icmp_socket *s);
/* At most ICMP_BATCH. errors[i]: 0 or why it was not sent. */
void icmp_socket_send(const struct icmp_socket *s, const struct icmp_out *out, unsigned count, int *errors);
/* One call's worth, at most `most` packets; true: there may be more. */
bool icmp_socket_receive(const struct icmp_socket *s, enum icmp_queue queue, unsigned most,
        void (*on_packet)(void *arg, const struct icmp_in *in), void *arg);

#endif
