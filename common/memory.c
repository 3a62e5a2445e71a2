#include "common/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static void *or_die(void *p, size_t size)
{
	if (!p)
		log_die("out of memory for %zu bytes", size);
	return p;
}

void *mem_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1), size);
}

void *mem_grow(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		log_die("out of memory for %zu items of %zu bytes", count, size);
	size_t total = count * size;
	return or_die(realloc(old, total ? total : 1), total);
}

char *mem_str(const char *s)
{
	return s ? mem_strn(s, strlen(s)) : NULL;
}

char *mem_strn(const char *s, size_t len)
{
	char *copy = or_die(malloc(len + 1), len + 1);
	memcpy(copy, s, len);
	copy[len] = 0;
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *out = NULL;

	va_start(args, fmt);
	if (vasprintf(&out, fmt, args) < 0)
		out = NULL;
	va_end(args);
	return or_die(out, 0);
}
