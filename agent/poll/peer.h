/*
 * peer: a device's address, and a UDP socket connected to it, dressed as a transport of net-snmp.
 *
 * Connected: the kernel drops what strangers send, and says when nothing listens there; nothing is bound. Runs in the eyes process.
 */
#ifndef SANSANG_POLL_PEER_H
#define SANSANG_POLL_PEER_H

#include <netinet/in.h>
#include <stdint.h>

#define PEER_HOST_MAX 256

union peer_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct netsnmp_transport_s;

/* "HOST", "HOST:PORT", "[V6]:PORT", "V6": cuts it in two; 0, or -EINVAL. The port is 161 unless told. */
int peer_split(const char *address, char host[PEER_HOST_MAX], uint16_t *port);
/* 0 when `host` is a numeric address, else -ENOENT: a name to look up. */
int peer_numeric(const char *host, uint16_t port, union peer_address *out);
/* Without blocking; NULL with errno. net-snmp frees it with the session that it is added to. */
struct netsnmp_transport_s *peer_connect(const union peer_address *address);
/* Frees one that no session took. */
void peer_discard(struct netsnmp_transport_s *transport);

#endif
