/*
 * dns: does a name server answer, and with what it should?
 *
 * Asks the given server, or with the target "system" those of /etc/resolv.conf in their order, for options.dns_name:
 * its A records, and where there are none its AAAA records; an expected address decides which. Without a name the
 * root's servers are asked for (NS of "."), which every resolver knows. Up means: an answer without error that holds an address, the expected one if
 * one is given. REASON_NO_NAME (NXDOMAIN), _SERVER_FAILURE (SERVFAIL, REFUSED, NOTIMP), _TIMEOUT, _REFUSED (nobody at the port),
 * _CONTENT (other addresses, or none), _PROTOCOL (broken).
 *
 * c-ares sends, repeats once, passes over answers with a wrong id, question or peer, and falls back to TCP for an answer that
 * was cut (RFC 7766). It has one question under way at a time, so one descriptor speaks: the one it last opened. Its
 * sockets are made here (source, interface, kernel stamps), its answers are read by dns_answer.h. A channel of c-ares
 * is 75 KB and lives as long as the run.
 *
 * connect_us is the round trip of the exchange that was answered, total_us all from the first question. Runs in the eyes process.
 */
#ifndef SANSANG_DNS_H
#define SANSANG_DNS_H

#include "agent/probe/probe.h"

extern const struct probe_type probe_dns;

#endif
