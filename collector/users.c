#include "collector/users.h"

#include <argon2.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/coredb.h"
#include "common/clock.h"
#include "common/memory.h"

#define ARGON_PASSES 2
#define ARGON_KILOBYTES 19456
#define SALT_BYTES 16
#define HASH_BYTES 32
#define FAILURES_KEPT 1024 /* a ring: a flood of names forgets the oldest, and costs the flooder 50 ms each */
#define FAILURE_WINDOW_MS 60000

static const char *const role_names[] = {
        [ROLE_NONE] = "none",
        [ROLE_VIEWER] = "viewer",
        [ROLE_TECHNICIAN] = "technician",
        [ROLE_ADMIN] = "admin",
};

const char *role_name(enum user_role role)
{
	return role_names[role];
}

enum user_role role_named(const char *name)
{
	for (int i = ROLE_VIEWER; name && i <= ROLE_ADMIN; i++)
		if (!strcmp(role_names[i], name))
			return (enum user_role)i;
	return ROLE_NONE;
}

bool user_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@");

	return n && n < USER_NAME_SIZE && !name[n];
}

/* ---- passwords ---- */

int password_hash(const char *password, char out[USER_HASH_SIZE])
{
	uint8_t salt[SALT_BYTES];

	chance_bytes(salt, sizeof(salt));
	int rc = argon2id_hash_encoded(ARGON_PASSES, ARGON_KILOBYTES, 1, password, strlen(password), salt, sizeof(salt),
	        HASH_BYTES, out, USER_HASH_SIZE);
	return rc == ARGON2_OK ? 0 : -EIO;
}

bool password_matches(const char *hash, const char *password)
{
	return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
}

void password_make(char out[17])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";

	for (int i = 0; i < 16; i++)
		out[i] = letters[chance_below(sizeof(letters) - 1)];
	out[16] = 0;
}

/* ---- users ---- */

int user_put(sqlite3 *db, const char *name, enum user_role role, const char *hash, int64_t now_ms)
{
	int n = coredb_run(db,
	        "INSERT INTO user(name, role, hash, made_at) VALUES(?, ?, ?, ?)"
	        " ON CONFLICT(name) DO UPDATE SET role = excluded.role, hash = excluded.hash",
	        "sssi", name, role_name(role), hash, now_ms);

	if (n >= 0)
		n = coredb_run(db, "DELETE FROM session_brief WHERE user = ?", "s", name);
	if (n >= 0)
		n = coredb_run(db, "DELETE FROM session WHERE user = ?", "s", name);
	return n < 0 ? n : 0;
}

bool user_get(sqlite3 *db, const char *name, enum user_role *role, char hash[USER_HASH_SIZE])
{
	sqlite3_stmt *st = coredb_query(db, "SELECT role, hash FROM user WHERE name = ?", "s", name);
	bool found = st && sqlite3_step(st) == SQLITE_ROW;

	*role = ROLE_NONE;
	/* made once of 32 random bytes that were thrown away */
	snprintf(hash, USER_HASH_SIZE, "%s",
	        found ? coredb_text(st, 1)
	              : "$argon2id$v=19$m=19456,t=2,p=1$c2Fuc2FuZ3NhbnNhbmdzYQ$"
	                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	if (found)
		*role = role_named(coredb_text(st, 0));
	sqlite3_finalize(st);
	return found;
}

bool users_any(sqlite3 *db)
{
	sqlite3_stmt *st = coredb_query(db, "SELECT 1 FROM user LIMIT 1", "");
	bool any = st && sqlite3_step(st) == SQLITE_ROW;

	sqlite3_finalize(st);
	return any;
}

/* ---- sessions ---- */

static void random_hex(char *out, size_t size)
{
	uint8_t bytes[32];

	chance_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < size / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

int session_make(sqlite3 *db, const char *user, const char *address, int64_t now_ms, char token[SESSION_TOKEN_SIZE],
        struct session_info *out)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	memset(out, 0, sizeof(*out));
	snprintf(out->user, sizeof(out->user), "%s", user);
	random_hex(token, SESSION_TOKEN_SIZE);
	random_hex(out->csrf, sizeof(out->csrf));
	out->expires_at = now_ms + SESSION_LIFE_MS;
	SHA256((const uint8_t *)token, strlen(token), hash);
	int n = coredb_run(db, "INSERT INTO session(hash, user, csrf, address, expires_at) VALUES(?, ?, ?, ?, ?)",
	        "bsssi", hash, sizeof(hash), user, out->csrf, address, out->expires_at);
	/* who comes to see why the disk is full must get in: such a session lives as long as this process */
	if (n < 0)
		n = coredb_run(db,
		        "INSERT INTO session_brief(hash, user, csrf, address, expires_at) VALUES(?, ?, ?, ?, ?)",
		        "bsssi", hash, sizeof(hash), user, out->csrf, address, out->expires_at);
	return n < 0 ? n : 0;
}

bool session_get(sqlite3 *db, const char *token, int64_t now_ms, struct session_info *out)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	memset(out, 0, sizeof(*out));
	SHA256((const uint8_t *)token, strlen(token), hash);
	sqlite3_stmt *st = coredb_query(db,
	        "SELECT user, csrf, expires_at, role FROM sessions JOIN user ON user.name = sessions.user"
	        " WHERE sessions.hash = ? AND expires_at > ?",
	        "bi", hash, sizeof(hash), now_ms);
	bool found = st && sqlite3_step(st) == SQLITE_ROW;
	if (found) {
		snprintf(out->user, sizeof(out->user), "%s", coredb_text(st, 0));
		snprintf(out->csrf, sizeof(out->csrf), "%s", coredb_text(st, 1));
		out->expires_at = sqlite3_column_int64(st, 2);
		out->role = role_named(coredb_text(st, 3));
	}
	sqlite3_finalize(st);
	return found;
}

int session_end(sqlite3 *db, const char *token)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)token, strlen(token), hash);
	coredb_run(db, "DELETE FROM session_brief WHERE hash = ?", "b", hash, sizeof(hash));
	int n = coredb_run(db, "DELETE FROM session WHERE hash = ?", "b", hash, sizeof(hash));
	return n < 0 ? n : 0;
}

int sessions_expire(sqlite3 *db, int64_t now_ms)
{
	coredb_run(db, "DELETE FROM session_brief WHERE expires_at <= ?", "i", now_ms);
	int n = coredb_run(db, "DELETE FROM session WHERE expires_at <= ?", "i", now_ms);

	return n < 0 ? n : 0;
}

/* ---- failed logins ---- */

struct login_failures {
	struct {
		char name[USER_NAME_SIZE], address[64];
		int64_t at_ms;
		bool used;
	} ring[FAILURES_KEPT];
	unsigned next;
};

struct login_failures *login_failures_new(void)
{
	return mem_alloc(sizeof(struct login_failures));
}

void login_failures_free(struct login_failures *f)
{
	free(f);
}

bool login_allowed(const struct login_failures *f, const char *name, const char *address, int64_t boot_ms)
{
	unsigned of_name = 0, from_address = 0;

	for (unsigned i = 0; i < FAILURES_KEPT; i++) {
		if (!f->ring[i].used || boot_ms - f->ring[i].at_ms >= FAILURE_WINDOW_MS)
			continue;
		of_name += !strncmp(f->ring[i].name, name, USER_NAME_SIZE - 1);
		from_address += !strncmp(f->ring[i].address, address, sizeof(f->ring[i].address) - 1);
	}
	return of_name < LOGIN_FAILURES && from_address < LOGIN_FAILURES;
}

void login_failed(struct login_failures *f, const char *name, const char *address, int64_t boot_ms)
{
	unsigned i = f->next++ % FAILURES_KEPT;

	snprintf(f->ring[i].name, sizeof(f->ring[i].name), "%s", name);
	snprintf(f->ring[i].address, sizeof(f->ring[i].address), "%s", address);
	f->ring[i].at_ms = boot_ms;
	f->ring[i].used = true;
}
