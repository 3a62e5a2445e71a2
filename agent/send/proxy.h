/*
 * proxy: what is said to an HTTP proxy before TLS begins (RFC 9110, section 9.3.6).
 * Bytes in, bytes out; dial.c moves them. Runs in the agent process.
 */
#ifndef SANSANG_PROXY_H
#define SANSANG_PROXY_H

#include <sys/types.h>

#include "common/buf.h"

#define PROXY_ANSWER_MAX 8192

/* "http://host:port" or "host:port" -> "host:port" within `url`; NULL when it is neither. */
const char *proxy_address(const char *url);
/* CONNECT for `target`, "host:port". */
void proxy_ask(struct buf *out, const char *target);
/*
 * What has come so far. 1: the way is open; 0: more is needed; -ECONNREFUSED: the proxy says no (*code is its status);
 * -EBADMSG: that is no HTTP answer, too long, or bytes follow it before we have spoken.
 */
int proxy_answer(const uint8_t *data, size_t len, unsigned *code);

#endif
