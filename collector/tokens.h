/*
 * tokens: one-time enrolment tokens and the serials of the nodes' certificates. Core only; tables in core.db.
 *
 * A token's secret is kept as its SHA-256, for one node, with an end and one use. Of a node's certificates only
 * the newest is valid; a renewed one takes the old one's place when the agent first shows it, so that
 * an agent that died before it stored the new one is not locked out. Times are UTC ms.
 */
#ifndef SANSANG_TOKENS_H
#define SANSANG_TOKENS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "common/token.h"

#define TOKEN_DAYS_MAX 30
#define TOKEN_KEY_BYTES 32

/* Makes a secret for the node. 0, -EINVAL (days not in 1..TOKEN_DAYS_MAX) or -errno. */
int token_make(sqlite3 *db, const char *node, int64_t days, const char *by, int64_t now_ms,
        uint8_t secret[TOKEN_SECRET_BYTES], int64_t *expires_at);
/*
 * Uses the secret up, for the public key with the SHA-256 `key`. 0; 1: it enrolled this very key before, and our answer may not have
 * come through: it may have a certificate again; -ENOENT no such token, -EPERM of another node, -EALREADY used before,
 * -ETIME expired; *why then is a borrowed text for people.
 */
int token_use(sqlite3 *db, const char *node, const uint8_t *secret, size_t len, const uint8_t key[TOKEN_KEY_BYTES],
        const char *address, int64_t now_ms, const char **why);
/* Makes it usable again: the signing failed after token_use gave 0. */
int token_restore(sqlite3 *db, const uint8_t *secret, size_t len);

/* A new enrolment: this serial, and no other, is the node's from now on; a revocation ends. */
int serial_enrolled(sqlite3 *db, const char *node, const char *serial, int64_t now_ms);
/* A renewal: becomes the node's when it is first seen. */
int serial_renewed(sqlite3 *db, const char *node, const char *serial, int64_t now_ms);
/* 0: it is the node's; -EACCES: revoked, replaced or unknown, *why says which. */
int serial_check(sqlite3 *db, const char *node, const char *serial, const char **why);
/* The node is refused until it is enrolled anew; its tokens end too. 1: there was something to revoke, 0: nothing, or -errno. */
int serial_revoke(sqlite3 *db, const char *node, int64_t now_ms);

#endif
