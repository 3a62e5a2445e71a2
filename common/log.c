#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	const char *name;
	enum log_level most;
	bool terminal;
} logger = {"sansang", LOG_LEVEL_INFO, false};

void log_open(const char *name, enum log_level most)
{
	logger.name = name;
	logger.most = most;
	logger.terminal = isatty(STDERR_FILENO);
}

/* One write a line, so that lines of several processes never mix. */
static void emit(enum log_level level, const char *fmt, va_list args)
{
	char line[1024];
	int saved = errno, n = 0;

	if (level > logger.most)
		return;
	if (!logger.terminal)
		n = snprintf(line, sizeof(line), "<%d>", (int)level);
	n += snprintf(line + n, sizeof(line) - (size_t)n, "%s: ", logger.name);
	int text = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	size_t len = (size_t)n + (text > 0 ? (size_t)text : 0);
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	for (size_t i = (size_t)n; i < len; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* nowhere left to say it */
	}
	errno = saved;
}

#define EMIT(level)                                                                                                    \
	do {                                                                                                           \
		va_list args;                                                                                          \
		va_start(args, fmt);                                                                                   \
		emit(level, fmt, args);                                                                                \
		va_end(args);                                                                                          \
	} while (0)

void log_error(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_ERROR);
}

void log_warn(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_WARN);
}

void log_info(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_INFO);
}

void log_debug(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_DEBUG);
}

void log_die(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_ERROR);
	_exit(1);
}
