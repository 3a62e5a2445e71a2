/*
 * keys: who we are to a device that speaks SNMPv3: user, algorithms, and keys made of passwords.
 *
 * Making a key takes a megabyte of hashing (RFC 3414 A.2, 2 ms), so each password's is kept. Runs in the eyes process.
 */
#ifndef SANSANG_POLL_KEYS_H
#define SANSANG_POLL_KEYS_H

#include "agent/poll/poller.h"

struct keys;
struct snmp_session; /* net-snmp's */

struct keys *keys_new(void);
void keys_free(struct keys *k);

/* NULL when `spec` is one that we can speak, else what is wrong with it, in words. Of v1 and v2c too. */
const char *keys_refuse(const struct gear_spec *spec);
/* The security level that `spec` asks for, as net-snmp counts: 1 none, 2 authenticated, 3 encrypted too. */
int keys_level(const struct gear_spec *spec);
/* Fills the user, level and keys of a session with a device of version 3. The name is borrowed from `spec`. 0, -EINVAL. */
int keys_apply(struct keys *k, const struct gear_spec *spec, struct snmp_session *out);
/* net-snmp learns the user of that engine, whose authenticated messages it then takes. What it knew of that user there is replaced. */
int keys_teach(struct keys *k, const struct gear_spec *spec, const uint8_t *engine, size_t engine_len);

#endif
