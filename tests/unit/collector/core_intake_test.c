/* What intakes send: stored before it is answered, duplicates known, gaps recorded, a lost link answered to nobody. */
#include "collector/core_intake.c"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/coredb.h"
#include "common/memory.h"

static const char province[] = "province: { id: p, name: P }\n"
                               "contacts: [ { id: c, name: C, mail: c@example.org } ]\n"
                               "units: [ { id: u, name: U, kind: commune } ]\n"
                               "sites:\n"
                               "  - { id: real, name: R, role: hq, required: yes, units: [ { unit: u } ] }\n"
                               "  - { id: made, name: M, role: hq, simulated: yes, units: [ { unit: u } ] }\n"
                               "nodes:\n"
                               "  - { id: n1, site: real, kind: server }\n"
                               "  - { id: n2, site: made, kind: server }\n";

struct scene {
	struct core core;
	struct collector_config config;
	char dir[64];
	struct channel *intake; /* the other end */
	int answers;
	int64_t last_status;
	bool hung_up;
};

static void on_intake_close(struct channel *ch, void *arg)
{
	struct scene *s = arg;

	(void)ch;
	s->intake = NULL;
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
	int err = inventory_load(path, "UTC", 0, &s->core.inventory, &errors);
	conf_errors_print(&errors);
	assert_int_equal(err, 0);
}

static void link_intake(struct scene *s)
{
	static const struct channel_handlers handlers = {.on_close = on_intake_close};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	s->intake = channel_open(&s->core.loop, fds[0], &handlers, s);
	core_link_add("intake", 0, fds[1], &s->core);
}

static int set_up_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	const struct journal_limits limits = {0};

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/core_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->config.state_dir = s->dir;
	s->core.config = &s->config;
	uv_loop_init(&s->core.loop);
	uv_check_init(&s->core.loop, &s->core.wake);
	s->core.wake.data = &s->core;
	assert_int_equal(journal_open(&s->core.journal, &s->core.loop, s->dir, &limits, NULL, NULL), 0);
	assert_int_equal(coredb_open(&s->core.db, ":memory:"), 0);
	load_inventory(s);
	link_intake(s);
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
	if (s->intake)
		channel_close(s->intake);
	uv_close((uv_handle_t *)&s->core.wake, NULL);
	uv_run(&s->core.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->core.loop), 0);
	while (s->core.spare) {
		struct core_answer *a = s->core.spare;
		s->core.spare = a->next;
		free(a);
	}
	sqlite3_close(s->core.db);
	inventory_free(s->core.inventory);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static void on_status(struct cursor *payload, void *arg)
{
	struct scene *s = arg;

	s->answers++;
	s->hung_up = !payload;
	s->last_status = payload ? cursor_svarint(payload) : 0;
}

static void send_batch(struct scene *s, const char *node, uint64_t seq, bool known)
{
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0}, m = {0};
	int64_t value = 5;

	batch_row(w, 0, 1000, &value, 1);
	batch_finish(w, &body);
	batch_writer_free(w);
	buf_put_str(&m, node);
	buf_put_u64(&m, 7);
	buf_put_u64(&m, seq);
	buf_put(&m, "0123456789abcdef", BOOT_ID_BYTES);
	buf_put_u8(&m, known);
	buf_put_svarint(&m, 1000000);
	buf_put_svarint(&m, 2);
	buf_put_varint(&m, 1);
	buf_put_varint(&m, 0);
	buf_put_str(&m, "svc");
	buf_put_u8(&m, 1);
	buf_put_str(&m, "land");
	buf_put_blob(&m, body.data, body.len);
	channel_call(s->intake, MESSAGE_BATCH, m.data, m.len, on_status, s);
	buf_free(&m);
	buf_free(&body);
}

static void wait_answers(struct scene *s, int count)
{
	for (int turns = 0; s->answers < count && turns < 10000; turns++)
		uv_run(&s->core.loop, UV_RUN_ONCE);
	assert_int_equal(s->answers, count);
}

static void test_batch_is_stored_then_answered(void **state)
{
	struct scene *s = *state;
	const char *class_name, *instance;
	struct follower *f;
	struct record r;
	uint8_t layout;

	send_batch(s, "n1", 1, true);
	send_batch(s, "n2", 1, false);
	wait_answers(s, 2);
	assert_int_equal(s->last_status, 0);
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	assert_int_equal(follower_next(f, &r), 1);
	assert_string_equal(r.node, "n1");
	assert_int_equal(r.flags, 0);
	assert_int_equal(r.offset_ms, 1000000);
	assert_memory_equal(r.boot, "0123456789abcdef", BOOT_ID_BYTES);
	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(r.flags, RECORD_SIMULATED | RECORD_UNCERTAIN);
	assert_true(follower_dict(f, "n2", 7, 0, &class_name, &layout, &instance) == false); /* body had none */
	follower_close(f);
}

static void test_duplicate_and_gap(void **state)
{
	struct scene *s = *state;
	struct follower *f;
	struct record r;

	send_batch(s, "n1", 1, true);
	send_batch(s, "n1", 1, true);
	wait_answers(s, 2);
	assert_int_equal(s->last_status, -EALREADY);
	send_batch(s, "n1", 5, true);
	wait_answers(s, 3);
	assert_int_equal(s->last_status, 0);
	assert_int_equal(follower_open(&f, s->dir, 1), 0);
	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(r.kind, RECORD_GAP);
	assert_int_equal(r.seq, 2);
	assert_memory_equal(r.body, "{\"next\":5}", r.body_len);
	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(r.seq, 5);
	follower_close(f);
}

static void test_strangers_are_refused(void **state)
{
	struct scene *s = *state;

	send_batch(s, "n3", 1, true);
	wait_answers(s, 1);
	assert_int_equal(s->last_status, -EACCES);
	channel_call(s->intake, MESSAGE_BATCH, "x", 1, on_status, s);
	wait_answers(s, 2);
	assert_int_equal(s->last_status, -EACCES);
	assert_int_equal(journal_last_id(s->core.journal), 0);
}

static void test_lost_link_is_survived(void **state)
{
	struct scene *s = *state;

	send_batch(s, "n1", 1, true);
	/* core has the batch queued when its intake goes away and comes again */
	for (int turns = 0; !journal_queued(s->core.journal) && turns < 1000; turns++)
		uv_run(&s->core.loop, UV_RUN_NOWAIT);
	channel_close(s->intake);
	wait_answers(s, 1);
	assert_true(s->hung_up);
	while (s->intake)
		uv_run(&s->core.loop, UV_RUN_ONCE);
	link_intake(s);
	send_batch(s, "n1", 1, true); /* said again */
	wait_answers(s, 2);
	assert_false(s->hung_up);
	assert_int_equal(s->last_status, -EALREADY);
	assert_int_equal(journal_last_id(s->core.journal), 1);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up_scene, tear_down_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(test_batch_is_stored_then_answered),
	        SCENE(test_duplicate_and_gap),
	        SCENE(test_strangers_are_refused),
	        SCENE(test_lost_link_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
