/*
 * rules: what each of the agent's processes may do and use.
 *
 * Entered once at start-up, after the sockets that need privileges are open. 0 or -errno, logged.
 */
#ifndef SANSANG_RULES_H
#define SANSANG_RULES_H

#include "agent/config.h"

/* Its state folder, the folder of a token that is still to be used, /proc, /sys; connections and netlink. */
int rules_enter_agent(const struct agent_config *c);
/* The resolver's files; connections. */
int rules_enter_eyes(const struct agent_config *c);
/* One allocation arena, small thresholds: footprint before speed. Call it first. */
void rules_spare_memory(void);

#endif
