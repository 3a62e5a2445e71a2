#include "collector/series/read.h"

#include <errno.h>
#include <math.h>
#include <rrd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define NUMBER_SIZE 32
#define FACTOR_MOST 1e15

/* Decimals worth printing at a size: about nine digits, no more than six behind the point. */
static const struct {
	double below;
	unsigned decimals;
	double scale;
} precisions[] = {{1e3, 6, 1e6}, {1e6, 3, 1e3}, {FACTOR_MOST, 1, 10}};

static unsigned put_digits(char *end, uint64_t v)
{
	unsigned n = 0;

	do {
		*--end = (char)('0' + v % 10);
		n++;
		v /= 10;
	} while (v);
	return n;
}

/* Writes the integer `scaled` with its point `decimals` from the right, without trailing zeros. */
static void put_scaled(struct buf *out, bool negative, uint64_t scaled, unsigned decimals)
{
	char text[NUMBER_SIZE], *end = text + sizeof(text);

	while (decimals && scaled % 10 == 0) {
		scaled /= 10;
		decimals--;
	}
	unsigned n = put_digits(end, scaled);
	char *begin = end - n;
	while (n <= decimals) {
		*--begin = '0';
		n++;
	}
	if (negative && scaled)
		buf_put_u8(out, '-');
	buf_put(out, begin, n - decimals);
	if (decimals) {
		buf_put_u8(out, '.');
		buf_put(out, end - decimals, decimals);
	}
}

void read_put_number(struct buf *out, double v)
{
	double size = fabs(v);

	if (!isfinite(v)) {
		buf_put(out, "null", 4);
		return;
	}
	for (size_t i = 0; i < sizeof(precisions) / sizeof(precisions[0]); i++) {
		if (size < precisions[i].below) {
			put_scaled(out, v < 0, (uint64_t)(size * precisions[i].scale + 0.5), precisions[i].decimals);
			return;
		}
	}
	buf_printf(out, "%.15g", v);
}

/* One column over `count` rows. */
static double consolidate(const double *v, size_t columns, size_t count, const char *cf)
{
	double sum = NAN;
	size_t known = 0;

	for (size_t i = 0; i < count; i++, v += columns) {
		if (*v != *v)
			continue;
		if (!known++)
			sum = *v;
		else
			sum = *cf == 'A' ? sum + *v : strcmp(cf, "MAX") == 0 ? fmax(sum, *v) : fmin(sum, *v);
	}
	return *cf == 'A' && known ? sum / (double)known : sum;
}

static void put_rows(struct buf *out, const double *data, size_t columns, size_t rows, size_t group, const char *cf)
{
	buf_reserve(out, rows / group * columns * 10 + 64);
	buf_put(out, "\"rows\":[", 8);
	for (size_t at = 0; at < rows; at += group) {
		size_t count = rows - at < group ? rows - at : group;

		if (at)
			buf_put_u8(out, ',');
		buf_put_u8(out, '[');
		for (size_t c = 0; c < columns; c++) {
			if (c)
				buf_put_u8(out, ',');
			read_put_number(out, group == 1 ? data[at * columns + c]
			                                : consolidate(data + at * columns + c, columns, count, cf));
		}
		buf_put_u8(out, ']');
	}
	buf_put(out, "]}", 2);
}

static bool cf_valid(const char *cf)
{
	return strcmp(cf, "AVERAGE") == 0 || strcmp(cf, "MAX") == 0 || strcmp(cf, "MIN") == 0;
}

int read_range(const char *path, const char *cf, int64_t from_s, int64_t to_s, uint32_t rows_max, struct buf *out)
{
	time_t start = from_s, end = to_s;
	unsigned long step = 1, columns = 0;
	char **names = NULL;
	double *data = NULL;

	if (!cf_valid(cf) || from_s < 0 || to_s <= from_s)
		return -EINVAL;
	if (access(path, R_OK))
		return -errno;
	if (rows_max && (to_s - from_s) / rows_max > 1)
		step = (unsigned long)((to_s - from_s) / rows_max);
	rrd_clear_error();
	if (rrd_fetch_r(path, cf, &start, &end, &step, &columns, &names, &data)) {
		log_warn("series: cannot read %s: %s", path, rrd_get_error());
		return -EIO;
	}
	size_t rows = (size_t)(end - start) / step,
	       group = rows_max && rows > rows_max ? (rows + rows_max - 1) / rows_max : 1;
	buf_printf(out, "{\"start\":%lld,\"step\":%lu,\"names\":[", (long long)start + (long long)(step * group),
	        step * group);
	for (unsigned long c = 0; c < columns; c++) {
		buf_printf(out, "%s\"%s\"", c ? "," : "", names[c]);
		rrd_freemem(names[c]);
	}
	buf_put(out, "],", 2);
	put_rows(out, data, columns, rows, group, cf);
	rrd_freemem(names);
	rrd_freemem(data);
	return 0;
}
