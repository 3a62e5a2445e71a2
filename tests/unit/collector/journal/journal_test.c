/* The append half and the follower half over real files: rotation, duplicates, dropping, fullness, damage, kill -9. */
#include "collector/journal/journal.c"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	char dir[64];
	uv_loop_t loop;
	struct journal *journal;
	int answers, stored, already, refused, fulls;
	int64_t last_answer;
	bool disordered;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int set_up_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	log_open("test", LOG_LEVEL_ERROR);
	strcpy(s->dir, "/tmp/journal_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(uv_loop_init(&s->loop), 0);
	*state = s;
	return 0;
}

static void on_full_told(bool full, void *arg)
{
	struct scene *s = arg;

	s->fulls += full ? 1 : 100;
}

static void open_journal(struct scene *s, struct journal_limits limits)
{
	assert_int_equal(journal_open(&s->journal, &s->loop, s->dir, &limits, on_full_told, s), 0);
}

static void close_journal(struct scene *s)
{
	journal_close(s->journal);
	s->journal = NULL;
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

static int tear_down_scene(void **state)
{
	struct scene *s = *state;

	if (s->journal)
		close_journal(s);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
	return 0;
}

static void on_answer(int status, int64_t id, void *arg)
{
	struct scene *s = arg;

	s->answers++;
	s->stored += status == 0;
	s->already += status == -EALREADY;
	s->refused += status == -ENOSPC;
	if (!status) {
		s->disordered |= id != s->last_answer + 1 && s->last_answer;
		s->last_answer = id;
	}
}

static void make_batch(struct buf *out, uint32_t set, const char *instance, int64_t value)
{
	struct batch_writer *w = batch_writer_new();

	if (instance)
		batch_dict(w, set, "svc", 1, instance);
	batch_row(w, set, 1000 + value, &value, 1);
	batch_finish(w, out);
	batch_writer_free(w);
}

static void append_batch_of(struct scene *s, const char *node, uint64_t epoch, uint64_t seq, const struct buf *body)
{
	struct record r = {.kind = RECORD_BATCH, .node = node, .epoch = epoch, .seq = seq, .offset_ms = -5};

	memset(r.boot, 7, sizeof(r.boot));
	r.body = body->data;
	r.body_len = body->len;
	journal_append(s->journal, &r, on_answer, s);
}

static void append_keyed_record(struct scene *s, const char *key, const char *text)
{
	struct record r = {.kind = RECORD_CONCLUSION, .node = "n", .key = key};

	r.body = (const uint8_t *)text;
	r.body_len = strlen(text);
	journal_append(s->journal, &r, on_answer, s);
}

static void test_appended_is_followed(void **state)
{
	struct scene *s = *state;
	struct buf first = {0}, second = {0};
	const char *class_name, *instance;
	struct follower *f;
	struct record r;
	uint8_t layout;

	open_journal(s, (struct journal_limits){0});
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	assert_int_equal(follower_next(f, &r), 0);
	make_batch(&first, 3, "land", 42);
	make_batch(&second, 3, NULL, 43);
	append_batch_of(s, "mk-srv1", 99, 1, &first);
	append_batch_of(s, "mk-srv1", 99, 2, &second);
	append_keyed_record(s, "k/1", "{}");
	assert_int_equal(s->answers, 0); /* only after the commit */
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(s->stored, 3);
	assert_int_equal(journal_last_id(s->journal), 3);

	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(r.id, 1);
	assert_int_equal(r.kind, RECORD_BATCH);
	assert_int_equal(r.flags, 0);
	assert_string_equal(r.node, "mk-srv1");
	assert_int_equal(r.epoch, 99);
	assert_int_equal(r.seq, 1);
	assert_int_equal(r.offset_ms, -5);
	assert_int_equal(r.boot[15], 7);
	assert_int_equal(r.body_len, first.len);
	assert_memory_equal(r.body, first.data, first.len);
	assert_true(follower_dict(f, "mk-srv1", 99, 3, &class_name, &layout, &instance));
	assert_string_equal(class_name, "svc");
	assert_string_equal(instance, "land");
	assert_int_equal(layout, 1);
	assert_false(follower_dict(f, "mk-srv1", 98, 3, &class_name, &layout, &instance));
	assert_int_equal(follower_next(f, &r), 1);
	assert_int_equal(follower_next(f, &r), 1);
	assert_string_equal(r.key, "k/1");
	assert_int_equal(follower_next(f, &r), 0);
	follower_close(f);
	buf_free(&first);
	buf_free(&second);
}

static void test_duplicates_store_nothing(void **state)
{
	struct scene *s = *state;
	struct buf body = {0};

	open_journal(s, (struct journal_limits){0});
	make_batch(&body, 0, "", 1);
	append_batch_of(s, "a", 1, 5, &body);
	append_batch_of(s, "a", 1, 5, &body); /* still queued */
	append_keyed_record(s, "x", "1");
	append_keyed_record(s, "x", "2");
	assert_int_equal(journal_stream_seq(s->journal, "a", 1), 5);
	assert_int_equal(journal_stream_committed(s->journal, "a", 1), 0);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(s->stored, 2);
	assert_int_equal(s->already, 2);
	close_journal(s);

	open_journal(s, (struct journal_limits){0}); /* and after a restart */
	assert_int_equal(journal_stream_committed(s->journal, "a", 1), 5);
	append_batch_of(s, "a", 1, 4, &body);
	append_batch_of(s, "a", 2, 1, &body); /* another epoch */
	append_keyed_record(s, "x", "3");
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(s->stored, 3);
	assert_int_equal(s->already, 4);
	assert_true(journal_stream_outdated(s->journal, "a", 1));
	assert_false(journal_stream_outdated(s->journal, "a", 2));
	assert_false(journal_stream_outdated(s->journal, "a", 3));
	buf_free(&body);
}

/* Appends `count` batches of about 1 KB from sequence `seq` on, running the loop now and then. */
static void append_many(struct scene *s, uint64_t seq, int count)
{
	struct buf body = {0};
	struct batch_writer *w = batch_writer_new();
	int64_t values[16];

	for (int i = 0; i < 16; i++)
		values[i] = INT64_C(1) << 50;
	for (int i = 0; i < 8; i++)
		batch_row(w, 1, 5000, values, 16);
	for (int i = 0; i < count; i++) {
		if (!body.len)
			batch_finish(w, &body);
		append_batch_of(s, "many", 1, seq + (uint64_t)i, &body);
		if (i % 50 == 49)
			uv_run(&s->loop, UV_RUN_DEFAULT);
	}
	uv_run(&s->loop, UV_RUN_DEFAULT);
	batch_writer_free(w);
	buf_free(&body);
}

static size_t count_segments(struct scene *s)
{
	int64_t *firsts;
	size_t count;

	assert_int_equal(segment_list(s->dir, &firsts, &count), 0);
	free(firsts);
	return count;
}

static void test_follows_over_rotation(void **state)
{
	struct scene *s = *state;
	struct buf dict = {0};
	struct follower *early, *late;
	const char *class_name, *instance;
	struct record r;
	uint8_t layout;

	open_journal(s, (struct journal_limits){.segment_bytes = 300 * 1024});
	assert_int_equal(follower_open(&early, s->dir, 0), 0);
	make_batch(&dict, 9, "first", 1);
	append_batch_of(s, "first", 1, 1, &dict);
	for (int64_t round = 0, want = 1; round < 20; round++) {
		append_many(s, 1 + (uint64_t)round * 100, 100);
		while (follower_next(early, &r) == 1)
			assert_int_equal(r.id, want++);
		assert_int_equal(want, 2 + (round + 1) * 100);
	}
	assert_in_range(count_segments(s), 3, 100);
	assert_false(s->disordered);

	/* one that starts late in a later segment knows the dictionary of the first batch */
	assert_int_equal(follower_open(&late, s->dir, 1990), 0);
	assert_int_equal(follower_next(late, &r), 1);
	assert_int_equal(r.id, 1991);
	assert_true(follower_dict(late, "first", 1, 9, &class_name, &layout, &instance));
	assert_string_equal(instance, "first");
	close_journal(s);
	open_journal(s, (struct journal_limits){.segment_bytes = 300 * 1024});
	assert_int_equal(journal_stream_seq(s->journal, "first", 1), 1);
	assert_int_equal(journal_stream_seq(s->journal, "many", 1), 2000);
	follower_close(early);
	follower_close(late);
	buf_free(&dict);
}

static void pass_a_second(struct scene *s)
{
	on_housekeep(&s->journal->housekeep);
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

static void test_drops_by_age_but_not_past_a_cursor(void **state)
{
	struct scene *s = *state;
	int64_t day_ms = 86400000;

	clock_fake(1000 * day_ms, 0);
	open_journal(s, (struct journal_limits){.keep_ms = 8 * day_ms, .segment_bytes = 200 * 1024});
	journal_set_cursor(s->journal, "judge", 0);
	append_many(s, 1, 1000);
	size_t before = count_segments(s);
	assert_in_range(before, 3, 100);
	clock_fake_advance(9 * day_ms);
	append_many(s, 1001, 1);
	append_many(s, 1002, 1);
	assert_int_equal(count_segments(s), before + 1); /* too long a span: a new segment; judge has read nothing */
	journal_set_cursor(s->journal, "judge", 400);
	pass_a_second(s);
	size_t some = count_segments(s);
	assert_in_range(some, 2, before);
	journal_set_cursor(s->journal, "judge", 1002);
	pass_a_second(s);
	assert_in_range(count_segments(s), 1, some - 1);
	assert_int_equal(journal_stream_seq(s->journal, "many", 1), 1002);
	clock_real();
}

static void test_full_refuses_until_room(void **state)
{
	struct scene *s = *state;

	open_journal(s, (struct journal_limits){.max_bytes = 2 << 20, .segment_bytes = 200 * 1024});
	journal_set_cursor(s->journal, "series", 0);
	append_many(s, 1, 20000);
	assert_in_range(s->refused, 1, 19999);
	assert_int_equal(s->stored + s->refused, 20000);
	assert_int_equal(s->fulls, 1);
	assert_int_equal(journal_stream_seq(s->journal, "many", 1), s->stored);

	/* the refused ones are taken when the follower has read on */
	journal_set_cursor(s->journal, "series", journal_last_id(s->journal));
	pass_a_second(s);
	assert_int_equal(s->fulls, 101);
	int stored = s->stored;
	append_many(s, (uint64_t)stored + 1, 100);
	assert_int_equal(s->stored, stored + 100);
	assert_false(s->disordered);
}

/* The disk refuses writes for a while: what was queued behind fails too, and all of it can be said again. */
static void test_failed_commit_keeps_the_order(void **state)
{
	struct scene *s = *state;
	struct rlimit before, small = {.rlim_cur = 64 * 1024};
	struct follower *f;
	struct record r;

	open_journal(s, (struct journal_limits){0});
	append_many(s, 1, 50);
	int stored = s->stored;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	log_open("test", 0);
	append_many(s, 51, 1000);
	append_keyed_record(s, "k", "{}");
	uv_run(&s->loop, UV_RUN_DEFAULT);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(s->answers, 1051);
	assert_in_range(s->stored, stored, 1049);
	assert_int_equal(s->already, 0);
	stored = (int)journal_stream_seq(s->journal, "many", 1);
	assert_int_equal(stored, s->stored);

	/* one that was on its way behind the failed ones is not taken for their successor */
	int answers = s->answers;
	append_many(s, 1051, 1);
	assert_int_equal(s->answers, answers + 1);
	assert_int_equal(s->stored, stored);
	append_many(s, (uint64_t)stored + 1, 1050 - stored);
	append_keyed_record(s, "k", "{}");
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(s->stored, 1051);
	assert_int_equal(s->already, 0);
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	for (int64_t id = 1; id <= 1051; id++) {
		assert_int_equal(follower_next(f, &r), 1);
		assert_int_equal(r.id, id);
		assert_int_equal(r.kind == RECORD_BATCH ? r.seq : 1051, id);
	}
	assert_int_equal(follower_next(f, &r), 0);
	follower_close(f);
}

static void test_unreadable_segment_is_set_aside(void **state)
{
	struct scene *s = *state;
	char path[128], aside[160];
	struct follower *f;
	struct record r;
	int64_t *firsts, last = 0;
	size_t count;

	open_journal(s, (struct journal_limits){.segment_bytes = 200 * 1024});
	append_many(s, 1, 1000);
	close_journal(s);
	assert_int_equal(segment_list(s->dir, &firsts, &count), 0);
	assert_in_range(count, 3, 100);
	segment_path(s->dir, firsts[1], path, sizeof(path));
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "this is no database at all", 26, 0), 26);
	close(fd);
	log_open("test", 0);
	open_journal(s, (struct journal_limits){.segment_bytes = 200 * 1024});
	snprintf(aside, sizeof(aside), "%s.bad", path);
	assert_int_equal(access(aside, F_OK), 0);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	int64_t missing = 0;
	while (follower_next(f, &r) == 1) {
		missing += r.id - last - 1;
		last = r.id;
	}
	assert_int_equal(missing, firsts[2] - firsts[1]);
	assert_int_equal(last, 1001); /* the loss itself is recorded */
	assert_int_equal(r.kind, RECORD_PROCESS);
	follower_close(f);
	free(firsts);
}

/* ---- kill -9 ---- */

struct child {
	struct scene *scene;
	int report;
	uint64_t seq;
};

static void on_child_answer(int status, int64_t id, void *arg)
{
	struct child *c = arg;
	int64_t answered[2] = {status, id};

	if (write(c->report, answered, sizeof(answered)) != (ssize_t)sizeof(answered))
		_exit(1);
}

static void append_for_ever(struct scene *s, int report)
{
	struct child c = {.scene = s, .report = report};
	struct buf body = {0};

	make_batch(&body, 1, "x", 7);
	if (uv_loop_init(&s->loop))
		_exit(1);
	open_journal(s, (struct journal_limits){.segment_bytes = 100 * 1024});
	c.seq = journal_stream_seq(s->journal, "child", 1);
	for (;;) {
		for (int i = 0; i < 20; i++) {
			struct record r = {.kind = RECORD_BATCH, .node = "child", .epoch = 1, .seq = ++c.seq};
			r.body = body.data;
			r.body_len = body.len;
			journal_append(s->journal, &r, on_child_answer, &c);
		}
		uv_run(&s->loop, UV_RUN_DEFAULT);
	}
}

static int64_t kill_one(struct scene *s)
{
	int pipe_fds[2];
	int64_t answered[2], last = 0;

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t pid = fork();
	if (!pid) {
		close(pipe_fds[0]);
		append_for_ever(s, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	usleep((unsigned)(20000 + chance_below(30000)));
	kill(pid, SIGKILL);
	while (read(pipe_fds[0], answered, sizeof(answered)) == (ssize_t)sizeof(answered)) {
		assert_int_equal(answered[0], 0);
		last = answered[1];
	}
	close(pipe_fds[0]);
	waitpid(pid, NULL, 0);
	return last;
}

static void test_kill_loses_nothing_answered(void **state)
{
	struct scene *s = *state;
	int64_t answered = 0;

	for (int i = 0; i < 25; i++) {
		int64_t last = kill_one(s);
		answered = last > answered ? last : answered;
	}
	struct follower *f;
	struct record r;
	int64_t id = 0;
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	while (follower_next(f, &r) == 1) {
		assert_int_equal(r.id, ++id);
		assert_int_equal(r.seq, id); /* none twice, none missing: each child went on where the last one stood */
	}
	assert_true(id >= answered);
	assert_true(answered > 100);
	follower_close(f);
}

/* ---- speed ---- */

static void test_append_speed(void **state)
{
	struct scene *s = *state;
	uint8_t body[150] = {1, 0, 2};
	struct record r = {.kind = RECORD_BATCH, .node = "lao-cai-srv1", .epoch = 1, .body = body, .body_len = 150};
	struct timespec from, to;

	open_journal(s, (struct journal_limits){0});
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; i < 100000; i++) {
		r.seq++;
		journal_append(s->journal, &r, on_answer, s);
		if (i % 100 == 99)
			uv_run(&s->loop, UV_RUN_DEFAULT);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	double cpu_s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("appends per CPU-second at 100 a commit: %.0f\n", 100000 / cpu_s);
	assert_int_equal(s->stored, 100000);

	struct follower *f;
	struct record got;
	int n = 0;
	assert_int_equal(follower_open(&f, s->dir, 0), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	while (follower_next(f, &got) == 1)
		n++;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	cpu_s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("records followed per CPU-second: %.0f\n", n / cpu_s);
	assert_int_equal(n, 100000);
	follower_close(f);
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, set_up_scene, tear_down_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SCENE(test_appended_is_followed),
	        SCENE(test_duplicates_store_nothing),
	        SCENE(test_follows_over_rotation),
	        SCENE(test_drops_by_age_but_not_past_a_cursor),
	        SCENE(test_full_refuses_until_room),
	        SCENE(test_failed_commit_keeps_the_order),
	        SCENE(test_unreadable_segment_is_set_aside),
	        SCENE(test_kill_loses_nothing_answered),
	        SCENE(test_append_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
