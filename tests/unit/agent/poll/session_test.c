/* session: a real snmpd answers in every version and level; wrong secrets are named; restarts and other engines are got over. */
#include "agent/poll/session.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/poll/snmpd.h"

static const unsigned long sys_name[] = {1, 3, 6, 1, 2, 1, 1, 5, 0};
static const unsigned long sys_up[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};

struct asked {
	unsigned answers, values;
	enum reason reason;
	char note[96], name[32];
	long error;
	struct session *close_me;
};

static void on_test_answer(void *arg, const struct session_answer *told)
{
	struct session_answer a = *told;
	struct asked *t = arg;
	struct varbind v;

	t->answers++;
	t->reason = a.reason;
	t->error = a.error;
	snprintf(t->note, sizeof(t->note), "%s", a.note ? a.note : "");
	while (a.reason == REASON_OK && session_next(&a, &v)) {
		t->values++;
		if (v.type == VARBIND_BYTES)
			snprintf(t->name, sizeof(t->name), "%.*s", (int)v.len, (const char *)v.bytes);
	}
	if (t->close_me)
		session_close(t->close_me);
}

static void ask_both(struct session *s, struct asked *t, enum session_command command, unsigned repetitions)
{
	const unsigned long *oids[] = {sys_name, sys_up};
	const size_t lens[] = {9, 9};
	struct session_request r = {.command = command,
	        .repetitions = repetitions,
	        .oids = oids,
	        .oid_lens = lens,
	        .count = 2,
	        .retries = 2,
	        .timeout_ms = 500,
	        .on_answer = on_test_answer,
	        .arg = t};

	memset(t, 0, sizeof(*t));
	session_ask(s, &r);
	assert_int_equal(t->answers, 0);
}

static void wait_one(uv_loop_t *loop, struct asked *t)
{
	/* not UV_RUN_ONCE, which runs a timer and then waits for what comes after it */
	while (!t->answers) {
		uv_run(loop, UV_RUN_NOWAIT);
		usleep(200);
	}
}

/* A device that is starting refuses. */
static void ask_until_answered(uv_loop_t *loop, struct session *s, struct asked *t)
{
	for (int i = 0; i < 30; i++) {
		ask_both(s, t, SESSION_GET, 0);
		wait_one(loop, t);
		if (t->reason == REASON_OK)
			return;
		usleep(100000);
	}
}

static struct snmpd real;
static bool real_runs;

static struct gear_spec spec_of(int version, const char *user, const char *auth, const char *auth_secret,
        const char *privacy, const char *privacy_secret)
{
	struct gear_spec spec = {.version = version, .community = "public"};

	snprintf(spec.address, sizeof(spec.address), "127.0.0.1:%u", real.port);
	snprintf(spec.user, sizeof(spec.user), "%s", user);
	snprintf(spec.auth, sizeof(spec.auth), "%s", auth);
	snprintf(spec.auth_secret, sizeof(spec.auth_secret), "%s", auth_secret);
	snprintf(spec.privacy, sizeof(spec.privacy), "%s", privacy);
	snprintf(spec.privacy_secret, sizeof(spec.privacy_secret), "%s", privacy_secret);
	return spec;
}

static struct asked ask_once(const struct gear_spec *spec, enum session_command command)
{
	struct sessions *set;
	struct session *s;
	struct asked t;
	uv_loop_t loop;

	uv_loop_init(&loop);
	set = sessions_new(&loop);
	s = session_open(set, spec);
	ask_both(s, &t, command, 5);
	wait_one(&loop, &t);
	if (t.reason == REASON_OK) {
		/* a second time goes by the open session */
		ask_both(s, &t, command, 5);
		wait_one(&loop, &t);
	}
	session_close(s);
	sessions_close(set);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return t;
}

#define NEED_SNMPD()                                                                                                   \
	if (!real_runs) {                                                                                              \
		print_message("no snmpd here\n");                                                                      \
		skip();                                                                                                \
	}

static void test_every_version_and_level(void **state)
{
	static const struct {
		int version;
		const char *user, *auth, *auth_secret, *privacy, *privacy_secret;
	} rows[] = {{1, "", "", "", "", ""}, {2, "", "", "", "", ""}, {3, "plain", "", "", "", ""},
	        {3, "only", "SHA384", "password-only", "", ""}, {3, "md5", "MD5", "password-md5", "DES", "privacy-md5"},
	        {3, "sha1", "sha", "password-sha1", "AES128", "privacy-sha1"},
	        {3, "sha256", "SHA-256", "password-sha256", "AES", "privacy-sha256"},
	        {3, "sha224", "SHA224", "password-sha224", "AES-192", "privacy-sha224"},
	        {3, "sha512", "SHA512", "password-sha512", "AES256", "privacy-sha512"}};

	(void)state;
	NEED_SNMPD();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gear_spec spec = spec_of(rows[i].version, rows[i].user, rows[i].auth, rows[i].auth_secret,
		        rows[i].privacy, rows[i].privacy_secret);
		struct asked t = ask_once(&spec, SESSION_GET);

		if (t.reason != REASON_OK)
			print_message("%s: %s %s\n", rows[i].user, reason_name(t.reason), t.note);
		assert_int_equal(t.reason, REASON_OK);
		assert_int_equal(t.error, 0);
		assert_int_equal(t.values, 2);
		assert_string_equal(t.name, "real-one");
		if (rows[i].version == 1)
			continue;
		t = ask_once(&spec, SESSION_GETBULK);
		assert_int_equal(t.reason, REASON_OK);
		assert_int_equal(t.values, 10);
	}
}

static void test_wrong_secrets_are_named(void **state)
{
	static const struct {
		const char *user, *auth, *auth_secret, *privacy, *privacy_secret, *words;
		enum reason reason;
	} rows[] = {{"stranger", "SHA256", "password-sha256", "AES", "privacy-sha256", "does not know the user",
	                    REASON_AUTHENTICATION},
	        {"sha256", "SHA256", "password-wrong", "AES", "privacy-sha256", "authentication password",
	                REASON_AUTHENTICATION},
	        {"only", "MD5", "password-only", "", "", "authentication password", REASON_AUTHENTICATION},
	        {"sha256", "SHA256", "short", "AES", "privacy-sha256", "shorter than 8", REASON_LOCAL},
	        {"sha256", "SHA3", "password-sha256", "", "", "unknown authentication", REASON_LOCAL},
	        {"sha256", "SHA256", "password-sha256", "ROT13", "privacy-sha256", "unknown privacy", REASON_LOCAL}};

	(void)state;
	NEED_SNMPD();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gear_spec spec = spec_of(
		        3, rows[i].user, rows[i].auth, rows[i].auth_secret, rows[i].privacy, rows[i].privacy_secret);
		struct asked t = ask_once(&spec, SESSION_GET);

		print_message("%s\n", t.note);
		assert_int_equal(t.reason, rows[i].reason);
		assert_non_null(strstr(t.note, rows[i].words));
	}
	/* a wrong privacy password: what cannot be read is dropped or reported, as the device likes */
	struct gear_spec spec = spec_of(3, "sha256", "SHA256", "password-sha256", "AES", "privacy-wrong");
	struct asked t = ask_once(&spec, SESSION_GET);

	assert_true(t.reason == REASON_AUTHENTICATION || t.reason == REASON_TIMEOUT);
	spec = spec_of(2, "", "", "", "", "");
	snprintf(spec.community, sizeof(spec.community), "wrong");
	t = ask_once(&spec, SESSION_GET);
	assert_int_equal(t.reason, REASON_TIMEOUT);
}

/* Its clock and boots are others, or its whole engine is: the next question but one is answered. */
static void test_restarted_device(void **state)
{
	struct gear_spec spec = spec_of(3, "sha256", "SHA256", "password-sha256", "AES", "privacy-sha256");
	struct sessions *set;
	struct session *s;
	struct asked t;
	struct snmpd other;
	uv_loop_t loop;

	(void)state;
	NEED_SNMPD();
	if (snmpd_start(&other, NULL))
		skip();
	snprintf(spec.address, sizeof(spec.address), "127.0.0.1:%u", other.port);
	uv_loop_init(&loop);
	set = sessions_new(&loop);
	s = session_open(set, &spec);
	ask_until_answered(&loop, s, &t);
	assert_int_equal(t.reason, REASON_OK);
	/* the same engine, booted once more: its clock and count are others */
	snmpd_end(&other);
	assert_int_equal(snmpd_run(&other), 0);
	ask_until_answered(&loop, s, &t);
	assert_int_equal(t.reason, REASON_OK);
	kill(other.pid, SIGKILL);
	waitpid(other.pid, NULL, 0);
	ask_both(s, &t, SESSION_GET, 0);
	wait_one(&loop, &t);
	assert_int_equal(t.reason, REASON_REFUSED);
	/* a new engine at the old address: the folder is another */
	snmpd_stop(&other);
	assert_int_equal(snmpd_start_at(&other, other.port, NULL), 0);
	ask_until_answered(&loop, s, &t);
	assert_int_equal(t.reason, REASON_OK);
	assert_string_equal(t.name, "real-one");
	snmpd_stop(&other);
	session_close(s);
	sessions_close(set);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_close_from_the_answer(void **state)
{
	struct gear_spec spec = spec_of(2, "", "", "", "", ""), wrong = spec_of(3, "", "", "", "", "");
	struct sessions *set;
	struct session *first, *second, *third;
	struct asked one, two, three;
	uv_loop_t loop;

	(void)state;
	NEED_SNMPD();
	uv_loop_init(&loop);
	set = sessions_new(&loop);
	first = session_open(set, &spec);
	second = session_open(set, &spec);
	third = session_open(set, &wrong);
	ask_both(first, &one, SESSION_GET, 0);
	ask_both(second, &two, SESSION_GET, 0);
	ask_both(third, &three, SESSION_GET, 0);
	one.close_me = first;
	two.close_me = second;
	three.close_me = third;
	wait_one(&loop, &one);
	wait_one(&loop, &two);
	wait_one(&loop, &three);
	sessions_close(set);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static int start_real(void **state)
{
	struct asked t = {0};

	(void)state;
	if (snmpd_start(&real, NULL))
		return 0;
	real_runs = true;
	for (int i = 0; i < 50; i++) {
		struct gear_spec spec = spec_of(2, "", "", "", "", "");

		t = ask_once(&spec, SESSION_GET);
		if (t.reason == REASON_OK)
			return 0;
		usleep(100000);
	}
	real_runs = false;
	return 0;
}

static int stop_real(void **state)
{
	(void)state;
	if (real.pid)
		snmpd_stop(&real);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_version_and_level),
	        cmocka_unit_test(test_wrong_secrets_are_named),
	        cmocka_unit_test(test_restarted_device),
	        cmocka_unit_test(test_close_from_the_answer),
	};

	return cmocka_run_group_tests(tests, start_real, stop_real);
}
