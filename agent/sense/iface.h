/*
 * iface: counters, carrier and speed of the network interfaces.
 *
 * One netlink dump a step gives the 64-bit counters of all of them (a whole look each minute); changes of
 * carrier come as news the moment they happen. The loopback is left out unless
 * `wanted` names it, names of containers' ends (veth*, docker*, br-*, ...) while they are down.
 * Runs in the agent process. Values as enum interface_column.
 */
#ifndef SANSANG_IFACE_H
#define SANSANG_IFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

#define IFACE_MAX 128 /* interfaces that are told of; the rest is passed over */

struct iface;

struct iface_handlers {
	void (*on_row)(void *arg, const char *name, const int64_t *values);
	/* `gone`: the interface itself was removed. Not called for how things are at the start. */
	void (*on_carrier)(void *arg, const char *name, bool up, bool gone);
	/* Half duplex is told when it is first seen, full when it was half before. mbit 0: not known. */
	void (*on_duplex)(void *arg, const char *name, bool half, long mbit);
	void (*on_route)(void *arg); /* a route changed: gateways may be others now */
	void *arg;
};

/* `wanted` is borrowed for the life of it; `sys_root` "/sys" (speeds). 0 or -errno, logged. */
int iface_open(
        struct iface **out, const char *sys_root, const struct conf_strings *wanted, const struct iface_handlers *h);
void iface_close(struct iface *s);

/* Rows of all interfaces. 0 or -errno. */
int iface_read(struct iface *s);
/* Counters as of the last iface_read; false when the interface is not known. */
bool iface_octets(const struct iface *s, unsigned index, int64_t *in, int64_t *out);

/* Poll it for reading, then call iface_news(). */
int iface_news_fd(const struct iface *s);
void iface_news(struct iface *s);

#endif
