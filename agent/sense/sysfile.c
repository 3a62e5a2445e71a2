#include "agent/sense/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_path(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, out, size - 1);
	close(fd);
	if (got < 0)
		return false;
	out[got] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return true;
}

bool sysfile_text(char *out, size_t size, const char *path_fmt, ...)
{
	char path[PATH_MAX], text[256];
	va_list ap;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof(path), path_fmt, ap);
	va_end(ap);
	if (!read_path(path, text, sizeof(text)))
		return false;
	snprintf(out, size, "%s", text);
	return true;
}

bool sysfile_number(int64_t *out, const char *path_fmt, ...)
{
	char path[PATH_MAX], text[64], *end;
	long long value;
	va_list ap;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof(path), path_fmt, ap);
	va_end(ap);
	if (!read_path(path, text, sizeof(text)))
		return false;
	errno = 0;
	value = strtoll(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (end == text || errno)
		return false;
	*out = value;
	return true;
}
