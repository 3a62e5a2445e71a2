/*
 * route: where packets leave this host.
 *
 * Addresses are numeric text. Runs in the agent process; asks the kernel anew at
 * each call, so callers ask when routes change (iface.h on_route), not each step.
 */
#ifndef SANSANG_ROUTE_H
#define SANSANG_ROUTE_H

#include <net/if.h>
#include <netinet/in.h>

#include "agent/sense/netlink.h"

#define ROUTE_TEXT (INET6_ADDRSTRLEN + 1 + IF_NAMESIZE) /* a link-local one has "%eth0" behind it */

/* The gateway of the default route with the least metric; IPv4 before IPv6. 0, -ENOENT or -errno. */
int route_gateway(struct netlink *n, char out[ROUTE_TEXT]);
/* The interface by which `address` is reached; 0 when none or the text is no address. */
unsigned route_interface(struct netlink *n, const char *address);

#endif
