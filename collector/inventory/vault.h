/*
 * vault: what the files hold that province.yaml names: communities and pass phrases of gear, secrets that sign webhooks,
 * authorities of checks and webhooks.
 *
 * Core alone reads them, at each load of the inventory, from the folder of province.yaml; the copies of the inventory
 * that other processes load name the files and hold nothing of them. Secrets must be of mode 0600 (nobody but
 * the owner), one line of 1 to 127 bytes, pass phrases of at least 8 (RFC 3414 11.2), signing secrets of at least 16; authorities are kept as
 * the certificates that the file holds and nothing else of it.
 */
#ifndef SANSANG_INVENTORY_VAULT_H
#define SANSANG_INVENTORY_VAULT_H

#include "collector/inventory/inventory.h"

struct vault;

/*
 * `path` is province.yaml itself, also when `inv` came from a copy of it. Gives *out (vault_free) always. 0, or -EINVAL with errors
 * that name the place of the key; *out then lacks what could not be read.
 */
int vault_load(const struct inventory *inv, const char *path, struct vault **out, struct conf_errors *errors);
/* Wipes it. May be NULL. */
void vault_free(struct vault *v);
/* What the file holds; NULL when it is not here, or `file` or `v` is NULL. Borrowed. */
const char *vault_text(const struct vault *v, const char *file);
bool vault_equal(const struct vault *a, const struct vault *b);

#endif
