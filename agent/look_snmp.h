/*
 * look_snmp: `sansang-agent snmp HOST[:PORT] --community C [--version 1|2c] [--json]`, one poll of a device for a technician.
 *
 * v3: --version 3 --user U [--auth SHA256 --auth-file F [--privacy AES --privacy-file F]]: passwords come from files, so
 * that no list of processes shows them. Without --json a page to read, coloured on a terminal. What to try next is said on standard error.
 */
#ifndef SANSANG_LOOK_SNMP_H
#define SANSANG_LOOK_SNMP_H

/* argv[0] is the first word after "snmp". Exit status: 0 the device answered, 1 it did not, 2 wrong use. */
int look_snmp(int argc, char **argv);

#endif
