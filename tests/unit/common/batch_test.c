/* batch: rows come back as they went in, small, and no bytes of anybody break the decoder. */
#include <stdio.h>

#include "common/batch.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"

struct seen {
	unsigned rows, dicts, events;
	int64_t times[64], first[64], last[64];
	uint32_t sets[64];
	char text[64];
};

static void on_row(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count)
{
	struct seen *s = arg;

	s->sets[s->rows % 64] = set;
	s->times[s->rows % 64] = boot_ms;
	s->first[s->rows % 64] = values[0];
	s->last[s->rows % 64] = values[count - 1];
	s->rows++;
}

static void on_dict(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance)
{
	struct seen *s = arg;

	s->dicts++;
	snprintf(s->text, sizeof(s->text), "%u %s %u %s", set, class_name, layout, instance);
}

static void on_event(void *arg, int64_t boot_ms, const char *kind, const char *text)
{
	struct seen *s = arg;

	s->events++;
	snprintf(s->text, sizeof(s->text), "%lld %s %s", (long long)boot_ms, kind, text);
}

static const struct batch_handlers handlers = {.on_dict = on_dict, .on_row = on_row, .on_event = on_event};

static void fill(struct batch_writer *w)
{
	const int64_t a[] = {1, METRIC_UNKNOWN, 3}, b[] = {-5, 7, INT64_MIN + 1};

	batch_dict(w, 7, "svc", 1, "land");
	batch_row(w, 7, 1000, a, 3);
	batch_row(w, 8, 1000, b, 3);
	batch_row(w, 7, 11000, b, 3);
	batch_event(w, 12000, "carrier", "eth0 down");
}

static void test_round_trip(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf out = {0};
	struct seen s = {0};
	struct batch_summary sum;

	(void)state;
	fill(w);
	batch_finish(w, &out);
	assert_int_equal(batch_decode(out.data, out.len, &handlers, &s, &sum), 0);
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.sets[0], 7);
	assert_int_equal(s.sets[1], 7);
	assert_int_equal(s.sets[2], 8);
	assert_int_equal(s.times[1], 11000);
	assert_int_equal(s.first[1], -5);
	assert_int_equal(s.last[0], 3);
	assert_true(s.last[1] == METRIC_UNKNOWN); /* no measurement is that small */
	assert_int_equal(sum.rows, 3);
	assert_int_equal(sum.values, 9);
	assert_int_equal(sum.first_boot_ms, 1000);
	assert_int_equal(sum.last_boot_ms, 12000);
	assert_int_equal(s.dicts, 1);
	assert_string_equal(s.text, "12000 carrier eth0 down");
	batch_finish(w, &out);
	batch_writer_free(w);
	buf_free(&out);
}

static void test_empty_appends_nothing(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf out = {0};

	(void)state;
	batch_finish(w, &out);
	assert_int_equal(out.len, 0);
	batch_writer_free(w);
}

static void test_writer_is_reused(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf one = {0}, two = {0};

	(void)state;
	fill(w);
	batch_finish(w, &one);
	fill(w);
	batch_finish(w, &two);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	batch_writer_free(w);
	buf_free(&one);
	buf_free(&two);
}

static void test_steady_rows_are_small(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf out = {0};
	int64_t row[6] = {1000000, 5, 100, 100, 0, 0};

	(void)state;
	for (int i = 0; i < 60; i++) {
		row[0] += 37;
		batch_row(w, 1, INT64_C(1700000000000) + i * 10000, row, 6);
	}
	batch_finish(w, &out);
	assert_true(out.len < 60 * 6 * 2); /* below two bytes a value, times included */
	batch_writer_free(w);
	buf_free(&out);
}

static void test_truncation_is_refused(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf out = {0};

	(void)state;
	const int64_t row[] = {12345, 678};
	batch_row(w, 1, 5000, row, 2);
	batch_finish(w, &out);
	for (size_t len = 0; len < out.len; len++)
		if (len != 3) /* head alone: an empty batch is whole */
			assert_int_equal(batch_decode(out.data, len, NULL, NULL, NULL), -EBADMSG);
	batch_writer_free(w);
	buf_free(&out);
}

static void test_mutations_never_break(void **state)
{
	struct batch_writer *w = batch_writer_new();
	struct buf out = {0};
	unsigned bad = 0;

	(void)state;
	fill(w);
	batch_finish(w, &out);
	for (int i = 0; i < 20000; i++) {
		struct seen s = {0};
		uint8_t *copy = malloc(out.len);
		memcpy(copy, out.data, out.len);
		for (unsigned k = 0; k <= chance_below(3); k++)
			copy[chance_below(out.len)] = (uint8_t)chance_u64();
		bad += batch_decode(copy, out.len, &handlers, &s, NULL) != 0;
		free(copy);
	}
	assert_true(bad > 1000);
	batch_writer_free(w);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_empty_appends_nothing),
	        cmocka_unit_test(test_writer_is_reused),
	        cmocka_unit_test(test_steady_rows_are_small),
	        cmocka_unit_test(test_truncation_is_refused),
	        cmocka_unit_test(test_mutations_never_break),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
