/*
 * log: one line an event to standard error, in the shape journald understands.
 *
 * Each line is "<level>name: text"; when standard error is a terminal the level
 * is left out. An error is logged once, where the object is known. log_die is
 * for start-up and for our own lack of memory only.
 */
#ifndef SANSANG_LOG_H
#define SANSANG_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* `name` is borrowed for the life of the process. */
void log_open(const char *name, enum log_level most);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
