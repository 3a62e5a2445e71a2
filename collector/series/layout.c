#include "collector/series/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/series/rrdfile.h"
#include "common/log.h"
#include "common/memory.h"

#define DAY_S 86400u
#define COUNTER_HEARTBEAT_S 310u /* a full spool thins to rows of 5 minutes */
#define XFF 0.98                 /* one known row in fifty is shown: what was measured is never hidden */
#define ARGUMENTS_MAX (METRIC_COLUMNS_MAX + 9)
#define FILL_BYTES (256 * 1024)

/* DESIGN.md 'Archives'. */
static const struct archive_rule {
	unsigned row_s; /* 0: the step */
	unsigned days, days_of_lines, days_simulated;
	bool extremes; /* MAX, and MIN where low is bad, beside AVERAGE */
} archive_rules[] = {
        {.row_s = 0, .days = 2, .days_of_lines = 2, .days_simulated = 2, .extremes = false},
        {.row_s = 300, .days = 60, .days_of_lines = 400, .days_simulated = 40, .extremes = true},
        {.row_s = 3600, .days = 730, .days_of_lines = 730, .days_simulated = 180, .extremes = true},
};

static bool is_simulated(const struct layout *l)
{
	return strstr(l->id, "/sim") != NULL;
}

struct layout *layouts_get(struct layouts *all, const struct metric_class *class, unsigned step_s, bool simulated)
{
	char id[LAYOUT_ID_SIZE];

	snprintf(id, sizeof(id), "%s%u/%u%s", class->name, class->layout, step_s, simulated ? "/sim" : "");
	for (struct layout *l = all->first; l; l = l->next)
		if (strcmp(l->id, id) == 0)
			return l;
	struct layout *l = mem_alloc(sizeof(*l));
	memcpy(l->id, id, sizeof(id));
	l->class = class;
	l->step_s = step_s;
	for (unsigned c = 0; c < class->count; c++)
		l->scale[c] = (double)metric_scale(class->metrics[c].decimals);
	l->next = all->first;
	all->first = l;
	return l;
}

void layouts_free(struct layouts *all)
{
	for (struct layout *l = all->first, *next; l; l = next) {
		next = l->next;
		free(l->header);
		free(l);
	}
	all->first = NULL;
}

static char *source_argument(const struct metric *m, unsigned step_s)
{
	unsigned heartbeat_s = step_s * 5 / 2;
	bool counter = m->kind == METRIC_COUNTER;
	char max[32] = "U";

	if (counter && heartbeat_s < COUNTER_HEARTBEAT_S)
		heartbeat_s = COUNTER_HEARTBEAT_S;
	if (m->max > 0)
		snprintf(max, sizeof(max), "%.0f", m->max);
	return mem_printf(
	        "DS:%s:%s:%u:%s:%s", m->name, counter ? "DERIVE" : "GAUGE", heartbeat_s, counter ? "0" : "U", max);
}

static bool class_low_is_bad(const struct metric_class *class)
{
	for (unsigned c = 0; c < class->count; c++)
		if (class->metrics[c].low_is_bad)
			return true;
	return false;
}

unsigned layout_arguments(const struct layout *l, char **argv, unsigned max)
{
	static const char *const functions[] = {"AVERAGE", "MAX", "MIN"};
	bool line = l->class->id == CLASS_UPLINK || l->class->id == CLASS_PATH;
	unsigned functions_kept = class_low_is_bad(l->class) ? 3 : 2, n = 0;

	for (unsigned c = 0; c < l->class->count && n < max; c++)
		argv[n++] = source_argument(&l->class->metrics[c], l->step_s);
	for (size_t i = 0; i < sizeof(archive_rules) / sizeof(archive_rules[0]); i++) {
		const struct archive_rule *a = &archive_rules[i];
		unsigned days = is_simulated(l) ? a->days_simulated : line ? a->days_of_lines : a->days;
		unsigned row_s = a->row_s ? a->row_s : l->step_s;

		/* The next archive is as fine as this one: it holds the same rows, for longer. */
		if (!a->row_s && l->step_s >= 300)
			continue;
		unsigned steps = row_s / l->step_s ? row_s / l->step_s : 1;
		unsigned rows = days * (DAY_S / l->step_s) / steps;
		unsigned count = a->extremes && steps > 1 ? functions_kept : 1;

		for (unsigned f = 0; f < count && n < max; f++)
			argv[n++] = mem_printf("RRA:%s:%g:%u:%u", functions[f], XFF, steps, rows);
	}
	return n;
}

static int read_template(struct layout *l, const char *path)
{
	uint8_t *bytes = mem_alloc(RRDFILE_HEADER_MAX);
	struct rrdfile f;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, bytes, RRDFILE_HEADER_MAX, 0);
	int err = got < 0 ? -errno : rrdfile_parse(&f, bytes, (size_t)got);

	if (!err) {
		l->file_len = (size_t)lseek(fd, 0, SEEK_END);
		l->header_len = f.len;
		l->header = bytes;
		bytes = NULL;
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return err;
}

/* librrd says once what a file of this layout looks like. */
static int make_template(struct layout *l, const char *beside)
{
	char *argv[ARGUMENTS_MAX], *path = mem_printf("%s.layout", beside);
	unsigned argc = layout_arguments(l, argv, ARGUMENTS_MAX);
	int err = 0;

	rrd_clear_error();
	if (rrd_create_r(path, l->step_s, 10 * 365 * (time_t)DAY_S, (int)argc, (const char **)argv)) {
		log_error("series: cannot create layout %s: %s", l->id, rrd_get_error());
		err = -EIO;
	} else {
		err = read_template(l, path);
	}
	unlink(path);
	for (unsigned i = 0; i < argc; i++)
		free(argv[i]);
	free(path);
	return err;
}

static int write_all(int fd, const void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)data + done, len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int write_fresh(const struct layout *l, int fd, int64_t start_s)
{
	uint8_t *header = mem_alloc(l->header_len);
	double *unknown = mem_alloc(FILL_BYTES);
	struct rrdfile f;
	int err;

	memcpy(header, l->header, l->header_len);
	for (size_t i = 0; i < FILL_BYTES / sizeof(double); i++)
		unknown[i] = NAN;
	err = rrdfile_parse(&f, header, l->header_len);
	if (!err) {
		rrdfile_start(&f, start_s);
		err = write_all(fd, header, l->header_len);
	}
	for (size_t left = l->file_len - l->header_len; left && !err;) {
		size_t part = left < FILL_BYTES ? left : FILL_BYTES;

		err = write_all(fd, unknown, part);
		left -= part;
	}
	free(header);
	free(unknown);
	return err;
}

/* The two folders above the file: SITE/NODE. */
static int make_folders(const char *path)
{
	char *copy = mem_str(path), *node = strrchr(copy, '/');
	int err = 0;

	*node = 0;
	char *site = strrchr(copy, '/');
	*site = 0;
	if (mkdir(copy, 0755) && errno != EEXIST)
		err = -errno;
	*site = '/';
	if (!err && mkdir(copy, 0755) && errno != EEXIST)
		err = -errno;
	free(copy);
	return err;
}

int layout_create(struct layout *l, const char *path, int64_t start_s)
{
	char *fresh = mem_printf("%s.new", path);
	int err = make_folders(path);

	if (!err && !l->header)
		err = make_template(l, path);
	int fd = err ? -1 : open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!err && fd < 0)
		err = -errno;
	if (!err)
		err = write_fresh(l, fd, start_s);
	if (fd >= 0)
		close(fd);
	if (!err && rename(fresh, path))
		err = -errno;
	if (err)
		unlink(fresh);
	free(fresh);
	return err;
}
