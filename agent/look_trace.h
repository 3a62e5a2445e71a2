/*
 * look_trace: `sansang-agent trace TARGET[:PORT]`, the path to a target for a technician.
 *
 * One line a hop, in colour on a terminal (unless NO_COLOR is set), what is known so far while it runs, then the MTU and a verdict. With --json one line: trace.h.
 */
#ifndef SANSANG_LOOK_TRACE_H
#define SANSANG_LOOK_TRACE_H

/* The words after "trace". Exit status: 0 reached, 1 not, 2 wrong use. */
int look_trace_command(int argc, char **argv);

#endif
