/*
 * look: `sansang-agent probe TYPE TARGET [options]`, one probe for a technician.
 */
#ifndef SANSANG_LOOK_H
#define SANSANG_LOOK_H

/* The words after "probe". Exit status: 0 the target is up, 1 it is not (with the reason on standard error unless --json), 2 wrong use. */
int look_command(int argc, char **argv);

#endif
