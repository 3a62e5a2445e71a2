/*
 * icmp: some echoes a run; loss, round trip, jitter, and what came twice or out of order.
 *
 * All runs share one socket a family (icmp_socket.h: open it before privileges are dropped); without one a run ends with
 * REASON_LOCAL. What runs want to send is gathered and leaves with icmp_flush(), in batches across runs.
 * Round trips are between the kernel's own stamps of sending and receiving; a stamp of sending that does not come is made up
 * for by CLOCK_REALTIME just before. A trip during which the wall clock was set is dropped, its echo counts as answered.
 *
 * A run may go in trains (options.train), and says nothing about a line that lost all of them before options.more further echoes
 * are lost too. In trains, or one by one, once something has answered no echo is waited for longer than four times the longest
 * round trip of the run, but 300 ms.
 *
 * Loss: 1 - received / sent. Jitter: mean difference of neighbouring round trips. Reordered: answers that come after one to a
 * later echo (RFC 4737 section 3.3). Duplicates: answers to what was answered (counted until the last echo is). A run that
 * nobody answers says unreachable, prohibited or refused when a router or host did (complaint.h). Runs in the eyes process.
 */
#ifndef SANSANG_ICMP_H
#define SANSANG_ICMP_H

#include "agent/probe/probe.h"

#define ICMP_ECHOES 5      /* unless options.count says otherwise */
#define ICMP_ECHOES_MAX 64 /* with options.more */

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
/* `on_ready` is called with the owner of each run that has all its answers: step it. */
typedef void (*icmp_on_ready)(void *owner);
/* Sends what was gathered; call it before the loop sleeps. */
void icmp_flush(struct icmp *ic, icmp_on_ready on_ready);
/* Reads what came; `sent_too`: the poll showed priority or an error, so stamps and complaints about what was sent too. */
void icmp_receive(struct icmp *ic, enum icmp_family family, bool sent_too, icmp_on_ready on_ready);

#endif
