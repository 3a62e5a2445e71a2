/*
 * neighbour: the gateway's hardware address, as the kernel learned it by ARP or neighbour discovery.
 *
 * Tells it when it is known first and whenever it changes (another router answers for the gateway's address), and when the kernel
 * no longer gets an answer: then the fault lies between this host and its gateway. Event "gateway-mac":
 * `gateway 10.20.1.1 aa:bb:cc:dd:ee:ff`, with ` was ...` or `none was ...`. Asks the kernel, sends nothing. Runs in the agent process.
 */
#ifndef SANSANG_NEIGHBOUR_H
#define SANSANG_NEIGHBOUR_H

#include "agent/sense/sense.h"

extern const struct sense sense_neighbour;

#endif
