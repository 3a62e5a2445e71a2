/* ask: what is asked is checked, written into the audit, tried at one intake after the other, and answered once. */
#include "collector/core_ask.c"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static const char province[] = "province: { id: p, name: P }\n"
                               "sites: [ { id: s, name: S } ]\n"
                               "nodes: [ { id: n1, site: s }, { id: sw, site: s, kind: gear, address: h } ]\n";

struct scene;

/* An intake's end of the channel. */
struct far {
	struct scene *scene;
	struct channel *channel;
	int64_t status; /* what it answers; 1: nothing, ever */
	const char *json;
	int asked;
	char node[64], ask[256];
};

struct scene {
	struct core core;
	struct collector_config config;
	char dir[64];
	struct far intakes[2];
	json_t *answer;
	int answers;
};

static void on_far_message(struct channel *ch, uint16_t kind, uint32_t id, struct cursor *c, void *arg)
{
	struct far *f = arg;
	struct buf b = {0};
	size_t len;

	assert_int_equal(kind, MESSAGE_ASK);
	f->asked++;
	cursor_str(c, f->node, sizeof(f->node));
	const uint8_t *json = cursor_blob(c, &len);
	snprintf(f->ask, sizeof(f->ask), "%.*s", (int)len, (const char *)json);
	if (f->status == 1)
		return;
	buf_put_svarint(&b, f->status);
	buf_put_blob(&b, f->json, f->json ? strlen(f->json) : 0);
	channel_reply(ch, kind, id, b.data, b.len);
	buf_free(&b);
}

static void on_far_close(struct channel *ch, void *arg)
{
	(void)ch;
	((struct far *)arg)->channel = NULL;
}

static void link_intakes(struct scene *s)
{
	static const struct channel_handlers handlers = {on_far_message, on_far_close};

	for (unsigned i = 0; i < 2; i++) {
		int fds[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
		s->intakes[i] = (struct far){.scene = s, .status = -ENOTCONN};
		s->intakes[i].channel = channel_open(&s->core.loop, fds[0], &handlers, &s->intakes[i]);
		core_link_add("intake", i, fds[1], &s->core);
	}
}

static void load_inventory(struct scene *s)
{
	struct conf_errors errors = {0};
	char path[96];

	snprintf(path, sizeof(path), "%s/province.yaml", s->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(province, f);
	fclose(f);
	assert_int_equal(inventory_load(path, "UTC", 0, &s->core.inventory, &errors), 0);
}

static int set_up_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct journal_limits limits = {0};

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/ask_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->config.state_dir = s->dir;
	s->core.config = &s->config;
	uv_loop_init(&s->core.loop);
	uv_check_init(&s->core.loop, &s->core.wake);
	s->core.wake.data = &s->core;
	assert_int_equal(journal_open(&s->core.journal, &s->core.loop, s->dir, &limits, NULL, NULL), 0);
	load_inventory(s);
	link_intakes(s);
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
	for (int i = 0; i < 2; i++)
		if (s->intakes[i].channel)
			channel_close(s->intakes[i].channel);
	uv_close((uv_handle_t *)&s->core.wake, NULL);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	inventory_free(s->core.inventory);
	json_decref(s->answer);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static void on_kept(const json_t *answer, void *arg)
{
	struct scene *s = arg;

	json_decref(s->answer);
	s->answer = json_incref((json_t *)answer);
	s->answers++;
}

static void begin(struct scene *s, const char *request)
{
	acts_run(&s->core, json_loads(request, 0, NULL), DOOR_SOCKET, "uid:0", on_kept, s);
}

/* Runs to the answer; gives its status, 0 when it was done. */
static int run(struct scene *s, const char *request)
{
	int before = s->answers;

	begin(s, request);
	for (int turns = 0; s->answers == before && turns < 10000; turns++)
		uv_run(&s->core.loop, UV_RUN_ONCE);
	assert_int_equal(s->answers, before + 1);
	return (int)json_integer_value(json_object_get(s->answer, "status"));
}

static const char *error_of(const struct scene *s)
{
	const char *text = json_string_value(json_object_get(s->answer, "error"));

	return text ? text : "";
}

#define CHECK "{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"check\",\"service\":\"land\"}"

static void test_the_second_intake_has_it(void **state)
{
	struct scene *s = *state;
	struct follower *f;
	struct record r;

	s->intakes[1].status = 0;
	s->intakes[1].json = "{\"up\":true}";
	assert_int_equal(run(s, CHECK), 0);
	assert_int_equal(s->intakes[0].asked, 1);
	assert_int_equal(s->intakes[1].asked, 1);
	assert_string_equal(s->intakes[1].node, "n1");
	assert_string_equal(s->intakes[1].ask, "{\"do\":\"check\",\"service\":\"land\"}");
	assert_true(json_is_true(json_object_get(json_object_get(s->answer, "answer"), "up")));
	assert_string_equal(json_string_value(json_object_get(s->answer, "node")), "n1");
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(r.kind, RECORD_ACT);
	char *text = mem_strn((const char *)r.body, r.body_len);
	assert_non_null(strstr(text, "\"act\":\"ask\""));
	assert_non_null(strstr(text, "\"by\":\"uid:0\""));
	assert_non_null(strstr(text, "land"));
	free(text);
	follower_close(f);
}

static void test_only_what_is_known_travels(void **state)
{
	struct scene *s = *state;

	s->intakes[0].status = 0;
	s->intakes[0].json = "{}";
	assert_int_equal(run(s, "{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"trace\",\"target\":\"h\",\"session\":\"x\","
	                        "\"type\":\"tcp\",\"source\":\"10.0.0.1\"}"),
	        0);
	assert_string_equal(s->intakes[0].ask, "{\"do\":\"trace\",\"target\":\"h\",\"source\":\"10.0.0.1\"}");
	assert_int_equal(s->intakes[1].asked, 0);
}

static void test_wrong_asks_go_nowhere(void **state)
{
	struct scene *s = *state;
	static const struct {
		const char *request;
		int status;
	} wrong[] = {
	        {"{\"act\":\"ask\"}", 404},
	        {"{\"act\":\"ask\",\"node\":\"none\",\"do\":\"check\",\"service\":\"a\"}", 404},
	        {"{\"act\":\"ask\",\"node\":\"sw\",\"do\":\"check\",\"service\":\"a\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"dance\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"check\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"probe\",\"type\":\"tcp\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"probe\",\"type\":\"tcp\",\"target\":\"\"}", 400},
	        {"{\"act\":\"ask\",\"node\":\"n1\",\"do\":\"trace\",\"target\":\"h\",\"source\":5}", 400},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(run(s, wrong[i].request), wrong[i].status);
	assert_int_equal(s->intakes[0].asked + s->intakes[1].asked, 0);
	assert_int_equal(journal_last_id(s->core.journal), 0);
}

static void test_what_intake_says_is_told(void **state)
{
	struct scene *s = *state;
	struct far *f = &s->intakes[0];

	assert_int_equal(run(s, CHECK), 409);
	assert_string_equal(error_of(s), "the agent of n1 is not connected");
	f->status = -ENOTSUP;
	assert_int_equal(run(s, CHECK), 409);
	assert_non_null(strstr(error_of(s), "too old"));
	f->status = -ETIMEDOUT;
	assert_int_equal(run(s, CHECK), 503);
	f->status = -EBUSY;
	assert_int_equal(run(s, CHECK), 429);
	f->status = -EBADMSG;
	assert_int_equal(run(s, CHECK), 503);
	f->status = 0;
	f->json = "{\"error\":\"no such service\"}";
	assert_int_equal(run(s, CHECK), 409);
	assert_string_equal(error_of(s), "n1: no such service");
	f->json = "[]";
	assert_int_equal(run(s, CHECK), 503);
	assert_int_equal(s->intakes[1].asked, 1);
}

/* Core does its other work while an agent thinks; an intake that dies takes its asks with it. */
static void test_waiting_blocks_nobody(void **state)
{
	struct scene *s = *state;

	s->intakes[0].status = 1;
	begin(s, CHECK);
	while (!s->intakes[0].asked)
		uv_run(&s->core.loop, UV_RUN_ONCE);
	assert_int_equal(s->answers, 0);
	assert_int_equal(run(s, "{\"act\":\"ask\"}"), 404);
	channel_close(s->intakes[0].channel);
	while (s->answers < 2)
		uv_run(&s->core.loop, UV_RUN_ONCE);
	assert_int_equal(s->intakes[1].asked, 1); /* it may have it by now */
	assert_int_equal(json_integer_value(json_object_get(s->answer, "status")), 409);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up_scene, tear_down_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(test_the_second_intake_has_it),
	        SCENE(test_only_what_is_known_travels),
	        SCENE(test_wrong_asks_go_nowhere),
	        SCENE(test_what_intake_says_is_told),
	        SCENE(test_waiting_blocks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
