/* Users, their passwords, sessions and failed logins. */
#include "collector/users.c"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static int open_db(void **state)
{
	log_open("test", LOG_LEVEL_ERROR);
	return coredb_open((sqlite3 **)state, ":memory:");
}

static int close_db(void **state)
{
	return sqlite3_close(*state);
}

static void test_password_is_hashed_and_checked(void **state)
{
	char one[USER_HASH_SIZE], two[USER_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash("mật khẩu", one), 0);
	assert_int_equal(password_hash("mật khẩu", two), 0);
	assert_string_not_equal(one, two);
	assert_memory_equal(one, "$argon2id$", 10);
	assert_true(password_matches(one, "mật khẩu"));
	assert_false(password_matches(one, "mật khẩu "));
	assert_false(password_matches(one, ""));
}

static void test_unknown_user_has_a_hash_that_works_like_others(void **state)
{
	char hash[USER_HASH_SIZE];
	enum user_role role;

	assert_false(user_get(*state, "nobody", &role, hash));
	assert_int_equal(role, ROLE_NONE);
	/* well-formed: the time is spent, and nothing matches */
	assert_int_equal(argon2id_verify(hash, "x", 1), ARGON2_VERIFY_MISMATCH);
}

static void test_names(void **state)
{
	char longest[USER_NAME_SIZE + 1];

	(void)state;
	memset(longest, 'a', USER_NAME_SIZE);
	longest[USER_NAME_SIZE] = 0;
	assert_true(user_name_valid("ha.nguyen@laocai"));
	assert_false(user_name_valid(""));
	assert_false(user_name_valid("a b"));
	assert_false(user_name_valid("hà"));
	assert_false(user_name_valid(longest));
	assert_true(user_name_valid(longest + 1));
	assert_int_equal(role_named("technician"), ROLE_TECHNICIAN);
	assert_int_equal(role_named("none"), ROLE_NONE);
	assert_int_equal(role_named("root"), ROLE_NONE);
}

static void test_session_lives_and_ends(void **state)
{
	char token[SESSION_TOKEN_SIZE], other[SESSION_TOKEN_SIZE];
	struct session_info s;

	assert_int_equal(user_put(*state, "ha", ROLE_VIEWER, "h", 1), 0);
	assert_int_equal(session_make(*state, "ha", "10.0.0.1", 1000, token, &s), 0);
	assert_int_equal(session_make(*state, "ha", "10.0.0.1", 1000, other, &s), 0);
	assert_int_equal(strlen(token), 64);
	assert_true(session_get(*state, token, 2000, &s));
	assert_string_equal(s.user, "ha");
	assert_int_equal(s.role, ROLE_VIEWER);
	assert_int_equal(strlen(s.csrf), 32);
	assert_false(session_get(*state, "", 2000, &s));
	assert_false(session_get(*state, token, 1000 + SESSION_LIFE_MS, &s));
	assert_int_equal(session_end(*state, token), 0);
	assert_false(session_get(*state, token, 2000, &s));
	assert_true(session_get(*state, other, 2000, &s));
	/* a new password or role ends what the old one opened */
	assert_int_equal(user_put(*state, "ha", ROLE_ADMIN, "h2", 3), 0);
	assert_false(session_get(*state, other, 2000, &s));
}

static void test_token_itself_is_not_stored(void **state)
{
	char token[SESSION_TOKEN_SIZE];
	struct session_info s;

	user_put(*state, "ha", ROLE_VIEWER, "h", 1);
	session_make(*state, "ha", "10.0.0.1", 1000, token, &s);
	sqlite3_stmt *st = coredb_query(
	        *state, "SELECT count(*) FROM session WHERE hash = ? OR hash = ?", "sb", token, token, strlen(token));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 0);
	sqlite3_finalize(st);
}

static void test_failures_close_the_door_for_a_minute(void **state)
{
	struct login_failures *f = login_failures_new();
	char name[16];

	(void)state;
	for (int i = 0; i < LOGIN_FAILURES; i++) {
		assert_true(login_allowed(f, "ha", "10.0.0.1", 1000));
		login_failed(f, "ha", "10.0.0.1", 1000);
	}
	assert_false(login_allowed(f, "ha", "10.0.0.2", 1000)); /* the name, from anywhere */
	assert_false(login_allowed(f, "an", "10.0.0.1", 1000)); /* the address, with any name */
	assert_true(login_allowed(f, "an", "10.0.0.2", 1000));
	assert_false(login_allowed(f, "ha", "10.0.0.1", 60999));
	assert_true(login_allowed(f, "ha", "10.0.0.1", 61000));
	for (int i = 0; i < 5000; i++) { /* bounded */
		snprintf(name, sizeof(name), "n%d", i);
		login_failed(f, name, name, 70000);
	}
	assert_true(login_allowed(f, "ha", "10.0.0.1", 70000));
	login_failures_free(f);
}

static void test_database_of_a_newer_version_is_refused(void **state)
{
	char path[] = "/tmp/users_test.XXXXXX", side[64];
	sqlite3 *db;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(coredb_open(&db, path), 0);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	log_open("test", 0);
	assert_int_equal(coredb_open(&db, path), -EINVAL);
	unlink(path);
	snprintf(side, sizeof(side), "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", path);
	unlink(side);
}

#define WITH_DB(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_password_is_hashed_and_checked),
	        WITH_DB(test_unknown_user_has_a_hash_that_works_like_others),
	        cmocka_unit_test(test_names),
	        WITH_DB(test_session_lives_and_ends),
	        WITH_DB(test_token_itself_is_not_stored),
	        cmocka_unit_test(test_failures_close_the_door_for_a_minute),
	        cmocka_unit_test(test_database_of_a_newer_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
