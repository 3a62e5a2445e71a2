/*
 * rollup: the state of a site or unit out of its checks, by one rule for judge (live updates) and view (pages).
 *
 * The worst counts: down, then degraded, then unobserved, then up. Of several agents that check one service, or
 * look at one line, the best counts. A line that is down while another works is degraded. A service in
 * the hands of the centre never colours a commune; gear that is down, a UPS on battery, a host in bad health, a
 * wrong clock, a hole for large packets and an address conflict make it degraded, as a bad line does; one that is not mandatory does so at most as degraded. A silent agent
 * is down; one that closed its connection leaves the unit unobserved. Pure.
 */
#ifndef SANSANG_JUDGE_ROLLUP_H
#define SANSANG_JUDGE_ROLLUP_H

#include "collector/inventory/inventory.h"
#include "collector/judge/state.h"

#define ROLLUP_ENTRIES 256 /* more are passed over */

struct rollup_entry {
	enum check_kind kind;
	enum state state;
	int64_t since;
	const struct service *service; /* KIND_SERVICE */
	const struct uplink *uplink;   /* KIND_UPLINK, and KIND_PATH when a terminal is looked at from outside */
	const void *site;              /* same service at another site is another entry */
	const void *arg;               /* the caller's */
	int link;                      /* KIND_AGENT: enum agent_link */
};

struct rollup {
	struct rollup_entry entries[ROLLUP_ENTRIES];
	unsigned count;
};

void rollup_add(struct rollup *r, const struct rollup_entry *e);
/* *worst (may be NULL) is the entry that decides, or NULL when there is none. */
enum state rollup_state(const struct rollup *r, const struct rollup_entry **worst);
/* Is `a` worse than `b`? */
bool rollup_worse(enum state a, enum state b);

#endif
