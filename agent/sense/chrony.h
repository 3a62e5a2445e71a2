/*
 * chrony: asks chronyd how well it keeps the time: its command protocol, version 6, request "tracking", over UDP to its own host.
 *
 * Source of the format: candm.h and pktlength.c of chrony (1.31 to 4.x speak this). Fixed fields, big-endian; a request is as long as
 * its reply, so that it cannot be used to amplify. Pure: bytes in, numbers out. Runs in the eyes process.
 */
#ifndef SANSANG_CHRONY_H
#define SANSANG_CHRONY_H

#include "common/buf.h"

#define CHRONY_PORT 323
#define CHRONY_TRACKING_BYTES 104
#define CHRONY_LEAP_UNSYNCHRONISED 3

struct chrony_tracking {
	uint32_t reference; /* id of what it follows; 0: nothing */
	unsigned stratum, leap;
	double correction_s; /* positive: this clock is behind */
	double root_delay_s, root_dispersion_s;
};

/* Appends one request. */
void chrony_ask(struct buf *out, uint32_t sequence);
/* 0; -EAGAIN: not the answer to that request; -EACCES: it does not answer us; -EPROTO: it makes no sense. */
int chrony_answer(const void *data, size_t len, uint32_t sequence, struct chrony_tracking *out);

#endif
