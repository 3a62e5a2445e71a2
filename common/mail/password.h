/*
 * password: a secret of one line out of a file. Read before the sandbox; the caller wipes it.
 */
#ifndef SANSANG_COMMON_PASSWORD_H
#define SANSANG_COMMON_PASSWORD_H

#include <stddef.h>

/* The first line without its end. 0 or -errno, logged with `key`, the name of the setting that points there. */
int password_read(const char *key, const char *path, char *out, size_t size);

#endif
