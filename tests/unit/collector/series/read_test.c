#include "collector/series/read.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"

static const char *number(struct buf *b, double v)
{
	buf_reset(b);
	read_put_number(b, v);
	buf_put_u8(b, 0);
	return (const char *)b->data;
}

/* printf's digits without the zeros behind. */
static void printed(double v, int decimals, char *out, size_t size)
{
	snprintf(out, size, "%.*f", decimals, v);
	if (!strchr(out, '.'))
		return;
	char *end = out + strlen(out) - 1;
	while (*end == '0')
		*end-- = 0;
	if (*end == '.')
		*end = 0;
	if (strcmp(out, "-0") == 0)
		strcpy(out, "0");
}

static void test_numbers_as_printf(void **state)
{
	struct buf b = {0};
	char expected[64];

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		int64_t mantissa = (int64_t)chance_below(1000000) - 500000;
		static const double scales[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6};
		double v = (double)mantissa / scales[chance_below(7)];
		double size = fabs(v);

		printed(v, size < 1e3 ? 6 : size < 1e6 ? 3 : 1, expected, sizeof(expected));
		assert_string_equal(number(&b, v), expected);
	}
	for (unsigned i = 0; i < 100000; i++) {
		double v = (double)(int64_t)chance_u64();

		assert_true(fabs(strtod(number(&b, v), NULL) - v) <= fabs(v) * 1e-14 + 0.05);
	}
	buf_free(&b);
}

static void test_numbers_at_the_edges(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(number(&b, NAN), "null");
	assert_string_equal(number(&b, INFINITY), "null");
	assert_string_equal(number(&b, 0), "0");
	assert_string_equal(number(&b, -0.0), "0");
	assert_string_equal(number(&b, -0.0000001), "0");
	assert_string_equal(number(&b, -0.25), "-0.25");
	assert_string_equal(number(&b, 999.9999999), "1000");
	assert_string_equal(number(&b, 0.000001), "0.000001");
	assert_string_equal(number(&b, 123456789012.0), "123456789012");
	assert_string_equal(number(&b, 1e300), "1e+300");
	buf_free(&b);
}

static void make_file(char *path)
{
	const char *argv[] = {"DS:a:GAUGE:25:U:U", "DS:b:GAUGE:25:U:U", "RRA:AVERAGE:0.5:1:100", "RRA:MAX:0.5:10:100"};
	char row[64];

	assert_int_equal(rrd_create_r(path, 10, 1751300000, 4, argv), 0);
	for (int i = 1; i <= 60; i++) {
		const char *rows[] = {row};

		snprintf(row, sizeof(row), i == 3 ? "%ld:U:%d.5" : "%ld:%d:%d.5", 1751300000L + 10 * i, i, i);
		assert_int_equal(rrd_update_r(path, NULL, 1, rows), 0);
	}
}

static void test_range(void **state)
{
	char path[] = "/tmp/read-XXXXXX";
	struct buf b = {0};
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	make_file(path);
	assert_int_equal(read_range(path, "AVERAGE", 1751300000, 1751300040, 0, &b), 0);
	buf_put_u8(&b, 0);
	/* rrd_fetch gives one row beyond the end when it lies on a step */
	assert_string_equal((char *)b.data, "{\"start\":1751300010,\"step\":10,\"names\":[\"a\",\"b\"],\"rows\":[[1,1."
	                                    "5],[2,2.5],[null,3.5],[4,4.5],[5,5.5]]}");
	buf_reset(&b);
	assert_int_equal(read_range(path, "MAX", 1751300000, 1751300590, 2, &b), 0);
	assert_int_equal(read_range(path, "LAST", 1751300000, 1751300590, 2, &b), -EINVAL);
	assert_int_equal(read_range(path, "AVERAGE", 1751300590, 1751300000, 2, &b), -EINVAL);
	unlink(path);
	assert_int_equal(read_range(path, "AVERAGE", 1751300000, 1751300590, 2, &b), -ENOENT);
	buf_free(&b);
}

/* More rows on file than wanted are taken together by the function asked for. */
static void test_groups(void **state)
{
	static const double rows[] = {1, 10, NAN, 20, 3, 30, NAN, NAN};
	struct buf b = {0};

	(void)state;
	put_rows(&b, rows, 2, 4, 2, "AVERAGE");
	put_rows(&b, rows, 2, 4, 4, "MAX");
	put_rows(&b, rows, 2, 4, 3, "MIN");
	buf_put_u8(&b, 0);
	assert_string_equal(
	        (char *)b.data, "\"rows\":[[1,15],[3,30]]}\"rows\":[[3,30]]}\"rows\":[[1,10],[null,null]]}");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_numbers_as_printf),
	        cmocka_unit_test(test_numbers_at_the_edges),
	        cmocka_unit_test(test_range),
	        cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
