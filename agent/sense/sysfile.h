/*
 * sysfile: the small text files of /proc and /sys, read whole, without the newline at their end.
 *
 * Runs in the agent process. A file that is missing, unreadable or (of a number) something else gives false and leaves `out` as it was.
 */
#ifndef SANSANG_SYSFILE_H
#define SANSANG_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool sysfile_text(char *out, size_t size, const char *path_fmt, ...) __attribute__((format(printf, 3, 4)));
/* Decimal, or hexadecimal after 0x; what follows the number is passed over. */
bool sysfile_number(int64_t *out, const char *path_fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
