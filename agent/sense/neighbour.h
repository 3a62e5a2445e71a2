/*
 * neighbour: the gateway's hardware address, as the kernel learned it by ARP or neighbour discovery.
 *
 * Tells it when it is known first and whenever it changes (another router answers for the gateway's address), and when the kernel
 * no longer gets an answer: then the fault lies between this host and its gateway. Event "gateway-mac":
 * `gateway 10.20.1.1 aa:bb:cc:dd:ee:ff`, with ` was ...` or `none was ...`. Asks the kernel, sends nothing. Runs in the agent process.
 */
#ifndef SANSANG_NEIGHBOUR_H
#define SANSANG_NEIGHBOUR_H

#include "agent/sense/netlink.h"
#include "agent/sense/sense.h"

#define NEIGHBOUR_MAC_TEXT 18

enum neighbour_answer {
	NEIGHBOUR_UNKNOWN, /* nobody spoke to it lately */
	NEIGHBOUR_SILENT,  /* it does not answer */
	NEIGHBOUR_KNOWN,   /* mac says how it answered */
};

/* What the kernel knows of a neighbour; `address` may have "%eth0" behind it. */
enum neighbour_answer neighbour_ask(
        struct netlink *n, const char *address, const char *interface, char mac[NEIGHBOUR_MAC_TEXT]);

extern const struct sense sense_neighbour;

#endif
