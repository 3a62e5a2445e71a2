/* Enrolment tokens are used once, in time, by their node; of a node's certificates only the newest counts. */
#include "collector/tokens.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/log.h"

static const uint8_t key[TOKEN_KEY_BYTES] = {1}, other_key[TOKEN_KEY_BYTES] = {2};

static int open_db(void **state)
{
	log_open("test", LOG_LEVEL_ERROR);
	return coredb_open((sqlite3 **)state, ":memory:");
}

static int close_db(void **state)
{
	return sqlite3_close(*state);
}

static void test_token_is_used_once(void **state)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	const char *why = "";
	int64_t end;

	assert_int_equal(token_make(*state, "n1", 1, "uid:0", 1000, secret, &end), 0);
	assert_int_equal(end, 1000 + DAY_MS);
	assert_int_equal(token_use(*state, "n2", secret, sizeof(secret), key, "a", 2000, &why), -EPERM);
	assert_non_null(strstr(why, "another node"));
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret) - 1, key, "a", 2000, &why), -ENOENT);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 2000, &why), 0);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), other_key, "a", 2001, &why), -EALREADY);
	assert_non_null(strstr(why, "used before"));
	assert_int_equal(token_restore(*state, secret, sizeof(secret)), 0);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 2002, &why), 0);
}

/* The answer was lost on its way: the box asks again with the key that it keeps. */
static void test_same_key_enrols_again(void **state)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	const char *why = "";
	int64_t end;

	token_make(*state, "n1", 1, "x", 1, secret, &end);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 2, &why), 0);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 3, &why), 1);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", end - 1, &why), 1);
	assert_int_equal(token_use(*state, "n2", secret, sizeof(secret), key, "a", 3, &why), -EPERM);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), other_key, "a", 3, &why), -EALREADY);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", end, &why), -ETIME);
	serial_enrolled(*state, "n1", "aa", 4);
	assert_int_equal(serial_revoke(*state, "n1", 5), 1);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 6, &why), -ETIME); /* stolen */
	assert_int_equal(serial_revoke(*state, "n1", 7), 0);
}

static void test_token_ends(void **state)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	const char *why = "";
	int64_t end;

	assert_int_equal(token_make(*state, "n1", 0, "x", 0, secret, &end), -EINVAL);
	assert_int_equal(token_make(*state, "n1", 31, "x", 0, secret, &end), -EINVAL);
	assert_int_equal(token_make(*state, "n1", 30, "x", 0, secret, &end), 0);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", end, &why), -ETIME);
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", end - 1, &why), 0);
}

static void test_newest_serial_only(void **state)
{
	const char *why = "";

	assert_int_equal(serial_check(*state, "n1", "aa", &why), -EACCES);
	assert_int_equal(serial_enrolled(*state, "n1", "aa", 1), 0);
	assert_int_equal(serial_check(*state, "n1", "aa", &why), 0);
	assert_int_equal(serial_check(*state, "n1", "", &why), -EACCES);
	assert_int_equal(serial_enrolled(*state, "n1", "bb", 2), 0);
	assert_int_equal(serial_check(*state, "n1", "aa", &why), -EACCES);
	assert_non_null(strstr(why, "newer"));
	assert_int_equal(serial_check(*state, "n1", "bb", &why), 0);
}

static void test_renewal_takes_over_when_first_seen(void **state)
{
	const char *why = "";

	assert_int_equal(serial_renewed(*state, "n1", "bb", 1), -EACCES);
	serial_enrolled(*state, "n1", "aa", 1);
	assert_int_equal(serial_renewed(*state, "n1", "bb", 2), 0);
	assert_int_equal(serial_check(*state, "n1", "aa", &why), 0); /* it may have died before it stored the new one */
	assert_int_equal(serial_check(*state, "n1", "bb", &why), 0);
	assert_int_equal(serial_check(*state, "n1", "aa", &why), -EACCES);
}

static void test_revoked_until_enrolled_anew(void **state)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	const char *why = "";
	int64_t end;

	assert_int_equal(serial_revoke(*state, "n1", 5), 0);
	serial_enrolled(*state, "n1", "aa", 1);
	token_make(*state, "n1", 1, "x", 1, secret, &end);
	assert_int_equal(serial_revoke(*state, "n1", 5), 1);
	assert_int_equal(serial_check(*state, "n1", "aa", &why), -EACCES);
	assert_non_null(strstr(why, "revoked"));
	assert_int_equal(token_use(*state, "n1", secret, sizeof(secret), key, "a", 6, &why), -ETIME);
	assert_int_equal(serial_renewed(*state, "n1", "bb", 7), -EACCES);
	serial_enrolled(*state, "n1", "cc", 8);
	assert_int_equal(serial_check(*state, "n1", "cc", &why), 0);
}

#define WITH_DB(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_DB(test_token_is_used_once),
	        WITH_DB(test_same_key_enrols_again),
	        WITH_DB(test_token_ends),
	        WITH_DB(test_newest_serial_only),
	        WITH_DB(test_renewal_takes_over_when_first_seen),
	        WITH_DB(test_revoked_until_enrolled_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
