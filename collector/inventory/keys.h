/*
 * keys: province.yaml declared as tables (common/conf.h), read straight into struct inventory.
 * Used by inventory.c only.
 */
#ifndef SANSANG_INVENTORY_KEYS_H
#define SANSANG_INVENTORY_KEYS_H

#include "common/conf.h"

extern const struct conf_key inventory_keys[];

extern const char *const uplink_kinds[], *const responsibles[], *const check_types[];

#endif
