/*
 * conf_scalar: the text of one configuration value turned into what its key's type stores.
 *
 * Used by conf.c only. Knows nothing of YAML: it gets text and gives a value or says what was expected.
 */
#ifndef SANSANG_CONF_SCALAR_H
#define SANSANG_CONF_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/conf.h"
#include "common/zone.h"

struct conf_scope {
	const char *folder; /* of the file, absolute: for CONF_PATH */
	const struct zone *zone;
};

/* True for the types that a scalar fills. */
bool conf_type_is_scalar(enum conf_type type);
/* Bytes that a value of the type takes in the struct; 0 for CONF_CUSTOM and CONF_ANY. */
size_t conf_type_size(enum conf_type type);
/* Stores the value at `out`. False: nothing is stored and `why` says what was expected. */
bool conf_scalar_read(const struct conf_scope *scope, const struct conf_key *key, const char *text, void *out,
        char *why, size_t size);
/* What is wrong with an address "host:port", or NULL. */
const char *conf_address_check(const char *text);
/* The name in the list (ends with NULL) that is nearest to `word`, NULL when the list is empty; *distance in edits. */
const char *conf_nearest(const char *const *names, const char *word, size_t *distance);

#endif
