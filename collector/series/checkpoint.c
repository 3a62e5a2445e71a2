#include "collector/series/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/series/rrdfile.h"
#include "common/log.h"
#include "common/memory.h"

/* What one period made. */
struct period {
	bool touched;
	struct book_layout *fresh;
	size_t count, cap;
};

struct checkpoint {
	uv_work_t work;
	uv_loop_t *loop;
	struct book *book;
	struct undo *undo;
	int rrd_fd;
	bool running, again; /* again: the closed period is still to be committed */
	uint64_t generation, done_count;
	struct period period; /* the current one */
	struct book_state committed;
	/* Belongs to the thread while running. */
	struct period closing;
	struct book_state next;
	int result;
	void (*on_done)(int64_t cursor, void *arg);
	void *arg;
};

int checkpoint_open(struct checkpoint **out, uv_loop_t *loop, const char *state_dir, unsigned shard, int rrd_fd,
        struct undo *undo, struct book_state *state)
{
	struct checkpoint *k = mem_alloc(sizeof(*k));
	char *path = mem_printf("%s/series-%u.db", state_dir, shard);
	int err = book_open(&k->book, path, state);

	free(path);
	if (err) {
		free(k);
		return err;
	}
	k->loop = loop;
	k->rrd_fd = rrd_fd;
	k->undo = undo;
	k->committed = *state;
	k->generation = state->generation + 1;
	*out = k;
	return 0;
}

void checkpoint_layout(struct checkpoint *k, const char *path, char *layout, size_t size)
{
	book_layout(k->book, path, layout, size);
}

uint64_t checkpoint_generation(const struct checkpoint *k)
{
	return k->generation;
}

void checkpoint_touched(struct checkpoint *k)
{
	k->period.touched = true;
}

void checkpoint_created(struct checkpoint *k, const char *path, const char *layout)
{
	struct period *p = &k->period;

	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->fresh = mem_grow(p->fresh, p->cap, sizeof(*p->fresh));
	}
	p->fresh[p->count].path = mem_str(path);
	snprintf(p->fresh[p->count].layout, sizeof(p->fresh[0].layout), "%s", layout);
	p->count++;
}

static void period_free(struct period *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->fresh[i].path);
	free(p->fresh);
	*p = (struct period){0};
}

static void drop_cache(int rrd_fd, const char *path)
{
	int fd = openat(rrd_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	rrdfile_warm(fd);
	close(fd);
}

/* On the thread. */
static int make_durable(struct checkpoint *k)
{
	/* After a failed sync nobody knows what is on disk: begin again from the last commit, through the undo files. */
	if (k->closing.touched && syncfs(k->rrd_fd))
		log_die("series: cannot sync the files: %s", strerror(errno));

	int err = book_commit(k->book, &k->next, k->closing.fresh, k->closing.count);
	if (!err)
		err = undo_clear(k->undo, k->next.generation);
	for (size_t i = 0; i < k->closing.count && !err; i++)
		drop_cache(k->rrd_fd, k->closing.fresh[i].path);
	return err;
}

static void begin(struct checkpoint *k, int64_t cursor, const char *digest)
{
	if (k->again)
		return;
	k->next = (struct book_state){.cursor = cursor, .generation = k->generation};
	snprintf(k->next.digest, sizeof(k->next.digest), "%s", digest);
	k->closing = k->period;
	k->period = (struct period){0};
	k->generation++;
}

static void finish(struct checkpoint *k)
{
	if (k->result && !k->again)
		log_error("series: checkpoint failed: %s; trying again", strerror(-k->result));
	k->again = k->result != 0;
	if (k->again)
		return;
	k->committed = k->next;
	k->done_count++;
	period_free(&k->closing);
}

static void on_work(uv_work_t *work)
{
	struct checkpoint *k = work->data;

	k->result = make_durable(k);
}

static void on_worked(uv_work_t *work, int status)
{
	struct checkpoint *k = work->data;

	k->running = false;
	if (status)
		k->result = status;
	finish(k);
	if (k->on_done)
		k->on_done(k->result ? k->result : k->committed.cursor, k->arg);
}

static bool nothing_new(const struct checkpoint *k, int64_t cursor, const char *digest)
{
	return !k->again && !k->period.touched && cursor == k->committed.cursor &&
	       strcmp(digest, k->committed.digest) == 0;
}

bool checkpoint_begin(
        struct checkpoint *k, int64_t cursor, const char *digest, void (*on_done)(int64_t, void *), void *arg)
{
	if (k->running)
		return false;
	if (nothing_new(k, cursor, digest)) {
		if (on_done)
			on_done(k->committed.cursor, arg);
		return true;
	}
	begin(k, cursor, digest);
	k->running = true;
	k->on_done = on_done;
	k->arg = arg;
	k->work.data = k;
	if (uv_queue_work(k->loop, &k->work, on_work, on_worked))
		log_die("series: no thread for a checkpoint");
	return true;
}

void checkpoint_wait(struct checkpoint *k)
{
	while (k->running)
		uv_run(k->loop, UV_RUN_ONCE);
}

int checkpoint_now(struct checkpoint *k, int64_t cursor, const char *digest)
{
	/* A period that waits for its second try goes first. */
	for (int i = k->again ? 2 : 1; i && !nothing_new(k, cursor, digest); i--) {
		begin(k, cursor, digest);
		k->result = make_durable(k);
		finish(k);
		if (k->result)
			return k->result;
	}
	return 0;
}

uint64_t checkpoint_count(const struct checkpoint *k)
{
	return k->done_count;
}

int64_t checkpoint_cursor(const struct checkpoint *k)
{
	return k->committed.cursor;
}

void checkpoint_close(struct checkpoint *k)
{
	if (!k)
		return;
	period_free(&k->period);
	period_free(&k->closing);
	book_close(k->book);
	free(k);
}
