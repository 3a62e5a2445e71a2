/*
 * url: where a redirect leads, RFC 3986 as far as servers use it. Pure; eyes process.
 */
#ifndef SANSANG_URL_H
#define SANSANG_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_HOST_MAX 256
#define URL_PATH_MAX 2048

struct url {
	bool secure;
	char host[URL_HOST_MAX]; /* of an IPv6 address: without brackets */
	uint16_t port;
	char path[URL_PATH_MAX]; /* with its query, begins with '/'; no blank, control or other letter beyond ASCII */
};

/*
 * Reads a Location as seen from `base`: absolute, "//host/...", "/...", "?..." or relative; the fragment is dropped,
 * letters that may not stand in a request are escaped. 0, or -EINVAL: no http or https address, or too long.
 */
int url_resolve(const struct url *base, const void *location, size_t len, struct url *out);

#endif
