/*
 * snmp_device: hundreds of make-believe switches for the bench, in a process of their own.
 */
#ifndef SANSANG_BENCH_SNMP_DEVICE_H
#define SANSANG_BENCH_SNMP_DEVICE_H

#include <stdint.h>

/* Answers v2c at every address of this host; says "ready" and does not return. `ports`: at most 120. */
int snmp_device_run(uint16_t port, unsigned ports);

#endif
