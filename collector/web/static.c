#include "collector/web/static.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

#define FILE_BYTES_MAX (16 * 1024 * 1024)
#define FILES_MAX 1024
#define DEPTH_MAX 6

struct file {
	char *path; /* "/assets/app.js" */
	const char *type;
	struct blob *plain, *gzip; /* either may be NULL */
	char etag[40];
};

struct site_files {
	struct file *files; /* sorted by path */
	size_t count;
};

static const struct {
	const char *ending, *type;
} types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".map", "application/json; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
};

static bool ends_with(const char *s, const char *ending)
{
	size_t n = strlen(s), m = strlen(ending);

	return n > m && !strcmp(s + n - m, ending);
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (ends_with(path, types[i].ending))
			return types[i].type;
	return "application/octet-stream";
}

void etag_make(const void *data, size_t len, char *out, size_t size)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	int at = 1;

	SHA256(data, len, sum);
	snprintf(out, size, "\"");
	for (int i = 0; i < 16 && at + 3 < (int)size; i++)
		at += snprintf(out + at, size - (size_t)at, "%02x", sum[i]);
	snprintf(out + at, size - (size_t)at, "\"");
}

bool etag_matches(const char *header, const char *etag)
{
	return *header && (!strcmp(header, "*") || strstr(header, etag));
}

static struct file *file_named(struct site_files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->files[i].path, path))
			return &f->files[i];
	f->files = mem_grow(f->files, f->count + 1, sizeof(struct file));
	f->files[f->count] = (struct file){.path = mem_str(path), .type = type_of(path)};
	return &f->files[f->count++];
}

static void file_add(struct site_files *f, const char *path, struct blob *b)
{
	char plain[512];
	bool gzip = ends_with(path, ".gz");
	struct file *file;

	snprintf(plain, sizeof(plain), "%.*s", (int)(strlen(path) - (gzip ? 3 : 0)), path);
	file = file_named(f, plain);
	if (gzip)
		file->gzip = b;
	else
		file->plain = b;
}

/* `prefix` is the path of `fd` as browsers see it, without a slash at its end. Takes fd. */
static void folder_read(struct site_files *f, int fd, const char *prefix, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	struct blob *b;
	char path[512];
	int sub;

	if (!dir) {
		close(fd);
		return;
	}
	while ((e = readdir(dir)) && f->count < FILES_MAX) {
		if (e->d_name[0] == '.' ||
		        snprintf(path, sizeof(path), "%s/%s", prefix, e->d_name) >= (int)sizeof(path))
			continue;
		sub = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && depth < DEPTH_MAX)
			folder_read(f, sub, path, depth + 1);
		else if (sub >= 0)
			close(sub);
		else if ((b = blob_read(
		                  openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), FILE_BYTES_MAX)))
			file_add(f, path, b);
	}
	closedir(dir);
}

static int file_order(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

struct site_files *site_files_load(const char *dir)
{
	struct site_files *f = mem_alloc(sizeof(*f));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		log_warn("no dashboard at %s", dir);
		return f;
	}
	folder_read(f, fd, "", 0);
	for (struct file *file = f->files; file < f->files + f->count; file++) {
		const struct blob *b = file->plain ? file->plain : file->gzip;

		etag_make(b->data, b->len, file->etag, sizeof(file->etag));
	}
	if (f->count)
		qsort(f->files, f->count, sizeof(*f->files), file_order);
	log_info("%zu files of the dashboard from %s", f->count, dir);
	return f;
}

void site_files_free(struct site_files *f)
{
	if (!f)
		return;
	for (struct file *file = f->files; file < f->files + f->count; file++) {
		free(file->path);
		blob_drop(file->plain);
		blob_drop(file->gzip);
	}
	free(f->files);
	free(f);
}

static const struct file *file_find(const struct site_files *f, const char *path)
{
	struct file wanted = {.path = (char *)path};

	return f->count ? bsearch(&wanted, f->files, f->count, sizeof(*f->files), file_order) : NULL;
}

static const struct file *file_for(const struct site_files *f, const char *path)
{
	const struct file *file = file_find(f, path);
	const char *last = strrchr(path, '/');

	if (file || !last || strchr(last, '.'))
		return file;
	return file_find(f, "/index.html");
}

void site_files_answer(const struct site_files *f, struct request *r)
{
	const struct file *file = file_for(f, r->path);
	struct blob *b;

	if (!file) {
		request_error(r, 404, f->count ? "there is no such page" : "the dashboard is not installed here");
		return;
	}
	request_header(r, "etag", file->etag);
	request_header(r, "cache-control", "no-cache");
	request_header(r, "vary", "accept-encoding");
	if (etag_matches(r->etag, file->etag)) {
		request_answer(r, 304, file->type, blob_new("", 0));
		return;
	}
	b = file->plain;
	if (file->gzip && (r->gzip || !b)) {
		b = file->gzip;
		request_header(r, "content-encoding", "gzip");
	}
	request_answer(r, 200, file->type, blob_hold(b));
}
