/*
 * ntp: does a time server answer, is it synchronised itself, and how far is this host's clock from it?
 *
 * One question and answer (RFC 5905, an SNTP client's part: section 14). An answer counts that comes from the server's address and
 * gives back the chance number we sent; others are passed over. Up means: it answers and is synchronised. A kiss of
 * death, stratum 0 or 16, and leap 3 are REASON_UNSYNCHRONISED. The offset is a figure and never a reason: positive
 * says that this host's clock is behind. Times are the kernel's stamps of arrival and CLOCK_REALTIME just
 * before sending; when the wall clock is set in between there is no offset. connect_us and total_us are the round trip, as
 * seen here; the delay is that without the server's own time. Runs in the eyes process.
 */
#ifndef SANSANG_NTP_H
#define SANSANG_NTP_H

#include "agent/probe/probe.h"

extern const struct probe_type probe_ntp;

#endif
