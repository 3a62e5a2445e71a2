#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/histogram.c"

static void test_error_is_at_most_one_percent(void **state)
{
	(void)state;
	for (double v = 1e-6; v < 1e9; v *= 1.0137) {
		struct histogram h = {0};
		histogram_add(&h, v);
		double got = histogram_quantile(&h, 0.5);
		assert_true(fabs(got - v) / v <= 0.01);
		histogram_free(&h);
	}
}

static void test_quantiles_of_a_known_set(void **state)
{
	struct histogram h = {0};
	(void)state;
	for (int k = 1; k <= 1000; k++)
		histogram_add(&h, k);
	assert_true(fabs(histogram_quantile(&h, 0.5) - 500) <= 6);
	assert_true(fabs(histogram_quantile(&h, 0.95) - 950) <= 10);
	assert_true(fabs(histogram_quantile(&h, 1) - 1000) <= 10);
	assert_true(fabs(histogram_quantile(&h, 0) - 1) <= 0.01);
	histogram_free(&h);
}

static void test_zero_negative_and_no_number(void **state)
{
	struct histogram h = {0};
	(void)state;
	assert_true(isnan(histogram_quantile(&h, 0.5)));
	histogram_add(&h, NAN);
	histogram_add(&h, INFINITY);
	assert_int_equal(h.total, 0);
	histogram_add(&h, 0);
	histogram_add(&h, -3);
	assert_int_equal(h.total, 2);
	assert_true(histogram_quantile(&h, 1) == 0);
	histogram_free(&h);
}

static void test_merge_is_as_if_added(void **state)
{
	struct histogram a = {0}, b = {0}, all = {0};
	(void)state;
	for (int k = 0; k < 500; k++) {
		double v = (k * 7919) % 1000 / 3.0;
		histogram_add(k % 3 ? &a : &b, v);
		histogram_add(&all, v);
	}
	histogram_merge(&a, &b);
	assert_int_equal(a.total, all.total);
	assert_int_equal(a.used, all.used);
	assert_memory_equal(a.cells, all.cells, all.used * sizeof *all.cells);
	histogram_free(&a);
	histogram_free(&b);
	histogram_free(&all);
}

static void test_encoding_comes_back(void **state)
{
	struct histogram a = {0}, b = {0};
	struct buf out = {0};
	(void)state;
	for (int k = 0; k < 300; k++)
		histogram_add(&a, k * k * 0.01);
	histogram_encode(&a, &out);
	struct cursor c = cursor_of(out.data, out.len);
	assert_int_equal(histogram_decode(&b, &c), 0);
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(a.total, b.total);
	assert_memory_equal(a.cells, b.cells, a.used * sizeof *a.cells);
	/* every cut of it is refused, and leaves nothing behind */
	for (size_t len = 0; len < out.len; len++) {
		histogram_free(&b);
		c = cursor_of(out.data, len);
		assert_int_equal(histogram_decode(&b, &c), -EBADMSG);
		assert_int_equal(b.total, 0);
	}
	histogram_free(&a);
	histogram_free(&b);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_error_is_at_most_one_percent),
	        cmocka_unit_test(test_quantiles_of_a_known_set),
	        cmocka_unit_test(test_zero_negative_and_no_number),
	        cmocka_unit_test(test_merge_is_as_if_added),
	        cmocka_unit_test(test_encoding_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
