/*
 * library: net-snmp made quiet: no MIBs, no files read or written, no words on stderr.
 *
 * Runs in the eyes process, before rights are dropped or after; 0.4 MB of private memory. net-snmp's own state is its own: this may be called again.
 */
#ifndef SANSANG_POLL_LIBRARY_H
#define SANSANG_POLL_LIBRARY_H

void library_start(void);

#endif
