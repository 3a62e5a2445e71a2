#include "collector/intake/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

/* Cuts the copy of an address in two; brackets go. False when it has no port. */
static bool address_cut(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return false;
	*colon = 0;
	*port = colon + 1;
	*host = text;
	if (*text == '[' && colon > text + 1 && colon[-1] == ']') {
		colon[-1] = 0;
		*host = text + 1;
	}
	return true;
}

static int bind_one(const struct addrinfo *a, bool shared)
{
	int on = 1, off = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, a->ai_addr, a->ai_addrlen))
		return fd;
	int status = -errno;
	close(fd);
	return status;
}

int listener_bind(const char *address, bool shared)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char *text = mem_str(address), *host, *port;
	int status = -EINVAL;

	if (!address_cut(text, &host, &port))
		log_error("intake: agents.listen: %s: no port", address);
	else {
		int failed = getaddrinfo(*host ? host : NULL, port, &hints, &found);
		if (failed)
			log_error("intake: agents.listen: %s: %s", address, gai_strerror(failed));
		for (struct addrinfo *a = found; a && status < 0; a = a->ai_next)
			status = bind_one(a, shared);
		if (status < 0 && found)
			log_error("intake: agents.listen: %s: %s", address, strerror(-status));
		if (found)
			freeaddrinfo(found);
	}
	free(text);
	return status;
}
