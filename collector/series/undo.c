#include "collector/series/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/memory.h"

#define MAGIC 0x53535531u /* "SSU1" */
#define HEAD_BYTES 12u    /* magic, generation */
#define ENTRY_HEAD 12u    /* length, checksum */
#define ENTRY_MAX (64 * 1024)
#define PATH_SIZE 512

enum entry_kind { ENTRY_HEADER = 1, ENTRY_CREATED = 2 };

struct undo {
	int fd[2];
	uint64_t generation[2]; /* 0: empty */
	struct buf gathered;
};

/* FNV-1a over words of eight bytes: it tells torn from whole, no more. */
static uint64_t checksum(const uint8_t *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u, word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x100000001b3u;
		h ^= h >> 29;
	}
	for (; len; len--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

int undo_open(struct undo **out, const char *state_dir, unsigned shard)
{
	struct undo *u = mem_alloc(sizeof(*u));

	for (int i = 0; i < 2; i++) {
		char *path = mem_printf("%s/undo-%u.%d", state_dir, shard, i);

		u->fd[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (u->fd[i] < 0) {
			int err = -errno;

			log_error("series: cannot open %s: %s", path, strerror(-err));
			free(path);
			if (i)
				close(u->fd[0]);
			free(u);
			return err;
		}
		free(path);
	}
	*out = u;
	return 0;
}

static size_t entry_begin(struct undo *u, enum entry_kind kind, const char *path)
{
	size_t at = u->gathered.len;

	buf_put_u32(&u->gathered, 0);
	buf_put_u64(&u->gathered, 0);
	buf_put_u8(&u->gathered, (uint8_t)kind);
	buf_put_str(&u->gathered, path);
	return at;
}

static void entry_end(struct undo *u, size_t at)
{
	struct buf head = {0};
	size_t len = u->gathered.len - at - ENTRY_HEAD;

	buf_put_u32(&head, (uint32_t)len);
	buf_put_u64(&head, checksum(u->gathered.data + at + ENTRY_HEAD, len));
	memcpy(u->gathered.data + at, head.data, ENTRY_HEAD);
	buf_free(&head);
}

void undo_add_header(struct undo *u, const char *path, size_t at, const void *bytes, size_t len)
{
	size_t begin = entry_begin(u, ENTRY_HEADER, path);

	buf_put_varint(&u->gathered, at);
	buf_put_blob(&u->gathered, bytes, len);
	entry_end(u, begin);
}

void undo_add_created(struct undo *u, const char *path)
{
	entry_end(u, entry_begin(u, ENTRY_CREATED, path));
}

static int append(int fd, const uint8_t *data, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_END);

	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, data + done, len - done, end + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n < 0 ? -errno : -EIO;

			/* Half an entry would hide those that come after it. */
			if (ftruncate(fd, end))
				log_error("series: undo file cannot be cut: %s", strerror(errno));
			return err;
		}
		done += (size_t)n;
	}
	return 0;
}

int undo_sync(struct undo *u, uint64_t generation)
{
	unsigned i = generation & 1;
	int err = 0;

	if (!u->gathered.len)
		return 0;
	if (u->generation[i] != generation) {
		struct buf head = {0};

		buf_put_u32(&head, MAGIC);
		buf_put_u64(&head, generation);
		err = ftruncate(u->fd[i], 0) ? -errno : append(u->fd[i], head.data, head.len);
		buf_free(&head);
		if (!err)
			u->generation[i] = generation;
	}
	if (!err)
		err = append(u->fd[i], u->gathered.data, u->gathered.len);
	if (!err && fdatasync(u->fd[i]))
		err = -errno;
	buf_reset(&u->gathered);
	return err;
}

int undo_clear(struct undo *u, uint64_t generation)
{
	unsigned i = generation & 1;

	return ftruncate(u->fd[i], 0) ? -errno : 0;
}

static int put_back(const char *rrd_dir, struct cursor *c)
{
	char path[PATH_SIZE], *full;
	enum entry_kind kind = cursor_u8(c);
	size_t len = 0;
	int err = 0;

	cursor_str(c, path, sizeof(path));
	size_t at = kind == ENTRY_HEADER ? cursor_varint(c) : 0;
	const uint8_t *bytes = kind == ENTRY_HEADER ? cursor_blob(c, &len) : NULL;
	if (c->failed || (kind != ENTRY_HEADER && kind != ENTRY_CREATED))
		return -EBADMSG;
	full = mem_printf("%s/%s", rrd_dir, path);
	if (kind == ENTRY_CREATED) {
		err = unlink(full) && errno != ENOENT ? -errno : 0;
	} else {
		int fd = open(full, O_WRONLY | O_CLOEXEC);

		/* A file that somebody removed needs nothing put back. */
		if (fd < 0)
			err = errno == ENOENT ? 0 : -errno;
		else if (pwrite(fd, bytes, len, (off_t)at) != (ssize_t)len)
			err = -EIO;
		if (fd >= 0)
			close(fd);
	}
	if (err)
		log_error("series: cannot put back %s: %s", full, strerror(-err));
	free(full);
	return err;
}

static int read_whole(int fd, struct buf *b)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	buf_reserve(b, (size_t)st.st_size + 1);
	for (;;) {
		ssize_t n = pread(fd, b->data + b->len, (size_t)st.st_size - b->len, (off_t)b->len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			return 0;
		b->len += (size_t)n;
	}
}

static int restore_entries(const char *rrd_dir, struct cursor *c, int *files)
{
	while (cursor_left(c) >= ENTRY_HEAD) {
		uint32_t len = cursor_u32(c);
		uint64_t sum = cursor_u64(c);
		const uint8_t *bytes = len <= ENTRY_MAX ? cursor_bytes(c, len) : NULL;

		if (!bytes || checksum(bytes, len) != sum)
			break;
		struct cursor entry = cursor_of(bytes, len);
		int err = put_back(rrd_dir, &entry);
		if (err)
			return err;
		++*files;
	}
	return 0;
}

int undo_restore(struct undo *u, const char *rrd_dir, uint64_t committed)
{
	struct buf whole[2] = {{0}, {0}};
	struct cursor at[2];
	uint64_t generation[2] = {0, 0};
	int files = 0, err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		err = read_whole(u->fd[i], &whole[i]);
		at[i] = cursor_of(whole[i].data, whole[i].len);
		if (!err && cursor_u32(&at[i]) == MAGIC)
			generation[i] = cursor_u64(&at[i]);
	}
	/* Newest first: where both know a file, the older header has the last word. */
	int newest = generation[1] > generation[0];
	for (int k = 0; k < 2 && !err; k++) {
		int i = k ? !newest : newest;

		if (generation[i] > committed)
			err = restore_entries(rrd_dir, &at[i], &files);
	}
	if (err)
		log_error("series: cannot read undo files: %s", strerror(-err));
	buf_free(&whole[0]);
	buf_free(&whole[1]);
	return err ? err : files;
}

void undo_close(struct undo *u)
{
	if (!u)
		return;
	close(u->fd[0]);
	close(u->fd[1]);
	buf_free(&u->gathered);
	free(u);
}
