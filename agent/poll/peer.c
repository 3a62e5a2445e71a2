#include "agent/poll/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmpUDPDomain.h>

#include "common/memory.h"

#define SNMP_PORT 161
#define DATAGRAM_MAX 65507

/* ---- the address ---- */

static int port_read(const char *text, uint16_t *port)
{
	unsigned v = 0;

	if (!*text || strlen(text) > 5)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (unsigned)(*text - '0');
	}
	if (!v || v > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)v;
	return 0;
}

int peer_split(const char *address, char host[PEER_HOST_MAX], uint16_t *port)
{
	const char *end, *rest, *colon = strchr(address, ':');

	*port = SNMP_PORT;
	if (*address == '[') {
		end = strchr(++address, ']');
		if (!end)
			return -EINVAL;
		rest = end + 1;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = rest = colon;
	} else {
		end = rest = address + strlen(address);
	}
	if (end == address || end - address >= PEER_HOST_MAX)
		return -EINVAL;
	memcpy(host, address, (size_t)(end - address));
	host[end - address] = 0;
	if (!*rest)
		return 0;
	return *rest == ':' ? port_read(rest + 1, port) : -EINVAL;
}

int peer_numeric(const char *host, uint16_t port, union peer_address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return 0;
	}
	return -ENOENT;
}

/* ---- the transport ---- */

static int transport_receive(netsnmp_transport *t, void *data, int size, void **opaque, int *opaque_len)
{
	*opaque = NULL;
	*opaque_len = 0;
	return (int)recv(t->sock, data, (size_t)size, MSG_DONTWAIT);
}

static int transport_send(netsnmp_transport *t, const void *data, int len, void **opaque, int *opaque_len)
{
	ssize_t sent = send(t->sock, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)opaque;
	(void)opaque_len;
	/* what an earlier datagram met is told now: this one has not been tried */
	if (sent < 0 && errno == ECONNREFUSED)
		sent = send(t->sock, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return (int)sent;
}

static int transport_close(netsnmp_transport *t)
{
	if (t->sock >= 0)
		close(t->sock);
	t->sock = -1;
	return 0;
}

struct netsnmp_transport_s *peer_connect(const union peer_address *address)
{
	socklen_t len = address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
	netsnmp_transport *t;
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return NULL;
	if (connect(fd, &address->any, len)) {
		int err = errno;

		close(fd);
		errno = err;
		return NULL;
	}
	t = mem_alloc(sizeof(*t));
	t->domain = netsnmpUDPDomain;
	t->domain_length = (int)netsnmpUDPDomain_len;
	t->sock = fd;
	t->msgMaxSize = DATAGRAM_MAX;
	t->f_recv = transport_receive;
	t->f_send = transport_send;
	t->f_close = transport_close;
	return t;
}

void peer_discard(struct netsnmp_transport_s *t)
{
	t->f_close(t);
	netsnmp_transport_free(t);
}
