#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "collector/judge/figures.c"

static void test_an_hour_comes_back(void **state)
{
	struct figures f = {.values = 2}, g = {0};
	struct buf out = {0};
	int64_t hour = 486000LL * FIGURES_HOUR_MS;
	(void)state;
	assert_true(figures_over(&f, hour));
	figures_begin(&f, hour);
	assert_false(figures_over(&f, hour + FIGURES_HOUR_MS - 1));
	for (int k = 0; k < 360; k++) {
		figures_add(&f, 0, hour + k * 10000, k % 50, 100);
		figures_add(&f, 1, hour + k * 10000, 5000 + k, 1000);
	}
	figures_add(&f, 1, hour + FIGURES_HOUR_MS, 1, 1); /* of another hour */
	figures_encode(&f, &out);
	struct cursor c = cursor_of(out.data, out.len);
	assert_int_equal(figures_decode(&g, &c), 0);
	assert_int_equal(g.hour, f.hour);
	assert_int_equal(g.values, 2);
	assert_int_equal(g.value[1].buckets[0].count, 30);
	assert_int_equal(g.value[1].buckets[0].min, 5000);
	assert_int_equal(g.value[1].buckets[0].max, 5029);
	assert_int_equal(g.value[1].buckets[11].sum, 30 * 5330 + 30 * 29 / 2);
	assert_true(fabs(histogram_quantile(&g.value[1].histogram, 0.5) - 5.18) < 0.06);
	assert_int_equal(g.value[1].histogram.total, 360);
	for (size_t len = 0; len < out.len; len++) {
		struct figures cut = {0};
		c = cursor_of(out.data, len);
		assert_int_equal(figures_decode(&cut, &c), -EBADMSG);
		figures_free(&cut);
	}
	figures_free(&f);
	figures_free(&g);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_hour_comes_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
