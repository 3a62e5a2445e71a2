/*
 * complaint: what routers, firewalls and hosts say by ICMP of the packets that a socket sent.
 *
 * errno alone does not tell "no way there" from "you may not": the kernel keeps the message's type and code in
 * the socket's error queue (ip(7), IP_RECVERR; of TCP since Linux 5.8). Codes: RFC 792, RFC 1812 section 5.2.7.1, RFC 4443
 * section 3.1. Runs in the eyes process.
 */
#ifndef SANSANG_COMPLAINT_H
#define SANSANG_COMPLAINT_H

#include "agent/probe/probe.h"

struct complaint {
	enum reason reason;     /* REASON_REFUSED, _UNREACHABLE, _PROHIBITED, _PROTOCOL */
	union probe_address by; /* who said so; family 0: not told */
};

/* From now on complaints of `fd` are kept. */
void complaint_hear(int fd, int family);
/* False: the message holds none, or one that is no verdict on the target (a packet too big). */
bool complaint_of(struct msghdr *m, struct complaint *out);
/* Who said so, into the note; nothing when that is not told. */
void complaint_note(const struct complaint *c, char note[PROBE_NOTE_MAX]);
/* Why connect, send or receive failed with `error` (positive): by the complaints kept, else by the error. The note says who complained. */
enum reason complaint_read(int fd, int error, char note[PROBE_NOTE_MAX]);

#endif
