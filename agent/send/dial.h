/*
 * dial: from "host:port" to a connected uv_tcp_t: the name is looked up, every address of it tried in
 * turn (IPv4 and IPv6, 5 s each), through an HTTP proxy when there is one. Runs in the agent process.
 */
#ifndef SANSANG_DIAL_H
#define SANSANG_DIAL_H

#include <stdbool.h>
#include <uv.h>

struct dial;

/*
 * status 0: `tcp` is connected, malloc'ed, and given; `address` is the numeric address that it is connected to.
 * Else -errno with a reason in `why`. The dial frees itself after this returns. Never called from within dial_new.
 */
typedef void (*dial_on_done)(int status, const char *why, uv_tcp_t *tcp, const char *address, void *arg);

/* `target` "host:port" or "[v6]:port"; `proxy` "host:port" or NULL. Borrows during the call. */
struct dial *dial_new(uv_loop_t *loop, const char *target, const char *proxy, dial_on_done on_done, void *arg);
/* on_done is not called any more; frees itself. */
void dial_cancel(struct dial *d);

#endif
