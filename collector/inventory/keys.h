/*
 * keys: province.yaml declared as tables (common/conf.h), read straight into struct inventory.
 * Used by inventory.c only.
 */
#ifndef SANSANG_INVENTORY_KEYS_H
#define SANSANG_INVENTORY_KEYS_H

#include "common/conf.h"

extern const struct conf_key inventory_keys[], alert_keys[], maintenance_keys[];

/* For keys that name a file beside province.yaml: NULL when it is right. Core reads it in its sandbox: nothing outside that folder. */
const char *enclosed_file_check(const void *value);

/* The options that a kind of check has, for errors: "name, ca_file or verify", "no option". */
const char *check_options_of(int check);

extern const char *const uplink_kinds[], *const responsibles[], *const check_types[], *const alert_causes[];

#endif
