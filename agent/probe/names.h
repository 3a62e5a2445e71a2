/*
 * names: host names to addresses, off the loop, remembered for a minute.
 *
 * A lookup runs on libuv's threads; all who wait for a name share it. A name that
 * could not be resolved is tried again after five seconds. Runs in the eyes process.
 */
#ifndef SANSANG_NAMES_H
#define SANSANG_NAMES_H

#include <uv.h>

#include "agent/probe/probe.h"

#define NAMES_ADDRESSES_MAX 8 /* of one name */

struct names;

struct name_answer {
	size_t count;                                       /* 0: the name has no address, or no server answered */
	union probe_address addresses[NAMES_ADDRESSES_MAX]; /* port 0 */
	int64_t took_us;                                    /* the lookup */
};

/* `on_answer`: the lookup of `host` has ended; ask again. */
struct names *names_new(uv_loop_t *loop, void (*on_answer)(void *arg, const char *host), void *arg);
/* Lookups that still run end later; the memory goes with the last of them, on_answer is not called any more. */
void names_close(struct names *n);

/* NULL: being looked up, on_answer will come. Else borrowed until the loop's next turn. */
const struct name_answer *names_get(struct names *n, const char *host);

#endif
