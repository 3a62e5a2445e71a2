/*
 * listen: where the web server listens, as configured. Pure; web process.
 */
#ifndef SANSANG_WEB_LISTEN_H
#define SANSANG_WEB_LISTEN_H

#include <stddef.h>

/* "127.0.0.1:8443", "[::1]:8443" -> host (without brackets) and port. 0 or -EINVAL. */
int listen_split(const char *listen, char *host, size_t size, int *port);

#endif
