/*
 * service_keys: the rows of `services` in province.yaml, with their `check:` and `checked_by:`. Used by keys.c only.
 */
#ifndef SANSANG_INVENTORY_SERVICE_KEYS_H
#define SANSANG_INVENTORY_SERVICE_KEYS_H

#include "common/conf.h"

extern const struct conf_key service_keys[];

#endif
