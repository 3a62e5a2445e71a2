/* Who may do what: the whole table, for every role and both doors; logins; what is written into the audit. */
#include "collector/acts.c"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/coredb.h"
#include "common/log.h"

struct scene {
	struct core core;
	struct collector_config config;
	char dir[64];
	json_t *answer;
	int answers;
};

static int set_up_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct journal_limits limits = {0};

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/acts_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->config.state_dir = s->dir;
	s->core.config = &s->config;
	s->core.failures = login_failures_new();
	uv_loop_init(&s->core.loop);
	uv_check_init(&s->core.loop, &s->core.wake);
	s->core.wake.data = &s->core;
	assert_int_equal(journal_open(&s->core.journal, &s->core.loop, s->dir, &limits, NULL, NULL), 0);
	assert_int_equal(coredb_open(&s->core.db, ":memory:"), 0);
	s->core.view = view_open(&s->config); /* of a judge that has written nothing yet */
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int tear_down_scene(void **state)
{
	struct scene *s = *state;

	s->core.stopping = true;
	journal_close(s->core.journal);
	uv_close((uv_handle_t *)&s->core.wake, NULL);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	sqlite3_close(s->core.db);
	view_close(s->core.view);
	login_failures_free(s->core.failures);
	json_decref(s->answer);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static void on_answer_kept(const json_t *answer, void *arg)
{
	struct scene *s = arg;

	json_decref(s->answer);
	s->answer = json_incref((json_t *)answer);
	s->answers++;
}

/* Runs the request to its answer; gives its status, 0 when it was done. */
static int run(struct scene *s, enum act_door door, json_t *request)
{
	int before = s->answers;

	acts_run(&s->core, request, door, door == DOOR_SOCKET ? "uid:0" : NULL, on_answer_kept, s);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(s->answers, before + 1);
	return (int)json_integer_value(json_object_get(s->answer, "status"));
}

static const char *answered(struct scene *s, const char *key)
{
	const char *text = json_string_value(json_object_get(s->answer, key));

	return text ? text : "";
}

static void log_in(struct scene *s, const char *name, char token[SESSION_TOKEN_SIZE], char csrf[SESSION_CSRF_SIZE])
{
	json_t *login = json_pack(
	        "{s:s, s:s, s:s, s:s}", "act", "login", "name", name, "password", "12345678", "address", "::1");

	assert_int_equal(run(s, DOOR_WEB, login), 0);
	strcpy(token, answered(s, "session"));
	strcpy(csrf, answered(s, "csrf"));
}

static void add_user(struct scene *s, const char *name, const char *role)
{
	assert_int_equal(run(s, DOOR_SOCKET,
	                         json_pack("{s:s, s:s, s:s, s:s}", "act", "user-add", "name", name, "role", role,
	                                 "password", "12345678")),
	        0);
}

/* How many records of this act are in the audit. */
static int audited(struct scene *s, const char *act)
{
	struct follower *f;
	struct record r;
	int n = 0;

	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	while (follower_next(f, &r) == 1) {
		json_t *body = json_loadb((const char *)r.body, r.body_len, 0, NULL);
		assert_int_equal(r.kind, RECORD_ACT);
		n += !strcmp(json_string_value(json_object_get(body, "act")), act);
		json_decref(body);
	}
	follower_close(f);
	return n;
}

static void test_every_act_by_every_role(void **state)
{
	static const char *const roles[] = {"viewer", "technician", "admin"};
	char token[SESSION_TOKEN_SIZE], csrf[SESSION_CSRF_SIZE];
	struct scene *s = *state;

	for (size_t r = 0; r < 3; r++) {
		add_user(s, roles[r], roles[r]);
		log_in(s, roles[r], token, csrf);
		for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
			enum need need = table[i].need;
			if (need <= NEED_SESSION || need == NEED_VIEWER)
				continue; /* views need more than this scene has */
			json_t *request =
			        json_pack("{s:s, s:s, s:s}", "act", table[i].name, "session", token, "csrf", csrf);
			bool may = r + ROLE_VIEWER >= (size_t)least_role[need];
			if (!may || strcmp(table[i].name, "reload"))
				assert_int_equal(run(s, DOOR_WEB, request) == 403, !may);
			else
				json_decref(request);
		}
	}
}

static void test_nobody_without_a_session(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		/* what is tell's goes through no other door, and nothing else through tell's */
		int status = table[i].need == NEED_TELL ? 403 : 401;
		if (table[i].need != NEED_TELL)
			assert_int_equal(run(s, DOOR_TELL, json_pack("{s:s}", "act", table[i].name)), 403);
		if (table[i].need == NEED_NOTHING)
			continue;
		assert_int_equal(run(s, DOOR_WEB, json_pack("{s:s}", "act", table[i].name)), status);
		assert_int_equal(
		        run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", table[i].name, "session", "00")), status);
	}
	assert_int_equal(run(s, DOOR_WEB, json_pack("{s:s}", "act", "shutdown")), 404);
	assert_int_equal(run(s, DOOR_WEB, json_array()), 400);
	assert_int_equal(run(s, DOOR_WEB, NULL), 400);
}

static void test_changes_need_the_csrf_token(void **state)
{
	char token[SESSION_TOKEN_SIZE], csrf[SESSION_CSRF_SIZE];
	struct scene *s = *state;

	add_user(s, "root", "admin");
	log_in(s, "root", token, csrf);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!table[i].changes)
			continue;
		assert_int_equal(
		        run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", table[i].name, "session", token)), 403);
		assert_int_equal(
		        run(s, DOOR_WEB,
		                json_pack("{s:s, s:s, s:s}", "act", table[i].name, "session", token, "csrf", "x")),
		        403);
	}
	assert_int_equal(run(s, DOOR_WEB,
	                         json_pack("{s:s, s:s, s:s, s:s, s:s}", "act", "user-add", "session", token, "csrf",
	                                 csrf, "name", "ha", "role", "viewer")),
	        0);
	assert_int_equal(strlen(answered(s, "password")), 16); /* one was made */
	assert_int_equal(audited(s, "user"), 2);
}

static void test_login_and_logout(void **state)
{
	char token[SESSION_TOKEN_SIZE], csrf[SESSION_CSRF_SIZE];
	struct scene *s = *state;

	add_user(s, "ha", "viewer");
	log_in(s, "ha", token, csrf);
	assert_int_equal(run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", "session", "session", token)), 0);
	assert_string_equal(answered(s, "role"), "viewer");
	assert_string_equal(answered(s, "csrf"), csrf);
	assert_int_equal(run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", "logout", "session", token)), 0);
	assert_int_equal(run(s, DOOR_WEB, json_pack("{s:s, s:s}", "act", "session", "session", token)), 401);
	assert_int_equal(audited(s, "login"), 1);
}

static void test_failed_logins_are_slowed(void **state)
{
	struct scene *s = *state;

	add_user(s, "ha", "viewer");
	for (int i = 0; i <= LOGIN_FAILURES; i++) {
		json_t *login = json_pack(
		        "{s:s, s:s, s:s, s:s}", "act", "login", "name", "ha", "password", "wrong", "address", "::1");
		assert_int_equal(run(s, DOOR_WEB, login), i < LOGIN_FAILURES ? 401 : 429);
	}
	assert_int_equal(audited(s, "login-refused"), LOGIN_FAILURES);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up_scene, tear_down_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(test_every_act_by_every_role),
	        SCENE(test_nobody_without_a_session),
	        SCENE(test_changes_need_the_csrf_token),
	        SCENE(test_login_and_logout),
	        SCENE(test_failed_logins_are_slowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
