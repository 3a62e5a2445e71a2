/*
 * supply: what the UPSs say, told to the agent: events of what changed, the state (up: on mains), rows.
 *
 * Instance and subject are "" and "ups" while there is one, names when there are several. "On battery", "low", "forced shutdown", "off", "bypass" and
 * "overload" leave at once (sink's urgent). Pure but for the boot clock. Runs in the eyes process.
 */
#ifndef SANSANG_SUPPLY_H
#define SANSANG_SUPPLY_H

#include "agent/sense/nut.h"
#include "agent/sink.h"

struct supply;

/* Borrows the sink for its life. */
struct supply *supply_new(const struct sink *sink);
void supply_free(struct supply *s);
/* Which there are now; what was known of those that stay is kept. */
void supply_set(struct supply *s, const struct nut *nut);
void supply_status(struct supply *s, size_t ups, unsigned status);
/* `row_boot_ms`: the step that asked. */
void supply_readings(struct supply *s, size_t ups, int64_t row_boot_ms, const struct nut_readings *r);
/* Nothing is heard of it any more: told once, until its next status. */
void supply_lost(struct supply *s, size_t ups, const char *why);

#endif
