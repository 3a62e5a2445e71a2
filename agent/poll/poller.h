/*
 * poller: reads the gear around this host by SNMP, each device on its own schedule, never blocking.
 *
 * Every `every_ms` (spread over the period) a device is asked for what model.h holds, by walks that adapt to it: larger
 * answers while it copes, GETNEXT when it stumbles over GETBULK, longer pauses (to 8 periods) while it does not answer. Counters are
 * made steady here: a 32-bit counter that wrapped goes on in 64 bits; one that was reset (restart, discontinuity) gives a gap, never a spike.
 * Interfaces are followed by name when they are renumbered.
 *
 * Gives rows of CLASS_GEAR ("mk-sw1/"), CLASS_INTERFACE ("mk-sw1/ge-0-0-1": the interface's name, letters that an instance may not hold made '-'; twins get
 * ".INDEX"), CLASS_UPS ("mk-ups1/"), states of each gear, its interfaces that are up by will, and its UPS (up: on mains), and events: "gear-restarted",
 * "neighbours" (`mk-sw1/ JSON list as in the command snmp`, when they changed), "renumbered", "slow-gear", "getnext". Runs in the eyes process.
 */
#ifndef SANSANG_POLLER_H
#define SANSANG_POLLER_H

#include <uv.h>

#include "agent/sink.h"

struct gear_spec {
	char id[METRIC_NODE_MAX];
	char address[256]; /* "HOST", "HOST:PORT", "[V6]:PORT" */
	int64_t every_ms;
	int version; /* 1, 2, 3 */
	char community[128];
	char user[64], auth[8], auth_secret[128], privacy[8], privacy_secret[128];
};

struct poller;

/* `spread`: the node's name. Borrowed. */
struct poller *poller_new(uv_loop_t *loop, const struct sink *sink, const char *spread);
/* Replaces the list; devices that stay as they were go on with their counters. */
void poller_set(struct poller *p, const struct gear_spec *specs, size_t count);
/* A trap came from it: ask it soon (at most once in ten seconds). */
void poller_soon(struct poller *p, const char *id);
/* The subject of an interface of that gear ("mk-sw1/ge-0-0-1") by its ifIndex; false when it is not known. */
bool poller_interface(const struct poller *p, const char *id, int64_t index, char *out, size_t size);
void poller_close(struct poller *p);

#endif
