#include "collector/web/blob.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b = mem_alloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	if (len)
		memcpy(b->data, data, len);
	return b;
}

struct blob *blob_read(int fd, size_t most)
{
	struct blob *b = NULL;
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= most) {
		b = mem_alloc(sizeof(*b) + (size_t)st.st_size);
		b->refs = 1;
		while (at < (size_t)st.st_size && (n = read(fd, b->data + at, (size_t)st.st_size - at)) > 0)
			at += (size_t)n;
		b->len = at;
	}
	close(fd);
	return b;
}

struct blob *blob_hold(struct blob *b)
{
	if (b)
		b->refs++;
	return b;
}

void blob_drop(struct blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}
