/*
 * watch: the checks that follow from the central configuration and this host's place.
 *
 * Paths to the gateway and the core, each line's target, the terminals of others' lines,
 * and the services. What cannot be checked (an unknown kind, a broken target) is said in the log
 * and left out. Pure but for the log. Runs in the eyes process.
 */
#ifndef SANSANG_WATCH_H
#define SANSANG_WATCH_H

#include "agent/central.h"
#include "agent/probe/prober.h"
#include "agent/talk.h"

/* `central` may be NULL; gateway and collector are addresses or "". Gives an array (free) and its length. */
struct check_spec *watch_checks(
        const struct central *central, const char *gateway, const char *collector, size_t *count);

/* A result as row and state of its class. False when there is nothing to tell. */
bool watch_result(const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed,
        struct talk_result *out);

#endif
