/*
 * topology: what hangs behind what, and who sees what from where.
 *
 * Sites behind lines behind parents, as the inventory says, refined by what was seen: LLDP and CDP neighbours
 * (which switch and port a server is on), gateways, and traces (which hops a way has). Derived, never stored: made anew from the
 * inventory at a reload, the learned part kept in memory and told again by the agents. Runs in judge.
 *
 * A parent is "core", the id of a node (then what stands before it is what that node's site hangs on), the id of another line, or any other
 * word that lines share ("tram-bts-7"). Chains are followed TOPOLOGY_DEPTH far; one that comes back to itself ends there. "core" is what all hang on and
 * says nothing about whom a fault takes with it, so it is left out.
 */
#ifndef SANSANG_JUDGE_TOPOLOGY_H
#define SANSANG_JUDGE_TOPOLOGY_H

#include "collector/judge/fleet.h"

#define TOPOLOGY_NEAR_KM 25.0
#define TOPOLOGY_DEPTH 16

struct topology;

/* Borrows the inventory until it is freed. */
struct topology *topology_make(const struct inventory *inv);
/* What was learned of the nodes goes over into `t`; takes and frees `old` (may be NULL). */
void topology_inherit(struct topology *t, struct topology *old);
void topology_free(struct topology *t);

/* Great-circle distance in km (haversine); NaN when either has no place. */
double topology_distance_km(const struct site *a, const struct site *b);
/* Near each other on the map; sites without a place are near those of the same unit and of units with a common parent line. */
bool topology_near(const struct topology *t, const struct site *a, const struct site *b);
/* What a line hangs on, nearest first, without "core"; borrowed names, their number. */
unsigned topology_upstreams(const struct topology *t, const struct uplink *u, const char *names[TOPOLOGY_DEPTH]);
/* Do their lines share a parent (uplink.parent), or else a carrier? *name is what they share. */
bool topology_share_upstream(
        const struct topology *t, const struct uplink *a, const struct uplink *b, const char **name);
/* How many different carriers the lines of a site have. */
unsigned topology_carriers(const struct site *s);
/* The gear that a line goes through: whose address is the line's gateway (as configured, or as the site's server told), else the site's gear with the terminal's address; NULL. */
const struct node *topology_gateway_gear(const struct topology *t, const struct site *s, const struct uplink *u);
/* Does the service go by that line? Without a `via` it may go by any. */
bool topology_goes_by(const struct service *sv, const struct uplink *u);
/* What an agent told: LLDP/CDP neighbours, gateway, a trace; see agent's event kinds in event.h. Bounded per node. */
void topology_learn(
        struct topology *t, const struct judge_node *n, const char *kind, const char *subject, const char *text);
/* The switch and port that a server hangs on, as learned; false: not known. Borrowed until the next topology_learn. */
bool topology_port_of(const struct topology *t, const char *node, const char **gear, const char **port);
/* Did the node's last whole trace to the core go by that address? False also when there was none. */
bool topology_way_has(const struct topology *t, const char *node, const char *address);

#endif
