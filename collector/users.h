/*
 * users: who may ask, and their sessions. Core only; tables in core.db.
 *
 * Passwords are kept as argon2id (64 MB would starve a small server: 19 MB, 2 passes, as OWASP has it); hashing takes tens of
 * milliseconds, so password_hash and password_matches are for a worker thread: they touch no state. A session is
 * 32 random bytes in hex; only its SHA-256 is stored. Times are UTC ms. Errors are 0 or -errno.
 */
#ifndef SANSANG_USERS_H
#define SANSANG_USERS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define USER_NAME_SIZE 64
#define USER_HASH_SIZE 128
#define USER_PASSWORD_MIN 8
#define SESSION_TOKEN_SIZE 65 /* hex, with its NUL */
#define SESSION_CSRF_SIZE 33
#define SESSION_LIFE_MS (12 * 3600 * INT64_C(1000))
#define LOGIN_FAILURES 5 /* a minute, of one name or from one address */

enum user_role { ROLE_NONE, ROLE_VIEWER, ROLE_TECHNICIAN, ROLE_ADMIN };

const char *role_name(enum user_role role);
enum user_role role_named(const char *name); /* ROLE_NONE when unknown */
/* 1..63 of letters, digits, '.', '_', '-', '@'. */
bool user_name_valid(const char *name);

/* ---- worker threads ---- */
int password_hash(const char *password, char out[USER_HASH_SIZE]);
bool password_matches(const char *hash, const char *password);
/* 16 letters without those that look alike. */
void password_make(char out[17]);

/* ---- core's loop ---- */
/* Adds the user or changes role and password; a change ends the sessions. */
int user_put(sqlite3 *db, const char *name, enum user_role role, const char *hash, int64_t now_ms);
/* False: no such user; `hash` then holds one that nothing matches but takes as long. */
bool user_get(sqlite3 *db, const char *name, enum user_role *role, char hash[USER_HASH_SIZE]);
bool users_any(sqlite3 *db);

struct session_info {
	char user[USER_NAME_SIZE];
	char csrf[SESSION_CSRF_SIZE];
	enum user_role role; /* as it is now */
	int64_t expires_at;
};

int session_make(sqlite3 *db, const char *user, const char *address, int64_t now_ms, char token[SESSION_TOKEN_SIZE],
        struct session_info *out);
/* False: unknown or expired. */
bool session_get(sqlite3 *db, const char *token, int64_t now_ms, struct session_info *out);
int session_end(sqlite3 *db, const char *token);
/* Forgets expired ones. */
int sessions_expire(sqlite3 *db, int64_t now_ms);

/* ---- failed logins, in memory ---- */
struct login_failures;
struct login_failures *login_failures_new(void);
void login_failures_free(struct login_failures *f);
bool login_allowed(const struct login_failures *f, const char *name, const char *address, int64_t boot_ms);
void login_failed(struct login_failures *f, const char *name, const char *address, int64_t boot_ms);

#endif
