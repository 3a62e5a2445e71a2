/*
 * doctor: `sansang-agent doctor`, the diagnosis on the spot for a technician at the box.
 *
 * Looks in the order in which a person would: link, address, gateway, lines, names, path to the collector, the agent itself, each service; says at each
 * step what was seen, then the likely culprit and the next thing to try, in plain Vietnamese or English. Works without the collector (with the
 * last central configuration) and without root as far as it can; what it could not look at is said.
 */
#ifndef SANSANG_DOCTOR_H
#define SANSANG_DOCTOR_H

/* The words after "doctor". Exit status: 0 nothing is wrong, 1 something is, 2 wrong use. */
int doctor_command(int argc, char **argv);

#endif
