#include "common/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"

static void line_add(struct conf_errors *errors, char *line)
{
	errors->lines = mem_grow(errors->lines, errors->count + 1, sizeof(*errors->lines));
	errors->lines[errors->count++] = line;
}

void conf_error(struct conf_errors *errors, const char *path, struct conf_place place, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (place.line)
		line_add(errors, mem_printf("%s:%u:%u: %s", path, place.line, place.column, text));
	else
		line_add(errors, mem_printf("%s: %s", path, text));
}

void conf_errors_print(const struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->lines[i]);
}

void conf_errors_free(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	*errors = (struct conf_errors){0};
}
