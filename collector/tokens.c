#include "collector/tokens.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "collector/coredb.h"
#include "common/clock.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

/* ---- tokens ---- */

int token_make(sqlite3 *db, const char *node, int64_t days, const char *by, int64_t now_ms,
        uint8_t secret[TOKEN_SECRET_BYTES], int64_t *expires_at)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	if (days < 1 || days > TOKEN_DAYS_MAX)
		return -EINVAL;
	chance_bytes(secret, TOKEN_SECRET_BYTES);
	SHA256(secret, TOKEN_SECRET_BYTES, hash);
	*expires_at = now_ms + days * DAY_MS;
	/* long-ended ones are of no use to anybody: the audit log has them */
	int n = coredb_run(db, "DELETE FROM token WHERE expires_at < ?", "i", now_ms - 2 * TOKEN_DAYS_MAX * DAY_MS);
	if (n >= 0)
		n = coredb_run(db, "INSERT INTO token(hash, node, made_by, made_at, expires_at) VALUES(?, ?, ?, ?, ?)",
		        "bssii", hash, sizeof(hash), node, by, now_ms, *expires_at);
	return n < 0 ? n : 0;
}

static bool same_key(sqlite3_stmt *st, int column, const uint8_t key[TOKEN_KEY_BYTES])
{
	const void *had = sqlite3_column_blob(st, column);

	return had && sqlite3_column_bytes(st, column) == TOKEN_KEY_BYTES && !memcmp(had, key, TOKEN_KEY_BYTES);
}

/* What the token of this hash stands for: 0, 1 or -errno as in token_use. */
static int token_judge(
        sqlite3_stmt *st, const char *node, const uint8_t key[TOKEN_KEY_BYTES], int64_t now_ms, const char **why)
{
	if (!st || sqlite3_step(st) != SQLITE_ROW) {
		*why = "this token is not known here: is it of another collector?";
		return -ENOENT;
	}
	if (strcmp(coredb_text(st, 0), node)) {
		*why = "this token was made for another node";
		return -EPERM;
	}
	bool used = sqlite3_column_int64(st, 2);
	if (used && !same_key(st, 3, key)) {
		*why = "this token was used before";
		return -EALREADY;
	}
	if (sqlite3_column_int64(st, 1) <= now_ms) {
		*why = "this token has expired";
		return -ETIME;
	}
	return used;
}

int token_use(sqlite3 *db, const char *node, const uint8_t *secret, size_t len, const uint8_t key[TOKEN_KEY_BYTES],
        const char *address, int64_t now_ms, const char **why)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256(secret, len, hash);
	sqlite3_stmt *st = coredb_query(
	        db, "SELECT node, expires_at, used_at, used_key FROM token WHERE hash = ?", "b", hash, sizeof(hash));
	int err = token_judge(st, node, key, now_ms, why);
	sqlite3_finalize(st);
	if (err)
		return err;
	int n = coredb_run(db,
	        "UPDATE token SET used_at = ?, used_from = ?, used_key = ? WHERE hash = ? AND used_at = 0", "isbb",
	        now_ms, address, key, (size_t)TOKEN_KEY_BYTES, hash, sizeof(hash));
	if (n == 1)
		return 0;
	*why = "the collector could not store that the token is used";
	return n < 0 ? n : -EALREADY;
}

int token_restore(sqlite3 *db, const uint8_t *secret, size_t len)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256(secret, len, hash);
	int n = coredb_run(db, "UPDATE token SET used_at = 0, used_from = '', used_key = NULL WHERE hash = ?", "b",
	        hash, sizeof(hash));
	return n < 0 ? n : 0;
}

/* ---- serials ---- */

int serial_enrolled(sqlite3 *db, const char *node, const char *serial, int64_t now_ms)
{
	int n = coredb_run(db,
	        "INSERT INTO certificate(node, serial, issued_at) VALUES(?, ?, ?) ON CONFLICT(node) DO UPDATE SET"
	        " serial = excluded.serial, next = '', issued_at = excluded.issued_at, revoked_at = 0",
	        "ssi", node, serial, now_ms);

	return n < 0 ? n : 0;
}

int serial_renewed(sqlite3 *db, const char *node, const char *serial, int64_t now_ms)
{
	int n = coredb_run(db, "UPDATE certificate SET next = ?, issued_at = ? WHERE node = ? AND revoked_at = 0",
	        "sis", serial, now_ms, node);

	return n < 0 ? n : n ? 0 : -EACCES;
}

int serial_check(sqlite3 *db, const char *node, const char *serial, const char **why)
{
	sqlite3_stmt *st =
	        coredb_query(db, "SELECT serial, next, revoked_at FROM certificate WHERE node = ?", "s", node);
	bool found = st && sqlite3_step(st) == SQLITE_ROW;
	bool revoked = found && sqlite3_column_int64(st, 2);
	bool current = found && !strcmp(coredb_text(st, 0), serial);
	bool next = found && *serial && !strcmp(coredb_text(st, 1), serial);

	sqlite3_finalize(st);
	if (!found)
		*why = "the node was not enrolled here";
	else if (revoked)
		*why = "the node's certificate was revoked";
	else if (!current && !next)
		*why = "a newer certificate of this node took the place of this one";
	if (!found || revoked || (!current && !next))
		return -EACCES;
	if (next)
		coredb_run(db, "UPDATE certificate SET serial = next, next = '' WHERE node = ?", "s", node);
	return 0;
}

int serial_revoke(sqlite3 *db, const char *node, int64_t now_ms)
{
	int tokens = coredb_run(
	        db, "UPDATE token SET expires_at = ? WHERE node = ? AND expires_at > ?", "isi", now_ms, node, now_ms);
	int serials =
	        tokens < 0 ? tokens
	                   : coredb_run(db, "UPDATE certificate SET revoked_at = ? WHERE node = ? AND revoked_at = 0",
	                             "is", now_ms, node);

	return serials < 0 ? serials : tokens + serials > 0;
}
