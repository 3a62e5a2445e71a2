/*
 * icmp: five echoes a run; loss, round trip and jitter.
 *
 * All runs share one socket a family: raw where we may (open it before privileges are dropped), else the
 * kernel's ping sockets, else none and runs end with REASON_LOCAL. Round trips are between the kernel's own stamps of
 * sending and receiving; a stamp of sending that does not come is made up for by CLOCK_REALTIME
 * just before. A trip during which the wall clock was set is dropped, its echo counts as answered.
 * Jitter is the mean difference of neighbouring round trips. Runs in the eyes process.
 */
#ifndef SANSANG_ICMP_H
#define SANSANG_ICMP_H

#include "agent/probe/probe.h"

#define ICMP_ECHOES 5

enum icmp_family { ICMP_V4, ICMP_V6, ICMP_FAMILIES };

struct raw_pool;

extern const struct probe_type probe_icmp;

/* Never fails: a family without a socket is said in the log, once. */
struct icmp *icmp_open(void);
void icmp_close(struct icmp *ic);
/* Sockets for traces and MTU checks; borrowed, NULL when `ic` is. */
struct raw_pool *icmp_spare(struct icmp *ic);
/* Poll it for reading and for priority (stamps of sending), then call icmp_receive(); -1: none. */
int icmp_fd(const struct icmp *ic, enum icmp_family family);
/* Reads what came; `stamps`: the poll showed priority or an error, so stamps of sending too. `on_ready` is called with the owner of each run that has all its answers: step it. */
void icmp_receive(struct icmp *ic, enum icmp_family family, bool stamps, void (*on_ready)(void *owner));

#endif
