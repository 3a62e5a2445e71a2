#include "collector/series/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/series/checkpoint.h"
#include "collector/series/rrdfile.h"
#include "collector/series/undo.h"
#include "common/log.h"
#include "common/memory.h"

#define FLUSH_ROWS 60
#define CYCLE_FILES 256
#define DUE_ENOUGH 128 /* full files that make a cycle before the next tick */
#define HOLD_STEPS 12
#define HOLD_LEAST_MS 120000
#define HOLD_MOST_MS 600000
#define QUIET_BACKLOG_MS 3000
#define HOLD_NEW_MS 1500  /* a new file is soon there to be seen */
#define BACKLOG_MS 600000 /* a row this old is not of now */
#define CREATE_BURST 1500
#define CREATE_PER_TICK 200
#define PRESSED_ROWS 2000000
#define PLAUSIBLE_FROM_MS INT64_C(1577836800000) /* 2020 */
#define DAY_MS 86400000

struct shard {
	struct checkpoint *checkpoint;
	struct undo *undo;
	struct files files;
	struct layouts layouts;
	struct shard_figures figures;
	char *rrd_dir;
	int rrd_fd;
	unsigned create_budget;
	bool failing; /* the last cycle had an error: say it once */
	int64_t now_ms, wall_ms;
	struct series_file **due;
	size_t due_count, due_cap;
	struct rrdfile_space space;
	uint8_t *headers; /* CYCLE_FILES x RRDFILE_HEADER_MAX */
};

/* One file on its way through a cycle. */
struct flush_item {
	struct series_file *f;
	int fd; /* -1: to be created */
	struct rrdfile image;
};

/* ---- files ---- */

/* Reads the header into `bytes`. 0, -ENOENT, -EBADMSG, -EAGAIN when locked, or -errno. On 0 *fd is open and locked as librrd does. */
static int file_read_header(struct shard *s, struct series_file *f, uint8_t *bytes, int *fd, struct rrdfile *image)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	size_t want = f->header_len ? f->header_len : RRDFILE_HEADER_MAX;
	ssize_t got;
	int err;

	*fd = openat(s->rrd_fd, f->path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	if (fcntl(*fd, F_SETLK, &lock))
		err = -EAGAIN;
	else if ((got = pread(*fd, bytes, want, 0)) < 0)
		err = -errno;
	else
		err = rrdfile_parse(image, bytes, (size_t)got);
	if (!err)
		err = rrdfile_matches(image, f->layout->class);
	if (!err)
		f->header_len = image->len;
	if (err) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

static void file_refuse(struct series_file *f)
{
	log_error("series: %s is not an RRD file of layout %s: its rows are passed over", f->path, f->layout->id);
	f->refused = true;
}

/* Layouts are never silently mixed. */
static void file_check_layout(struct shard *s, const struct series_file *f)
{
	char layout[LAYOUT_ID_SIZE];

	checkpoint_layout(s->checkpoint, f->path, layout, sizeof(layout));
	if (*layout && strcmp(layout, f->layout->id) != 0)
		log_warn("series: %s has layout %s where %s is due: rows go in as they fit", f->path, layout,
		        f->layout->id);
}

struct series_file *shard_file(
        struct shard *s, const char *path, const struct metric_class *class, unsigned step_s, bool simulated)
{
	struct series_file *f = files_find(&s->files, path);
	struct rrdfile image;
	int fd, err;

	if (f)
		return f->refused || f->layout->class != class ? NULL : f;
	if (!files_path_valid(path))
		return NULL;
	f = files_add(&s->files, path, layouts_get(&s->layouts, class, step_s, simulated), step_s);
	err = file_read_header(s, f, s->headers, &fd, &image);
	if (err == -EBADMSG) {
		file_refuse(f);
		return NULL;
	}
	if (!err) {
		f->last_s = image.live->last_up;
		file_check_layout(s, f);
		f->step_s = (unsigned)image.stat->pdp_step;
		close(fd);
	}
	return f;
}

static void shard_due(struct shard *s, struct series_file *f)
{
	if (f->due)
		return;
	if (s->due_count == s->due_cap) {
		s->due_cap = s->due_cap ? s->due_cap * 2 : 1024;
		s->due = mem_grow(s->due, s->due_cap, sizeof(struct series_file *));
	}
	f->due = true;
	s->due[s->due_count++] = f;
}

void shard_row(struct shard *s, struct series_file *f, int64_t record_id, int64_t wall_ms, const int64_t *values,
        unsigned count)
{
	if (wall_ms < PLAUSIBLE_FROM_MS || wall_ms > s->wall_ms + DAY_MS) {
		s->figures.skipped_unknown++;
		return;
	}
	if (!file_put(f, record_id, wall_ms, s->now_ms, values, count)) {
		s->figures.skipped_old++;
		return;
	}
	s->figures.rows_pending++;
	if (f->count == 1)
		f->backlog = wall_ms < s->wall_ms - BACKLOG_MS;
	if (f->count >= FLUSH_ROWS)
		shard_due(s, f);
}

/* ---- the cycle ---- */

static void file_emptied(struct shard *s, struct series_file *f)
{
	s->figures.rows_pending -= f->count;
	f->count = 0;
}

static int item_create(struct shard *s, struct flush_item *it, uint8_t *bytes)
{
	struct series_file *f = it->f;
	char *full = mem_printf("%s/%s", s->rrd_dir, f->path);
	int err = layout_create(f->layout, full, f->rows[0] - f->step_s);

	free(full);
	if (err)
		return err;
	s->figures.created++;
	checkpoint_created(s->checkpoint, f->path, f->layout->id);
	return file_read_header(s, f, bytes, &it->fd, &it->image);
}

/* Opens the file and gathers what undo must know. 0: it goes on through the cycle. */
static int item_begin(struct shard *s, struct flush_item *it, uint8_t *bytes)
{
	struct series_file *f = it->f;
	int err = file_read_header(s, f, bytes, &it->fd, &it->image);

	if (err == -ENOENT) {
		if (!s->create_budget)
			return -EAGAIN;
		s->create_budget--;
		f->step_s = f->layout->step_s;
		f->header_len = 0;
		f->undo_generation = 0;
		undo_add_created(s->undo, f->path);
		return 0;
	}
	if (err == -EBADMSG) {
		file_refuse(f);
		s->figures.skipped_unknown += f->count;
		file_emptied(s, f);
		return err;
	}
	if (!err && f->undo_generation != checkpoint_generation(s->checkpoint))
		undo_add_header(s->undo, f->path, it->image.live_at, bytes + it->image.live_at,
		        it->image.len - it->image.live_at);
	return err;
}

static int item_write(struct shard *s, struct flush_item *it, uint8_t *bytes)
{
	struct series_file *f = it->f;
	int err = 0;

	if (it->fd < 0)
		err = item_create(s, it, bytes);
	if (!err)
		err = rrdfile_apply(&it->image, it->fd, f->layout, f->rows, f->count, &s->space);
	if (err)
		return err;
	s->figures.rows += f->count;
	s->figures.values += (uint64_t)f->count * f->layout->class->count;
	s->figures.flushes++;
	file_emptied(s, f);
	return 0;
}

/* A cycle over at most CYCLE_FILES files; those that fail keep their rows. 0 or the first -errno. */
static int flush_cycle(struct shard *s, struct series_file *const *files, size_t count)
{
	struct flush_item items[CYCLE_FILES];
	size_t n = 0;
	int err = 0, e;

	for (size_t i = 0; i < count; i++) {
		files[i]->due = false;
		if (!files[i]->count)
			continue;
		items[n] = (struct flush_item){.f = files[i], .fd = -1};
		e = item_begin(s, &items[n], s->headers + n * RRDFILE_HEADER_MAX);
		n += !e;
		if (e && e != -EAGAIN && e != -EBADMSG && !err)
			err = e;
	}
	e = undo_sync(s->undo, checkpoint_generation(s->checkpoint));
	for (size_t i = 0; i < n; i++) {
		if (!e) {
			items[i].f->undo_generation = checkpoint_generation(s->checkpoint);
			checkpoint_touched(s->checkpoint);
			int failed = item_write(s, &items[i], s->headers + i * RRDFILE_HEADER_MAX);
			err = err ? err : failed;
		}
		if (items[i].fd >= 0)
			close(items[i].fd);
	}
	err = e ? e : err;
	if (err) {
		s->figures.errors++;
		if (!s->failing)
			log_error("series: cannot write: %s; rows are kept", strerror(-err));
	}
	s->failing = err != 0;
	return err;
}

static int flush_due(struct shard *s)
{
	int err = 0;

	for (size_t at = 0; at < s->due_count; at += CYCLE_FILES) {
		size_t part = s->due_count - at < CYCLE_FILES ? s->due_count - at : CYCLE_FILES;
		int e = flush_cycle(s, s->due + at, part);

		err = err ? err : e;
	}
	s->due_count = 0;
	return err;
}

void shard_flush_full(struct shard *s)
{
	if (s->due_count >= DUE_ENOUGH || s->figures.rows_pending > PRESSED_ROWS)
		flush_due(s);
}

/* Rows of old times, or that come faster than they were made: a replay, which ends without notice. */
static bool file_replays(const struct series_file *f)
{
	int64_t span_ms = (f->last_s - f->rows[0]) * 1000, took_ms = f->touched_ms - f->held_since_ms;

	return f->backlog || span_ms > 2 * took_ms + f->step_s * INT64_C(1000);
}

static void due_if_old(struct series_file *f, void *arg)
{
	struct shard *s = arg;
	int64_t hold_ms = (int64_t)f->step_s * HOLD_STEPS * 1000, quiet_ms = (int64_t)f->step_s * 3000;

	if (!f->count)
		return;
	hold_ms = hold_ms < HOLD_LEAST_MS ? HOLD_LEAST_MS : hold_ms > HOLD_MOST_MS ? HOLD_MOST_MS : hold_ms;
	if (file_replays(f))
		quiet_ms = QUIET_BACKLOG_MS;
	if (!f->header_len)
		hold_ms = HOLD_NEW_MS;
	if (f->count >= FLUSH_ROWS || s->now_ms - f->held_since_ms >= hold_ms || s->now_ms - f->touched_ms >= quiet_ms)
		shard_due(s, f);
}

void shard_tick(struct shard *s)
{
	s->create_budget += CREATE_PER_TICK;
	if (s->create_budget > CREATE_BURST)
		s->create_budget = CREATE_BURST;
	files_each(&s->files, due_if_old, s);
	flush_due(s);
}

static void due_if_any(struct series_file *f, void *arg)
{
	if (f->count)
		shard_due(arg, f);
}

int shard_flush_all(struct shard *s)
{
	s->create_budget = UINT32_MAX;
	files_each(&s->files, due_if_any, s);
	int err = flush_due(s);
	s->create_budget = CREATE_BURST;
	return err;
}

int shard_flush_path(struct shard *s, const char *path)
{
	struct series_file *f = files_find(&s->files, path);

	if (!f || !f->count)
		return 0;
	bool was_due = f->due;
	int err = flush_cycle(s, &f, 1);
	f->due = was_due; /* it still stands in the list */
	return err;
}

bool shard_pressed(const struct shard *s)
{
	return s->figures.rows_pending > PRESSED_ROWS;
}

void shard_set_now(struct shard *s, int64_t boot_ms, int64_t wall_ms)
{
	s->now_ms = boot_ms;
	s->wall_ms = wall_ms;
}

struct shard_figures *shard_figures(struct shard *s)
{
	s->figures.checkpoints = checkpoint_count(s->checkpoint);
	s->figures.cursor = checkpoint_cursor(s->checkpoint);
	return &s->figures;
}

size_t shard_file_count(const struct shard *s)
{
	return s->files.count;
}

/* ---- making it last ---- */

static void take_oldest(struct series_file *f, void *arg)
{
	int64_t *oldest = arg;

	if (f->count && f->oldest_id < *oldest)
		*oldest = f->oldest_id;
}

/* Records before the oldest waiting row, but nothing not read yet. */
static int64_t shard_covered(struct shard *s, int64_t read_id)
{
	int64_t oldest = INT64_MAX;

	files_each(&s->files, take_oldest, &oldest);
	return oldest <= read_id ? oldest - 1 : read_id;
}

bool shard_checkpoint(struct shard *s, int64_t read_id, const char *digest, void (*on_done)(int64_t, void *), void *arg)
{
	return checkpoint_begin(s->checkpoint, shard_covered(s, read_id), digest, on_done, arg);
}

void shard_close(struct shard *s, int64_t read_id, const char *digest)
{
	checkpoint_wait(s->checkpoint);
	shard_flush_all(s);
	checkpoint_now(s->checkpoint, shard_covered(s, read_id), digest);
	checkpoint_close(s->checkpoint);
	undo_close(s->undo);
	files_free(&s->files);
	layouts_free(&s->layouts);
	rrdfile_space_free(&s->space);
	close(s->rrd_fd);
	free(s->rrd_dir);
	free(s->headers);
	free(s->due);
	free(s);
}

static int shard_restore(struct shard *s, const struct book_state *state)
{
	int files = undo_restore(s->undo, s->rrd_dir, state->generation), err;

	if (files < 0)
		return files;
	if (files && syncfs(s->rrd_fd))
		return -errno;
	if (files)
		log_info("series: put back %d files that were being written when the last run ended", files);
	err = undo_clear(s->undo, 0);
	return err ? err : undo_clear(s->undo, 1);
}

int shard_open(struct shard **out, uv_loop_t *loop, const char *state_dir, unsigned index, struct book_state *state)
{
	struct shard *s = mem_alloc(sizeof(*s));
	int err;

	s->rrd_dir = mem_printf("%s/rrd", state_dir);
	s->create_budget = CREATE_BURST;
	s->headers = mem_alloc((size_t)CYCLE_FILES * RRDFILE_HEADER_MAX);
	if (mkdir(s->rrd_dir, 0755) && errno != EEXIST)
		log_error("series: cannot make %s: %s", s->rrd_dir, strerror(errno));
	s->rrd_fd = open(s->rrd_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = s->rrd_fd < 0 ? -errno : undo_open(&s->undo, state_dir, index);
	if (!err)
		err = checkpoint_open(&s->checkpoint, loop, state_dir, index, s->rrd_fd, s->undo, state);
	if (!err)
		err = shard_restore(s, state);
	if (err) {
		log_error("series: cannot begin: %s", strerror(-err));
		return err; /* the process ends now */
	}
	*out = s;
	return 0;
}
