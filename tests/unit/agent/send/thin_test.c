/* thin: means of gauges, last counters, each change of a service, all events and entries; the whole stays in order. */
#include "agent/send/thin.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SET_PATH, SET_SERVICE, SET_UNKNOWN };

static const struct metric_class *class_of(void *arg, uint32_t set)
{
	(void)arg;
	return set == SET_PATH ? metric_class(CLASS_PATH) : set == SET_SERVICE ? metric_class(CLASS_SERVICE) : NULL;
}

struct seen {
	unsigned rows[3], dicts, events;
	int64_t times[3][64], first[3][64], octets[64];
	char kinds[200];
};

static void see_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	(void)set;
	(void)class_name;
	(void)layout;
	(void)instance;
	((struct seen *)arg)->dicts++;
}

static void see_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct seen *s = arg;
	unsigned i = s->rows[set]++ % 64;

	s->times[set][i] = boot_ms;
	s->first[set][i] = values[0];
	if (set == SET_PATH && count > PATH_IN_OCTETS)
		s->octets[i] = values[PATH_IN_OCTETS];
}

static void see_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct seen *s = arg;

	(void)boot_ms;
	(void)text;
	s->events++;
	strcat(s->kinds, kind);
	strcat(s->kinds, " ");
}

/* An hour of one path and one service, which fails at row 100 for two rows. */
static void make_hour(struct thin *t)
{
	struct batch_writer *w = batch_writer_new();
	struct buf body = {0};

	for (int i = 0; i < 360; i++) {
		int64_t at = 3000000 + i * 10000;
		int64_t path[METRIC_COLUMNS_MAX] = {i % 2 ? 1000 : 3000, METRIC_UNKNOWN, 0, 0, 0, i * 100, 0};
		int64_t service[METRIC_COLUMNS_MAX] = {i != 100 && i != 101, 5, 5, i == 100 || i == 101};

		buf_reset(&body);
		if (!i)
			batch_dict(w, SET_PATH, "path", 1, "core");
		if (i == 7)
			batch_event(w, at, "carrier", "eth0 down");
		batch_row(w, SET_PATH, at, path, metric_class(CLASS_PATH)->count);
		batch_row(w, SET_SERVICE, at, service, metric_class(CLASS_SERVICE)->count);
		batch_row(w, SET_UNKNOWN, at, path, 3);
		batch_finish(w, &body);
		assert_int_equal(thin_add(t, body.data, body.len), 0);
	}
	batch_writer_free(w);
	buf_free(&body);
}

static void finish(struct thin *t, struct seen *s)
{
	static const struct batch_handlers seeing = {.on_dict = see_dict, .on_row = see_row, .on_event = see_event};
	struct buf out = {0};

	memset(s, 0, sizeof(*s));
	thin_finish(t, &out);
	assert_int_equal(batch_decode(out.data, out.len, &seeing, s, NULL), 0);
	buf_free(&out);
	thin_free(t);
}

static void test_rows_of_five_minutes(void **state)
{
	struct thin *t = thin_new(THIN_ROWS, 0, class_of, NULL);
	struct seen s;

	(void)state;
	make_hour(t);
	finish(t, &s);
	assert_int_equal(s.rows[SET_PATH], 12);
	assert_int_equal(s.first[SET_PATH][3], 2000); /* the mean of 1000 and 3000 */
	assert_int_equal(s.octets[0], 29 * 100);      /* the counter as it stood last */
	assert_int_equal(s.times[SET_PATH][0], 3000000 + 29 * 10000);
	assert_int_equal(s.dicts, 1);
	assert_string_equal(s.kinds, "carrier spool-thinned ");
	assert_int_equal(s.rows[SET_UNKNOWN], 360); /* whatever it is, it is not ours to average */
}

static void test_service_keeps_its_changes(void **state)
{
	struct thin *t = thin_new(THIN_ROWS, 0, class_of, NULL);
	unsigned downs = 0;
	struct seen s;

	(void)state;
	make_hour(t);
	finish(t, &s);
	assert_in_range(s.rows[SET_SERVICE], 12, 17);
	for (unsigned i = 0; i < s.rows[SET_SERVICE]; i++) {
		if (i)
			assert_true(s.times[SET_SERVICE][i] > s.times[SET_SERVICE][i - 1]);
		if (!s.first[SET_SERVICE][i])
			downs++;
		if (!s.first[SET_SERVICE][i] && downs == 1)
			assert_int_equal(s.times[SET_SERVICE][i], 3000000 + 100 * 10000);
	}
	assert_in_range(downs, 1, 2); /* its beginning, and the last row before it was up again */
}

static void test_all_gone_but_the_dictionary(void **state)
{
	struct thin *t = thin_new(THIN_ALL, 0, class_of, NULL);
	struct seen s;

	(void)state;
	make_hour(t);
	finish(t, &s);
	assert_int_equal(s.rows[SET_PATH] + s.rows[SET_SERVICE] + s.rows[SET_UNKNOWN], 0);
	assert_int_equal(s.dicts, 1);
	assert_string_equal(s.kinds, "spool-dropped ");
}

static void test_damaged_batch(void **state)
{
	struct thin *t = thin_new(THIN_ROWS, 0, class_of, NULL);
	struct seen s;

	(void)state;
	assert_int_equal(thin_add(t, (const uint8_t *)"\x07nonsense", 9), -EBADMSG);
	finish(t, &s);
	assert_string_equal(s.kinds, "spool-thinned ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rows_of_five_minutes),
	        cmocka_unit_test(test_service_keeps_its_changes),
	        cmocka_unit_test(test_all_gone_but_the_dictionary),
	        cmocka_unit_test(test_damaged_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
