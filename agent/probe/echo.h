/*
 * echo: ICMP and ICMPv6 echo packets as bytes.
 *
 * Our payload is cookie(8) slot(4) run(4), no more, so that many are little on a thin line: the cookie is chance, so that a reply
 * to another program, or a forged one, is told from ours. Pure; runs in the eyes process.
 */
#ifndef SANSANG_ECHO_H
#define SANSANG_ECHO_H

#include "common/buf.h"

#define ECHO_COOKIE_BYTES 8
#define ECHO_PACKET_BYTES 24

struct echo {
	uint16_t id, seq;
	uint8_t cookie[ECHO_COOKIE_BYTES];
	uint32_t slot, run;
};

/* The ICMPv6 checksum is left to the kernel. */
void echo_encode(const struct echo *e, bool v6, uint8_t out[ECHO_PACKET_BYTES]);
/* A reply as received; `ip_header`: an IPv4 header stands in front (raw sockets). 0 or -EBADMSG: not an echo reply of our shape. */
int echo_decode(const uint8_t *data, size_t len, bool v6, bool ip_header, struct echo *out);

/* A request of ours somewhere in a looped back frame (a send stamp's), whatever headers stand before it. 0 or -EBADMSG. */
int echo_find(const uint8_t *data, size_t len, const uint8_t cookie[ECHO_COOKIE_BYTES], struct echo *out);

#endif
