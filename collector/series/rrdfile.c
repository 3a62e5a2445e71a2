#include "collector/series/rrdfile.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/memory.h"

#define ARCHIVES_MAX 16
#define OUT_VALUES 8192
#define PAGE_BYTES 4096
#define LAST_UNKNOWN "U"

static const char version_known[] = "0003";

int rrdfile_parse(struct rrdfile *f, uint8_t *bytes, size_t len)
{
	size_t at = sizeof(stat_head_t), ds, rra;

	f->bytes = bytes;
	f->stat = (stat_head_t *)bytes;
	if (len < at || memcmp(f->stat->cookie, "RRD", 4) != 0 || memcmp(f->stat->version, version_known, 5) != 0)
		return -EBADMSG;
	ds = f->stat->ds_cnt;
	rra = f->stat->rra_cnt;
	if (f->stat->float_cookie != FLOAT_COOKIE || !f->stat->pdp_step || !ds || ds > METRIC_COLUMNS_MAX || !rra ||
	        rra > ARCHIVES_MAX)
		return -EBADMSG;
	f->ds = (ds_def_t *)(bytes + at);
	at += ds * sizeof(ds_def_t);
	f->rra = (rra_def_t *)(bytes + at);
	at += rra * sizeof(rra_def_t);
	f->live_at = at;
	f->live = (live_head_t *)(bytes + at);
	at += sizeof(live_head_t);
	f->pdp = (pdp_prep_t *)(bytes + at);
	at += ds * sizeof(pdp_prep_t);
	f->cdp = (cdp_prep_t *)(bytes + at);
	at += ds * rra * sizeof(cdp_prep_t);
	f->ptr = (rra_ptr_t *)(bytes + at);
	f->len = at + rra * sizeof(rra_ptr_t);
	if (f->len > len)
		return -EBADMSG;
	for (size_t r = 0; r < rra; r++)
		if (!f->rra[r].pdp_cnt || !f->rra[r].row_cnt || f->ptr[r].cur_row >= f->rra[r].row_cnt)
			return -EBADMSG;
	return 0;
}

int rrdfile_matches(const struct rrdfile *f, const struct metric_class *class)
{
	if (f->stat->ds_cnt != class->count)
		return -EBADMSG;
	for (unsigned c = 0; c < class->count; c++) {
		const char *kind = class->metrics[c].kind == METRIC_COUNTER ? "DERIVE" : "GAUGE";

		if (strncmp(f->ds[c].ds_nam, class->metrics[c].name, DS_NAM_SIZE) ||
		        strncmp(f->ds[c].dst, kind, DST_SIZE))
			return -EBADMSG;
	}
	return 0;
}

void rrdfile_start(struct rrdfile *f, int64_t start_s)
{
	uint64_t steps = (uint64_t)start_s / f->stat->pdp_step;

	f->live->last_up = start_s;
	f->live->last_up_usec = 0;
	for (size_t c = 0; c < f->stat->ds_cnt; c++)
		f->pdp[c].scratch[PDP_unkn_sec_cnt].u_cnt = (unsigned long)start_s % f->stat->pdp_step;
	for (size_t r = 0; r < f->stat->rra_cnt; r++) {
		/* Of its first row an archive has seen nothing so far. */
		for (size_t c = 0; c < f->stat->ds_cnt; c++)
			f->cdp[r * f->stat->ds_cnt + c].scratch[CDP_unkn_pdp_cnt].u_cnt = steps % f->rra[r].pdp_cnt;
		f->ptr[r].cur_row = f->rra[r].row_cnt - 1;
	}
}

/* ---- rows to primary data points ---- */

struct source {
	bool counter;
	double scale, min, max, heartbeat_s;
	int64_t last; /* of a counter, METRIC_UNKNOWN when there is none */
};

static int64_t last_of(const pdp_prep_t *p)
{
	char *end;
	long long v = strtoll(p->last_ds, &end, 10);

	return end == p->last_ds || *end ? METRIC_UNKNOWN : v;
}

static void sources_load(const struct rrdfile *f, const struct layout *l, struct source *sources)
{
	for (size_t c = 0; c < f->stat->ds_cnt; c++) {
		sources[c] = (struct source){
		        .counter = f->ds[c].dst[0] == 'D',
		        .scale = l->scale[c],
		        .min = f->ds[c].par[DS_min_val].u_val,
		        .max = f->ds[c].par[DS_max_val].u_val,
		        .heartbeat_s = (double)f->ds[c].par[DS_mrhb_cnt].u_cnt,
		        .last = last_of(&f->pdp[c]),
		};
	}
}

/* What a counter counted since its last row; exact while it fits. */
static double counted(const struct source *s, int64_t value)
{
	int64_t exact;

	return __builtin_sub_overflow(value, s->last, &exact) ? (double)value - (double)s->last : (double)exact;
}

/* The value or rate of one column; comparisons with an unset (NaN) limit are false. */
static double source_rate(struct source *s, int64_t value, double interval_s)
{
	double rate = NAN;

	if (value == METRIC_UNKNOWN)
		rate = NAN;
	else if (!s->counter)
		rate = (double)value / s->scale;
	else if (s->last != METRIC_UNKNOWN && interval_s <= s->heartbeat_s)
		rate = counted(s, value) / interval_s;
	s->last = value;
	return rate > s->max || rate < s->min ? NAN : rate;
}

static double *entry_add(struct rrdfile_space *sp, size_t columns, uint64_t elapsed)
{
	if (sp->entries == sp->cap) {
		sp->cap = sp->cap ? sp->cap * 2 : 256;
		sp->pdp = mem_grow(sp->pdp, sp->cap * METRIC_COLUMNS_MAX, sizeof(double));
		sp->elapsed = mem_grow(sp->elapsed, sp->cap, sizeof(uint64_t));
	}
	sp->elapsed[sp->entries] = elapsed;
	return sp->pdp + sp->entries++ * columns;
}

/* Fills the entries: one for each row, one before it for the steps that have none. Returns the last instant. */
static int64_t points_of(
        const struct rrdfile *f, struct source *sources, const int64_t *rows, unsigned count, struct rrdfile_space *sp)
{
	size_t columns = f->stat->ds_cnt;
	int64_t step = (int64_t)f->stat->pdp_step, last = f->live->last_up;

	sp->entries = 0;
	for (const int64_t *row = rows; count--; row += 1 + columns) {
		int64_t elapsed = row[0] / step - last / step;
		double interval_s = (double)(row[0] - last), *gap = NULL;

		if (elapsed <= 0)
			continue;
		if (elapsed > 1)
			entry_add(sp, columns, (uint64_t)elapsed - 1);
		double *point = entry_add(sp, columns, 1);
		if (elapsed > 1)
			gap = point - columns;
		for (size_t c = 0; c < columns; c++) {
			point[c] = source_rate(&sources[c], row[1 + c], interval_s);
			if (gap)
				gap[c] = sources[c].counter ? point[c] : NAN;
		}
		last = row[0];
	}
	return last;
}

/* ---- primary data points to archive rows ---- */

struct run {
	int fd, err;
	off_t base;
	size_t columns, row_cnt, cur, start, rows, rows_max;
	double *out; /* has room for a page more than rows_max rows */
};

/*
 * A page of which only a part is written must first be read from disk, which costs more than all else. So when
 * the rows run into a new page it is written whole: the rest of it, the archive's very oldest rows, becomes unknown.
 */
static size_t run_pad(const struct run *u, off_t at, size_t len)
{
	off_t end = at + (off_t)len, page_end = (end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	off_t archive_end = u->base + (off_t)(u->row_cnt * u->columns * sizeof(double));
	size_t pad;

	if ((at - 1) / PAGE_BYTES == (end - 1) / PAGE_BYTES)
		return 0;
	pad = (size_t)((page_end < archive_end ? page_end : archive_end) - end) / sizeof(double);
	for (size_t i = 0; i < pad; i++)
		u->out[len / sizeof(double) + i] = NAN;
	return pad * sizeof(double);
}

static void run_flush(struct run *u)
{
	size_t row_bytes = u->columns * sizeof(double), len = u->rows * row_bytes;
	off_t at = u->base + (off_t)(u->start * row_bytes);

	len += u->rows ? run_pad(u, at, len) : 0;
	for (size_t done = 0; done < len && !u->err;) {
		ssize_t n = pwrite(u->fd, (char *)u->out + done, len - done, at + (off_t)done);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			u->err = n < 0 ? -errno : -EIO;
	}
	u->rows = 0;
}

static void run_emit(struct run *u, const double *row)
{
	u->cur = u->cur + 1 == u->row_cnt ? 0 : u->cur + 1;
	if (u->rows && (u->cur == 0 || u->rows == u->rows_max))
		run_flush(u);
	if (!u->rows)
		u->start = u->cur;
	memcpy(u->out + u->rows * u->columns, row, u->columns * sizeof(double));
	u->rows++;
}

enum consolidation { TAKE_AVERAGE, TAKE_MAX, TAKE_MIN, TAKE_OTHER };

static enum consolidation consolidation_of(const rra_def_t *rra)
{
	static const char *const names[] = {"AVERAGE", "MAX", "MIN"};

	for (unsigned i = 0; i < TAKE_OTHER; i++)
		if (strncmp(rra->cf_nam, names[i], CF_NAM_SIZE) == 0)
			return (enum consolidation)i;
	return TAKE_OTHER;
}

static double combine(enum consolidation how, double sum, double value, double steps)
{
	if (value != value)
		return sum;
	if (how == TAKE_AVERAGE)
		return (sum != sum ? 0 : sum) + value * steps;
	if (sum != sum)
		return value;
	return how == TAKE_MAX ? fmax(sum, value) : fmin(sum, value);
}

static double neutral(enum consolidation how)
{
	return how == TAKE_AVERAGE ? 0 : how == TAKE_MAX ? -INFINITY : INFINITY;
}

struct consolidator {
	enum consolidation how;
	uint64_t per_row, phase; /* steps in a row, steps of the current row behind us */
	double unknown_most;
	cdp_prep_t *cdp;
	double row[METRIC_COLUMNS_MAX], fill[METRIC_COLUMNS_MAX];
};

/* One column over the end of an archive row: what is written, and what the next row begins with. */
static void cdp_finish(struct consolidator *k, size_t c, double value, uint64_t offset, uint64_t rest)
{
	unival *s = k->cdp[c].scratch;
	bool unknown = value != value;

	if (unknown)
		s[CDP_unkn_pdp_cnt].u_cnt += offset;
	k->fill[c] = value;
	k->row[c] = NAN;
	if ((double)s[CDP_unkn_pdp_cnt].u_cnt <= k->unknown_most) {
		double sum = combine(k->how, s[CDP_val].u_val, value, (double)offset);

		k->row[c] = k->how == TAKE_AVERAGE ? sum / (double)(k->per_row - s[CDP_unkn_pdp_cnt].u_cnt) : sum;
	}
	s[CDP_primary_val].u_val = k->row[c];
	s[CDP_secondary_val].u_val = value;
	s[CDP_val].u_val = unknown || !rest ? neutral(k->how) : k->how == TAKE_AVERAGE ? value * (double)rest : value;
	s[CDP_unkn_pdp_cnt].u_cnt = unknown ? rest : 0;
}

static void cdp_collect(struct consolidator *k, const double *point, size_t columns, uint64_t elapsed)
{
	for (size_t c = 0; c < columns; c++) {
		unival *s = k->cdp[c].scratch;

		if (point[c] != point[c])
			s[CDP_unkn_pdp_cnt].u_cnt += elapsed;
		else
			s[CDP_val].u_val = combine(k->how, s[CDP_val].u_val, point[c], (double)elapsed);
	}
	k->phase += elapsed;
}

static void consolidate_entry(struct consolidator *k, struct run *u, const double *point, uint64_t elapsed)
{
	uint64_t offset = k->per_row - k->phase;

	if (elapsed < offset) {
		cdp_collect(k, point, u->columns, elapsed);
		return;
	}
	uint64_t more = (elapsed - offset) / k->per_row;
	k->phase = (elapsed - offset) % k->per_row;
	for (size_t c = 0; c < u->columns; c++)
		cdp_finish(k, c, point[c], offset, k->phase);
	run_emit(u, k->row);
	for (uint64_t i = 0; i < more && i < u->row_cnt; i++)
		run_emit(u, k->fill);
}

/* One step a row: nothing to consolidate. */
static void copy_entries(struct rrdfile *f, struct run *u, size_t r, const struct rrdfile_space *sp)
{
	const double *last = sp->pdp + (sp->entries - 1) * u->columns;

	for (size_t e = 0; e < sp->entries; e++)
		for (uint64_t i = 0; i < sp->elapsed[e] && i <= u->row_cnt; i++)
			run_emit(u, sp->pdp + e * u->columns);
	for (size_t c = 0; c < u->columns; c++)
		f->cdp[r * u->columns + c].scratch[CDP_primary_val].u_val = last[c];
}

static void archive_apply(struct rrdfile *f, struct run *u, size_t r, const struct rrdfile_space *sp)
{
	const rra_def_t *rra = &f->rra[r];
	struct consolidator k = {
	        .how = consolidation_of(rra),
	        .per_row = rra->pdp_cnt,
	        .phase = (uint64_t)f->live->last_up / f->stat->pdp_step % rra->pdp_cnt,
	        .unknown_most = (double)rra->pdp_cnt * rra->par[RRA_cdp_xff_val].u_val,
	        .cdp = f->cdp + r * u->columns,
	};

	u->row_cnt = rra->row_cnt;
	u->cur = f->ptr[r].cur_row;
	u->rows = 0;
	if (rra->pdp_cnt == 1)
		copy_entries(f, u, r, sp);
	else
		for (size_t e = 0; e < sp->entries; e++)
			consolidate_entry(&k, u, sp->pdp + e * u->columns, sp->elapsed[e]);
	run_flush(u);
	f->ptr[r].cur_row = u->cur;
}

/* What rrd_update leaves behind when the last row lies on a step's end. */
static void sources_store(struct rrdfile *f, const struct layout *l, const struct source *sources)
{
	for (size_t c = 0; c < f->stat->ds_cnt; c++) {
		pdp_prep_t *p = &f->pdp[c];
		int64_t v = sources[c].last;

		memset(p->last_ds, 0, LAST_DS_LEN);
		if (v == METRIC_UNKNOWN)
			memcpy(p->last_ds, LAST_UNKNOWN, sizeof(LAST_UNKNOWN));
		else if (sources[c].counter)
			snprintf(p->last_ds, LAST_DS_LEN, "%lld", (long long)v);
		else
			snprintf(p->last_ds, LAST_DS_LEN, "%.*f", l->class->metrics[c].decimals,
			        (double)v / sources[c].scale);
		p->scratch[PDP_unkn_sec_cnt].u_cnt = 0;
		p->scratch[PDP_val].u_val = v == METRIC_UNKNOWN ? NAN : 0;
	}
}

static int header_write(const struct rrdfile *f, int fd)
{
	size_t len = f->len - f->live_at;
	ssize_t n = pwrite(fd, f->bytes + f->live_at, len, (off_t)f->live_at);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EIO;
}

int rrdfile_apply(struct rrdfile *f, int fd, const struct layout *l, const int64_t *rows, unsigned count,
        struct rrdfile_space *space)
{
	struct source sources[METRIC_COLUMNS_MAX];
	struct run u = {.fd = fd, .base = (off_t)f->len, .columns = f->stat->ds_cnt};

	if (!space->out)
		space->out = mem_alloc(OUT_VALUES * sizeof(double) + PAGE_BYTES);
	u.out = space->out;
	u.rows_max = OUT_VALUES / u.columns;
	sources_load(f, l, sources);
	int64_t last = points_of(f, sources, rows, count, space);
	if (!space->entries)
		return 0;
	for (size_t r = 0; r < f->stat->rra_cnt && !u.err; r++) {
		archive_apply(f, &u, r, space);
		u.base += (off_t)(f->rra[r].row_cnt * u.columns * sizeof(double));
	}
	if (u.err)
		return u.err;
	sources_store(f, l, sources);
	f->live->last_up = last;
	f->live->last_up_usec = 0;
	return header_write(f, fd);
}

void rrdfile_warm(int fd)
{
	uint8_t *header = mem_alloc(RRDFILE_HEADER_MAX);
	struct rrdfile f;
	ssize_t n;
	char byte;

	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	n = pread(fd, header, RRDFILE_HEADER_MAX, 0);
	if (n > 0 && rrdfile_parse(&f, header, (size_t)n) == 0) {
		off_t base = (off_t)f.len, row = (off_t)(f.stat->ds_cnt * sizeof(double));

		for (size_t r = 0; r < f.stat->rra_cnt && n > 0; r++) {
			n = pread(fd, &byte, 1, base + row * (off_t)f.ptr[r].cur_row);
			base += row * (off_t)f.rra[r].row_cnt;
		}
	}
	free(header);
}

void rrdfile_space_free(struct rrdfile_space *space)
{
	free(space->pdp);
	free(space->elapsed);
	free(space->out);
	*space = (struct rrdfile_space){0};
}
