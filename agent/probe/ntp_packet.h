/*
 * ntp_packet: the 48 bytes that a time client asks with and a server answers with (RFC 5905 section 7.3).
 *
 * Offset and delay are those of RFC 5905 section 8: ((T2-T1)+(T3-T4))/2 and (T4-T1)-(T3-T2), computed on differences
 * modulo 2^64, so they hold across eras while the clocks are within 68 years. Pure; runs in the eyes process.
 */
#ifndef SANSANG_NTP_PACKET_H
#define SANSANG_NTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTP_PACKET_BYTES 48
#define NTP_LEAP_UNKNOWN 3 /* the server's clock is not synchronised */
#define NTP_STRATUM_MOST 15

struct ntp_answer {
	unsigned leap, version, mode, stratum;
	char kiss[5]; /* of stratum 0: "RATE", "DENY", ...; printable */
	uint64_t origin;
	uint64_t received, sent; /* T2, T3: NTP time stamps */
	int64_t delay_ns;        /* of the server to its source */
	int64_t dispersion_ns;   /* and the most that it may be off by on that way */
};

/* `origin`: what the server gives back, chance and not our clock: strangers learn nothing and cannot guess it. */
void ntp_packet_encode(uint64_t origin, uint8_t out[NTP_PACKET_BYTES]);
/* 0 or -EBADMSG: too short. What stands behind the 48 bytes is passed over. */
int ntp_packet_decode(const uint8_t *data, size_t len, struct ntp_answer *out);
/* NTP time stamp of nanoseconds since 1970. */
uint64_t ntp_stamp(int64_t real_ns);
/* Nanoseconds from `from` to `to`, at most 68 years either way. */
int64_t ntp_between_ns(uint64_t from, uint64_t to);

#endif
