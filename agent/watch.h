/*
 * watch: the checks that follow from the central configuration and this host's place.
 *
 * Paths to the gateway and the core, each line's target, the terminals of others' lines, full-size
 * echoes to the core and along each line every minute, and the services. What cannot be checked (an unknown kind, a broken target) is said in the log
 * and left out. Pure but for the log. Runs in the eyes process.
 */
#ifndef SANSANG_WATCH_H
#define SANSANG_WATCH_H

#include "agent/central.h"
#include "agent/probe/prober.h"
#include "agent/sink.h"

/* `central` may be NULL, its texts are borrowed; gateway and collector are addresses or "". Gives an array (free) and its length. */
struct check_spec *watch_checks(
        const struct central *central, const char *gateway, const char *collector, size_t *count);

/* One service as a check; texts of its options are borrowed from `service`. 0 or -EINVAL, `why` (160 bytes) then says what was expected. */
int watch_service_spec(const struct central_service *service, struct check_spec *out, char *why);

/* A result as rows (its class, and the kind's details), state and, of a service that `changed`, event. */
void watch_tell(const struct sink *sink, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r,
        bool changed);

#endif
