#include "collector/series/rrdfile.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/clock.h"

struct fixture {
	char dir[64], ours[128], theirs[128];
	struct layouts layouts;
	struct rrdfile_space space;
};

static int setup(void **state)
{
	struct fixture *x = mem_alloc(sizeof(*x));

	strcpy(x->dir, "/tmp/rrdfile-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->ours, sizeof(x->ours), "%s/site/node/ours.rrd", x->dir);
	snprintf(x->theirs, sizeof(x->theirs), "%s/theirs.rrd", x->dir);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", x->dir);
	assert_int_equal(system(command), 0);
	layouts_free(&x->layouts);
	rrdfile_space_free(&x->space);
	free(x);
	return 0;
}

static void ours_apply(struct fixture *x, struct layout *l, const int64_t *rows, unsigned count)
{
	uint8_t *header = mem_alloc(RRDFILE_HEADER_MAX);
	struct rrdfile f;
	int fd = open(x->ours, O_RDWR);

	assert_true(fd >= 0);
	ssize_t n = read(fd, header, RRDFILE_HEADER_MAX);
	assert_int_equal(rrdfile_parse(&f, header, (size_t)n), 0);
	assert_int_equal(rrdfile_matches(&f, l->class), 0);
	assert_int_equal(rrdfile_apply(&f, fd, l, rows, count, &x->space), 0);
	close(fd);
	free(header);
}

/* The same rows through librrd, as text. */
static void theirs_apply(struct fixture *x, struct layout *l, const int64_t *rows, unsigned count)
{
	unsigned columns = l->class->count;
	char **argv = mem_alloc(count * sizeof(*argv));

	for (unsigned i = 0; i < count; i++, rows += 1 + columns) {
		struct buf b = {0};

		buf_printf(&b, "%lld", (long long)rows[0]);
		for (unsigned c = 0; c < columns; c++) {
			if (rows[1 + c] == METRIC_UNKNOWN)
				buf_printf(&b, ":U");
			else if (l->class->metrics[c].decimals)
				buf_printf(
				        &b, ":%.*f", l->class->metrics[c].decimals, (double)rows[1 + c] / l->scale[c]);
			else
				buf_printf(&b, ":%lld", (long long)rows[1 + c]);
		}
		buf_put_u8(&b, 0);
		argv[i] = (char *)b.data;
	}
	if (rrd_updatex_r(x->theirs, NULL, 0, (int)count, (const char **)argv))
		fail_msg("librrd: %s", rrd_get_error());
	for (unsigned i = 0; i < count; i++)
		free(argv[i]);
	free(argv);
}

static void theirs_create(struct fixture *x, struct layout *l, int64_t start_s)
{
	char *argv[64];
	unsigned argc = layout_arguments(l, argv, 64);

	if (rrd_create_r(x->theirs, l->step_s, start_s, (int)argc, (const char **)argv))
		fail_msg("librrd: %s", rrd_get_error());
	for (unsigned i = 0; i < argc; i++)
		free(argv[i]);
}

static bool near(double a, double b)
{
	return (a != a && b != b) || fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void compare(struct fixture *x, const char *cf, unsigned long step, int64_t from, int64_t to)
{
	time_t start[2] = {from, from}, end[2] = {to, to};
	unsigned long steps[2] = {step, step}, columns[2];
	char **names[2];
	double *data[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(rrd_fetch_r(i ? x->theirs : x->ours, cf, &start[i], &end[i], &steps[i], &columns[i],
		                         &names[i], &data[i]),
		        0);
	assert_int_equal(start[0], start[1]);
	assert_int_equal(end[0], end[1]);
	assert_int_equal(steps[0], steps[1]);
	assert_int_equal(columns[0], columns[1]);
	size_t values = (size_t)(end[0] - start[0]) / steps[0] * columns[0];
	for (size_t i = 0; i < values; i++)
		if (!near(data[0][i], data[1][i]))
			fail_msg("%s of step %lu, row %zu column %zu: ours %.12g, librrd %.12g", cf, step,
			        i / columns[0], i % columns[0], data[0][i], data[1][i]);
	for (int i = 0; i < 2; i++) {
		for (unsigned long c = 0; c < columns[i]; c++)
			rrd_freemem(names[i][c]);
		rrd_freemem(names[i]);
		rrd_freemem(data[i]);
	}
}

static void random_row(const struct layout *l, int64_t *row, int64_t at_s, int64_t *counters)
{
	row[0] = at_s;
	for (unsigned c = 0; c < l->class->count; c++) {
		const struct metric *m = &l->class->metrics[c];

		if (m->kind == METRIC_COUNTER)
			counters[c] = chance_below(200) ? counters[c] + (int64_t)chance_below(100000000)
			                                : (int64_t)chance_below(1000);
		row[1 + c] =
		        chance_below(30) == 0 ? METRIC_UNKNOWN
		        : m->kind == METRIC_COUNTER
		                ? counters[c]
		                : (int64_t)chance_below(m->max > 0 ? (uint64_t)(m->max * l->scale[c]) + 1 : 1000000000);
	}
}

/* Without missing steps we and librrd must agree in every archive, for every class and step, whatever the batching. */
static void agrees_with_librrd(
        struct fixture *x, enum metric_class_id id, unsigned step_s, bool simulated, unsigned batches)
{
	struct layout *l = layouts_get(&x->layouts, metric_class(id), step_s, simulated);
	int64_t start = 1751300000 / step_s * step_s, at = start, counters[METRIC_COLUMNS_MAX] = {0};
	int64_t *rows = mem_alloc(500 * (1 + METRIC_COLUMNS_MAX) * sizeof(int64_t));

	assert_int_equal(layout_create(l, x->ours, start), 0);
	theirs_create(x, l, start);
	for (unsigned b = 0; b < batches; b++) {
		unsigned count = 1 + (unsigned)chance_below(500);

		for (unsigned i = 0; i < count; i++)
			random_row(l, rows + i * (1 + l->class->count), at += step_s, counters);
		ours_apply(x, l, rows, count);
		theirs_apply(x, l, rows, count);
	}
	compare(x, "AVERAGE", step_s, at - 86400, at);
	for (unsigned row_s = 300; row_s <= 3600; row_s *= 12) {
		compare(x, "AVERAGE", row_s, start, at);
		compare(x, "MAX", row_s, start, at);
	}
	if (id == CLASS_HOST || id == CLASS_SERVICE || id == CLASS_INTERFACE)
		compare(x, "MIN", 3600, start, at);
	free(rows);
	unlink(x->ours);
	unlink(x->theirs);
}

static void test_agrees(void **state)
{
	for (int id = 0; id < CLASS_COUNT; id++) {
		agrees_with_librrd(*state, (enum metric_class_id)id, 10, false, 90);
		agrees_with_librrd(*state, (enum metric_class_id)id, 300, true, 40);
	}
	agrees_with_librrd(*state, CLASS_SERVICE, 60, false, 20);
	agrees_with_librrd(*state, CLASS_HOST, 7, false, 20);
}

static double fetch_one(const char *path, int64_t at, unsigned long step, unsigned column)
{
	time_t start = at - (time_t)step, end = at;
	unsigned long columns;
	char **names;
	double *data, v;

	assert_int_equal(rrd_fetch_r(path, "AVERAGE", &start, &end, &step, &columns, &names, &data), 0);
	v = data[(size_t)((at - start) / (int64_t)step - 1) * columns + column];
	for (unsigned long c = 0; c < columns; c++)
		rrd_freemem(names[c]);
	rrd_freemem(names);
	rrd_freemem(data);
	return v;
}

/* A gauge says nothing about steps that have no row; the row after a gap is kept; a counter spans a short gap. */
static void test_gaps(void **state)
{
	struct fixture *x = *state;
	struct layout *l = layouts_get(&x->layouts, metric_class(CLASS_UPLINK), 10, false);
	int64_t at = 1751300000;
	int64_t rows[][8] = {
	        {at + 10, 100, 1000, 900, 1100, 5, 1000, 1000},
	        {at + 30, 200, 2000, 900, 1100, 5, 3000, 2000},
	        {at + 2000, 300, 3000, 900, 1100, 5, 9000, 9000},
	};

	assert_int_equal(layout_create(l, x->ours, at), 0);
	ours_apply(x, l, rows[0], 3);
	assert_true(near(fetch_one(x->ours, at + 10, 10, PATH_LOSS), 1));
	assert_true(isnan(fetch_one(x->ours, at + 20, 10, PATH_LOSS)));
	assert_true(near(fetch_one(x->ours, at + 30, 10, PATH_LOSS), 2));
	assert_true(near(fetch_one(x->ours, at + 20, 10, PATH_IN_OCTETS), 100));
	assert_true(near(fetch_one(x->ours, at + 30, 10, PATH_IN_OCTETS), 100));
	for (int64_t t = at + 40; t < at + 2000; t += 10)
		assert_true(isnan(fetch_one(x->ours, t, 10, PATH_RTT)));
	assert_true(near(fetch_one(x->ours, at + 2000, 10, PATH_RTT), 3));
	assert_true(isnan(fetch_one(x->ours, at + 2000, 10, PATH_IN_OCTETS)));
	/* rows thinned to five minutes keep what they say */
	assert_true(near(fetch_one(x->ours, 1751302200, 300, PATH_RTT), 3) ||
	            isnan(fetch_one(x->ours, 1751302200, 300, PATH_RTT)));
}

static void test_long_gap_wraps(void **state)
{
	struct fixture *x = *state;
	struct layout *l = layouts_get(&x->layouts, metric_class(CLASS_SERVICE), 10, false);
	int64_t at = 1600000000, late = at + INT64_C(5) * 365 * 86400;
	int64_t rows[][5] = {{at + 10, 1, 5, 6, 0}, {late, 1, 7, 8, 0}, {late + 10, 1, 9, 9, 0}};

	assert_int_equal(layout_create(l, x->ours, at), 0);
	ours_apply(x, l, rows[0], 3);
	assert_true(near(fetch_one(x->ours, late, 10, SVC_UP), 1));
	assert_true(isnan(fetch_one(x->ours, late - 10, 10, SVC_UP)));
	assert_true(isnan(fetch_one(x->ours, late - 86400, 10, SVC_UP)));
}

/* Once round: at most a page of the oldest rows is unknown early, all else is there. */
static void test_whole_pages_spare_the_rest(void **state)
{
	struct fixture *x = *state;
	struct layout *l = layouts_get(&x->layouts, metric_class(CLASS_SERVICE), 10, false);
	int64_t at = 1751300000, rows[60 * 5];
	unsigned kept = 17280, page = 4096 / (4 * sizeof(double)) + 1;

	assert_int_equal(layout_create(l, x->ours, at), 0);
	for (unsigned batch = 0; batch < 300; batch++) {
		for (unsigned i = 0; i < 60; i++) {
			const int64_t row[5] = {at += 10, 1, 1000 + i, 2000, 0};

			memcpy(rows + i * 5, row, sizeof(row));
		}
		ours_apply(x, l, rows, 60);
	}
	time_t start = at - (time_t)(kept - page) * 10, end = at - 10;
	unsigned long step = 10, columns;
	char **names;
	double *data;
	assert_int_equal(rrd_fetch_r(x->ours, "AVERAGE", &start, &end, &step, &columns, &names, &data), 0);
	assert_int_equal(step, 10);
	for (size_t i = 0; i < (size_t)(end - start) / step; i++)
		assert_true(data[i * columns + SVC_UP] == 1);
	for (unsigned long c = 0; c < columns; c++)
		rrd_freemem(names[c]);
	rrd_freemem(names);
	rrd_freemem(data);
}

static void test_replay_changes_nothing(void **state)
{
	struct fixture *x = *state;
	struct layout *l = layouts_get(&x->layouts, metric_class(CLASS_AGENT), 10, false);
	int64_t at = 1751300000, counters[METRIC_COLUMNS_MAX] = {0}, rows[200 * 6];
	char before[128], command[400];

	snprintf(before, sizeof(before), "%s/before", x->dir);
	for (unsigned i = 0; i < 200; i++)
		random_row(l, rows + i * 6, at + 10 * (i + 1), counters);
	assert_int_equal(layout_create(l, x->ours, at), 0);
	ours_apply(x, l, rows, 200);
	snprintf(command, sizeof(command), "cp %s %s", x->ours, before);
	assert_int_equal(system(command), 0);
	ours_apply(x, l, rows, 200);
	ours_apply(x, l, rows + 60 * 6, 100);
	snprintf(command, sizeof(command), "cmp %s %s", x->ours, before);
	assert_int_equal(system(command), 0);
}

static void test_refuses_others(void **state)
{
	struct fixture *x = *state;
	struct layout *l = layouts_get(&x->layouts, metric_class(CLASS_AGENT), 10, false);
	uint8_t *bytes = mem_alloc(RRDFILE_HEADER_MAX);
	struct rrdfile f;

	assert_int_equal(rrdfile_parse(&f, bytes, RRDFILE_HEADER_MAX), -EBADMSG);
	assert_int_equal(layout_create(l, x->ours, 1751300000), 0);
	memcpy(bytes, l->header, l->header_len);
	assert_int_equal(rrdfile_parse(&f, bytes, l->header_len - 1), -EBADMSG);
	assert_int_equal(rrdfile_parse(&f, bytes, l->header_len), 0);
	assert_int_equal(rrdfile_matches(&f, metric_class(CLASS_AGENT)), 0);
	assert_int_equal(rrdfile_matches(&f, metric_class(CLASS_SERVICE)), -EBADMSG);
	f.ptr[0].cur_row = f.rra[0].row_cnt;
	assert_int_equal(rrdfile_parse(&f, bytes, l->header_len), -EBADMSG);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_agrees, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_gaps, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_long_gap_wraps, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_whole_pages_spare_the_rest, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_replay_changes_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_refuses_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
