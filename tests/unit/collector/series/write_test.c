#include "collector/series/write.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/wait.h>

#include "common/clock.h"

#define T0 INT64_C(1751300100)
#define STEP 300
#define FILES 8
#define ROWS 11000
#define KILLS 60

struct fixture {
	char dir[64];
};

static int setup(void **state)
{
	struct fixture *x = mem_alloc(sizeof(*x));

	strcpy(x->dir, "/tmp/series-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	assert_int_equal(system(command), 0);
	free(x);
	return 0;
}

static const struct metric_class *class_at(unsigned file)
{
	static const enum metric_class_id ids[] = {CLASS_SERVICE, CLASS_UPLINK, CLASS_HOST, CLASS_INTERFACE};

	return metric_class(ids[file % 4]);
}

static void path_at(unsigned file, char *out, size_t size)
{
	snprintf(out, size, "site%u/node/%s.rrd", file / 4, class_at(file)->name);
}

/* What record `id` says of a file: known to both sides, never stored anywhere. Some values are unknown, some rows missing. */
static bool row_at(unsigned file, int64_t id, int64_t *values)
{
	uint64_t h = (uint64_t)id * 0x9e3779b97f4a7c15u + file * 7919;

	for (unsigned c = 0; c < class_at(file)->count; c++) {
		h = (h ^ h >> 31) * 0xbf58476d1ce4e5b9u;
		values[c] = h % 37 == 0                                         ? METRIC_UNKNOWN
		            : class_at(file)->metrics[c].kind == METRIC_COUNTER ? id * 1000 + (int64_t)(h % 1000)
		                                                                : (int64_t)(h % 100);
	}
	return h % 101 != 0;
}

static struct shard *shard_begin(
        const struct fixture *x, uv_loop_t *loop, struct series_file **files, struct book_state *state)
{
	struct shard *s;

	uv_loop_init(loop);
	if (shard_open(&s, loop, x->dir, 0, state))
		abort();
	shard_set_now(s, clock_boot_ms(), clock_wall_ms());
	s->create_budget = CREATE_BURST;
	for (unsigned f = 0; f < FILES; f++) {
		char path[FILE_PATH_SIZE];

		path_at(f, path, sizeof(path));
		files[f] = shard_file(s, path, class_at(f), STEP, true);
		if (!files[f])
			abort();
	}
	return s;
}

static void shard_feed(struct shard *s, struct series_file **files, int64_t id)
{
	int64_t values[METRIC_COLUMNS_MAX];

	for (unsigned f = 0; f < FILES; f++)
		if (row_at(f, id, values))
			shard_row(s, files[f], id, (T0 + id * STEP) * 1000 + 137, values, class_at(f)->count);
}

/* The writer that is killed: reads on from its cursor, flushes and makes checkpoints often. */
static void writer_run(const struct fixture *x)
{
	struct series_file *files[FILES];
	struct book_state state;
	uv_loop_t loop;
	struct shard *s = shard_begin(x, &loop, files, &state);

	for (int64_t id = state.cursor + 1; id <= ROWS; id++) {
		shard_feed(s, files, id);
		if (id % 5 == 0)
			shard_flush_path(s, files[id % FILES]->path);
		if (id % 29 == 0)
			shard_flush_all(s);
		if (id % 71 == 0)
			shard_checkpoint(s, id, "digest", NULL, NULL);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	shard_close(s, ROWS, "digest");
	_exit(0);
}

/* Starts a writer and kills it after a while; true when it was done before. */
static bool writer_kill(const struct fixture *x, unsigned most_us)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		writer_run(x);
	usleep((useconds_t)chance_below(most_us));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFEXITED(status);
}

static void writer_finish(const struct fixture *x)
{
	struct series_file *files[FILES];
	struct book_state state;
	uv_loop_t loop;
	struct shard *s = shard_begin(x, &loop, files, &state);

	for (int64_t id = state.cursor + 1; id <= ROWS; id++)
		shard_feed(s, files, id);
	shard_close(s, ROWS, "digest");
	uv_loop_close(&loop);
}

/* The same rows in one go, never disturbed: every byte must be equal. */
static void compare_all(const struct fixture *killed, const struct fixture *calm)
{
	for (unsigned f = 0; f < FILES; f++) {
		char path[FILE_PATH_SIZE], command[1024];

		path_at(f, path, sizeof(path));
		snprintf(command, sizeof(command), "cmp %s/rrd/%s %s/rrd/%s", killed->dir, path, calm->dir, path);
		if (system(command))
			fail_msg("%s differs", path);
	}
}

static void test_kills_lose_nothing(void **state)
{
	struct fixture *x = *state, *calm;
	unsigned kills = 0;

	setup((void **)&calm);
	writer_finish(calm);
	while (kills < KILLS && !writer_kill(x, 8000u << kills % 4))
		kills++;
	assert_true(kills > 5);
	writer_finish(x);
	compare_all(x, calm);
	teardown((void **)&calm);
}

static void values_compare(const char *path, unsigned file, int64_t first, int64_t last)
{
	time_t start = T0 + first * STEP - STEP, end = T0 + last * STEP;
	unsigned long step = STEP, columns;
	int64_t expected[METRIC_COLUMNS_MAX];
	char **names;
	double *data;

	assert_int_equal(rrd_fetch_r(path, "AVERAGE", &start, &end, &step, &columns, &names, &data), 0);
	assert_int_equal(step, STEP);
	for (int64_t id = first; id <= last; id++) {
		bool there = row_at(file, id, expected);

		for (unsigned c = 0; c < columns; c++) {
			double v = data[(size_t)(id - first) * columns + c],
			       want = (double)expected[c] / (double)metric_scale(class_at(file)->metrics[c].decimals);

			if (class_at(file)->metrics[c].kind == METRIC_COUNTER)
				continue;
			double max = class_at(file)->metrics[c].max;
			bool known = there && expected[c] != METRIC_UNKNOWN && !(max > 0 && want > max);
			if (known ? !(v == want) : v == v)
				fail_msg("%s row %lld column %u: %g, not %g", path, (long long)id, c, v,
				        known ? want : 0.0 / 0.0);
		}
	}
	for (unsigned c = 0; c < columns; c++)
		rrd_freemem(names[c]);
	rrd_freemem(names);
	rrd_freemem(data);
}

/* What rrdtool reads is what was sent, value by value. */
static void test_values_are_those_sent(void **state)
{
	struct fixture *x = *state;

	writer_finish(x);
	for (unsigned f = 0; f < FILES; f++) {
		char path[FILE_PATH_SIZE], full[FILE_PATH_SIZE + 80];

		path_at(f, path, sizeof(path));
		snprintf(full, sizeof(full), "%s/rrd/%s", x->dir, path);
		values_compare(full, f, 2, ROWS);
	}
}

/* The cursor never covers a row that waits in memory. */
static void test_cursor_waits_for_rows(void **state)
{
	struct series_file *files[FILES];
	struct book_state s0;
	uv_loop_t loop;
	struct shard *s = shard_begin(*state, &loop, files, &s0);

	for (int64_t id = 1; id <= 10; id++)
		shard_feed(s, files, id);
	assert_int_equal(shard_covered(s, 10), 0);
	for (unsigned f = 1; f < FILES; f++)
		assert_int_equal(shard_flush_path(s, files[f]->path), 0);
	assert_int_equal(shard_covered(s, 10), 0);
	assert_int_equal(shard_flush_all(s), 0);
	assert_int_equal(shard_covered(s, 10), 10);
	assert_int_equal(shard_figures(s)->rows_pending, 0);
	shard_close(s, 10, "abc");
	uv_loop_close(&loop);
	s = shard_begin(*state, &loop, files, &s0);
	assert_int_equal(s0.cursor, 10);
	assert_string_equal(s0.digest, "abc");
	/* a replay of what is there changes nothing */
	for (int64_t id = 1; id <= 10; id++)
		shard_feed(s, files, id);
	assert_int_equal(shard_figures(s)->rows_pending, 0);
	shard_close(s, 10, "abc");
	uv_loop_close(&loop);
}

static void test_passes_over(void **state)
{
	struct series_file *files[FILES];
	struct book_state s0;
	uv_loop_t loop;
	struct shard *s = shard_begin(*state, &loop, files, &s0);
	int64_t values[METRIC_COLUMNS_MAX] = {0};

	shard_row(s, files[0], 1, 1000, values, 4);                         /* 1970 */
	shard_row(s, files[0], 1, clock_wall_ms() + 2 * DAY_MS, values, 4); /* the day after tomorrow */
	assert_int_equal(shard_figures(s)->skipped_unknown, 2);
	assert_null(shard_file(s, "a/../b.rrd", class_at(0), STEP, false));
	assert_null(shard_file(s, "site0/node/svc.rrd", metric_class(CLASS_HOST), STEP, false));
	shard_close(s, 0, "");
	uv_loop_close(&loop);
}

/* A file that is not ours is left alone, and does not stop the others. */
static void test_foreign_file(void **state)
{
	struct fixture *x = *state;
	struct series_file *files[FILES];
	struct book_state s0;
	uv_loop_t loop;
	char path[256];
	struct shard *s;

	snprintf(path, sizeof(path), "mkdir -p %s/rrd/site0/node && echo junk >%s/rrd/site0/node/agent.rrd", x->dir,
	        x->dir);
	assert_int_equal(system(path), 0);
	s = shard_begin(x, &loop, files, &s0);
	assert_null(shard_file(s, "site0/node/agent.rrd", metric_class(CLASS_AGENT), STEP, false));
	for (int64_t id = 1; id <= 20; id++)
		shard_feed(s, files, id);
	assert_int_equal(shard_flush_all(s), 0);
	shard_close(s, 20, "");
	uv_loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_kills_lose_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_values_are_those_sent, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_cursor_waits_for_rows, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_passes_over, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_foreign_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
