/*
 * listener: binds "host:port" or "[v6]:port" for intake; "[::]:port" hears IPv4 too.
 * With `shared` several processes bind the same port and the kernel spreads connections (SO_REUSEPORT).
 */
#ifndef SANSANG_LISTENER_H
#define SANSANG_LISTENER_H

#include <stdbool.h>

/* A bound stream socket (not listening yet), or -errno, logged. */
int listener_bind(const char *address, bool shared);

#endif
