/*
 * lease: the addresses of this host: which come and go, and how long those last that somebody lent to it.
 *
 * The kernel's news wake it. A lent address (DHCP, router advertisement) has a lifetime: when less than an eighth of it is left
 * nobody renewed it in time, which is told once. Duplicates that the kernel itself found are address conflicts. Event "lease":
 * `eth0 10.20.1.10/24 new 3600s`, `... lost`, `... not-renewed 420s`; renewals are silent. Event "address-conflict": `eth0 fe80::1 kernel`.
 * Link-local addresses of IPv6 are told of only in conflicts. Runs in the agent process.
 */
#ifndef SANSANG_LEASE_H
#define SANSANG_LEASE_H

#include "agent/sense/sense.h"

extern const struct sense sense_lease;

#endif
