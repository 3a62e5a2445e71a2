/*
 * fleet_keys: the key that a fleet shares and the certificates of its members, kept in a folder
 * as fleet.key, NODE.crt (PEM) and ca.pem. Dies on trouble.
 */
#ifndef SANSANG_BENCH_FLEET_KEYS_H
#define SANSANG_BENCH_FLEET_KEYS_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/tls.h"

struct fleet_keys;

struct fleet_keys *fleet_keys_open(const char *dir, const char *socket_path);
void fleet_keys_close(struct fleet_keys *k);
bool fleet_keys_has(const struct fleet_keys *k, const char *node);
/* A context for the node: with its certificate, or pinned to the token's CA for enrolling. tls_context_free() it. */
struct tls_context *fleet_keys_context(struct fleet_keys *k, const char *node);
/* Appends an Enrol frame with a token fetched from the collector. */
void fleet_keys_put_enrol(struct fleet_keys *k, const char *node, struct buf *out);
/* Stores what a Certificate frame brought. */
void fleet_keys_take(struct fleet_keys *k, const char *node, const uint8_t *body, size_t len);

#endif
