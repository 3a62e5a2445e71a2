/*
 * conflict: does another machine use an address of ours?
 *
 * A packet socket hears the ARP frames whose sender claims one of our IPv4 addresses (the kernel drops all others, so a busy
 * network wakes nobody) from a hardware address that is not ours (RFC 5227, 2.4). The socket is opened before rights are dropped;
 * without the right there is nothing to sense. Conflicts of IPv6 are found by the kernel itself: lease.h. Event "address-conflict":
 * `eth0 10.20.1.10 aa:bb:cc:dd:ee:ff`, at once and then each minute while it is heard; ` over` when it has been quiet for two minutes.
 * A known one is asked each step whether it is still there, by an ARP probe (RFC 5227, 2.1.1), so that its quiet means that it is gone.
 * Runs in the eyes process.
 */
#ifndef SANSANG_CONFLICT_H
#define SANSANG_CONFLICT_H

#include "agent/sense/sense.h"

#define CONFLICT_MAC_BYTES 6

struct arp {
	uint8_t mac[CONFLICT_MAC_BYTES]; /* of who sent it */
	uint32_t address;                /* that it says it has, network order */
};

/* An ARP frame from its own header on (RFC 826, Ethernet and IPv4). False when it is none. Pure. */
bool arp_decode(const uint8_t *data, size_t len, struct arp *out);
#define ARP_BYTES 28
/* "Who has `address`?", asked by nobody in particular. Pure. */
void arp_probe(const uint8_t mac[CONFLICT_MAC_BYTES], uint32_t address, uint8_t out[ARP_BYTES]);

extern const struct sense sense_conflict;

#endif
