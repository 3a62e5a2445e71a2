/*
 * goodbye: why the agent is being stopped, as far as the machine tells: a host that goes down in order is no agent that was stopped.
 *
 * systemd writes /run/nologin before it stops services at every shutdown and reboot (systemd-user-sessions.service), and
 * /run/systemd/shutdown/scheduled when one is planned; elsewhere utmp's run level is 0 or 6. Runs in the agent process; asks only whether files exist.
 */
#ifndef SANSANG_GOODBYE_H
#define SANSANG_GOODBYE_H

/* "host shutting down" or "asked to stop"; static. `run` is "/run" but in tests. */
const char *goodbye_reason(const char *run);

#endif
