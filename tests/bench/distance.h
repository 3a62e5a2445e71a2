/*
 * distance: is the time that a check tells the time that the packets took?
 *
 * In a network namespace of its own a tun device leads to a thousand servers that a child process plays: each takes a
 * connection after 5 to 50 ms. A packet socket on the device gives the kernel's stamp of each SYN that leaves and of each SYN-ACK
 * that comes; their difference stands beside what the prober says, with all checks under way at once.
 */
#ifndef SANSANG_BENCH_DISTANCE_H
#define SANSANG_BENCH_DISTANCE_H

/* Prints {"checks","up","off_us": {"p50","p99","most"} of connect_us, "loop_us": {..} of total_us}. 0, or 77: no right to make it. */
int distance_measure(unsigned targets);

#endif
