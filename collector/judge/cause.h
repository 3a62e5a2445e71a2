/*
 * cause: the closed list of causes, what each means to a person, and which
 * evidence the first verdict takes it from. Pure tables; runs in judge and view.
 */
#ifndef SANSANG_JUDGE_CAUSE_H
#define SANSANG_JUDGE_CAUSE_H

#include <stdbool.h>

#include "collector/judge/state.h"
#include "common/metric.h"
#include "common/reason.h"

enum cause {
	CAUSE_UNKNOWN,
	CAUSE_SITE_POWER,
	CAUSE_AREA_POWER,
	CAUSE_UPLINK_DOWN,
	CAUSE_UPLINK_DEGRADED,
	CAUSE_UPLINK_SATURATED,
	CAUSE_LAN_LINK_DOWN,
	CAUSE_GEAR_DOWN,
	CAUSE_HOST_DOWN,
	CAUSE_AGENT_DOWN,
	CAUSE_SERVICE_DOWN,
	CAUSE_SERVICE_HUNG,
	CAUSE_SERVICE_FILTERED,
	CAUSE_DNS_FAILURE,
	CAUSE_CERTIFICATE,
	CAUSE_MTU_BLACKHOLE,
	CAUSE_ADDRESS_CONFLICT,
	CAUSE_ONE_WAY_LOSS,
	CAUSE_CLOCK_SKEW,
	CAUSE_FLAPPING,
	CAUSE_UPSTREAM_SHARED,
	CAUSE_COLLECTOR_ISOLATED,
	CAUSE_COUNT
};

enum confidence { CONFIDENCE_UNCLEAR, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

struct cause_words {
	const char *name;                /* "service-down" */
	const char *vi, *en;             /* a phrase */
	const char *first_vi, *first_en; /* what to check first */
};

struct verdict {
	enum cause cause;
	enum confidence confidence;
};

const struct cause_words *cause_words(enum cause cause);
/* CAUSE_UNKNOWN for a word that is none. */
enum cause cause_named(const char *name);
const char *confidence_name(enum confidence c);
enum confidence confidence_named(const char *name);
/* First verdict on a failed check. `connected`: the connection came about before it failed. */
struct verdict cause_of_check(enum check_kind kind, enum reason reason, bool connected);

/* What is known about a site whose agent does not report. */
struct dark {
	bool silent;        /* no frame came any more; otherwise the connection was closed from there */
	bool outside_up;    /* seen from the collector, a line's terminal answers */
	bool outside_down;  /* ... or does not */
	bool others_report; /* another agent of the site reports */
	bool others_silent; /* another agent of the site is silent too */
	bool on_battery;    /* its UPS had said that mains power is gone */
};
struct verdict cause_of_dark(const struct dark *d);

#endif
