/*
 * trap: hears traps and informs of the gear that we poll, v1, v2c and v3, and makes events of them.
 *
 * The gear is resolved by the sender's address (or v1's agent address) and must know its community, or its user's keys; all else is counted, not told.
 * Informs are answered. Event "trap": `mk-sw1/ge-0-0-1 linkDown` (names of RFC 3418 and the UPS MIBs; others by their
 * number), at once. linkDown, linkUp and "on battery" also give the state. Runs in the eyes process; the socket is opened before rights are dropped.
 */
#ifndef SANSANG_TRAP_H
#define SANSANG_TRAP_H

#include <uv.h>

#include "agent/poll/poller.h"

struct traps;

/* `listen`: ADDRESS:PORT. NULL with the reason logged when it cannot be had. */
struct traps *traps_open(const char *listen, const struct sink *sink);
/* After the drop. `on_trap` tells which gear spoke. */
void traps_start(struct traps *t, uv_loop_t *loop, void (*on_trap)(void *arg, const char *id), void *arg);
/* Who knows interfaces by name: as poller_interface, with the `arg` of traps_start. */
void traps_name_by(
        struct traps *t, bool (*name_of)(void *arg, const char *id, int64_t interface, char *out, size_t size));
void traps_set(struct traps *t, const struct gear_spec *specs, size_t count);
void traps_stop(struct traps *t);  /* closes its handle */
void traps_close(struct traps *t); /* the loop has ended */

/* Datagrams since the start. */
struct traps_counts {
	uint64_t heard, told;
	uint64_t strangers; /* of no gear of ours */
	uint64_t refused;   /* wrong community, user or keys */
	uint64_t broken;    /* could not be read */
	uint64_t too_many;  /* told as a state only: one gear tells a burst and then one event a second */
};
struct traps_counts traps_counted(const struct traps *t);

#endif
