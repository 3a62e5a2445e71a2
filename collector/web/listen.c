#include "collector/web/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int listen_split(const char *listen, char *host, size_t size, int *port)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon ? (size_t)(colon - listen) : 0;

	if (!colon)
		return -EINVAL;
	if (len >= 2 && *listen == '[' && listen[len - 1] == ']')
		listen++, len -= 2;
	if (len >= size)
		return -EINVAL;
	memcpy(host, listen, len);
	host[len] = '\0';
	*port = atoi(colon + 1);
	return 0;
}
