/*
 * tcp: does a port take connections, and how far away is it?
 *
 * Connects and closes with a reset (SO_LINGER 0), so that no TIME_WAIT is left. connect_us is
 * the kernel's round trip of the handshake (TCP_INFO), total_us what the connect took
 * from here. Refused, unreachable and prohibited are told apart by what ICMP says (complaint.h). Needs no privilege. Runs in the eyes process.
 */
#ifndef SANSANG_TCP_H
#define SANSANG_TCP_H

#include "agent/probe/probe.h"

extern const struct probe_type probe_tcp;

#endif
