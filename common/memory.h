/*
 * memory: our own small allocations, which die rather than fail (STYLE 14).
 * What a peer's bytes size is never allocated through these without a cap.
 */
#ifndef SANSANG_MEMORY_H
#define SANSANG_MEMORY_H

#include <stddef.h>

void *mem_alloc(size_t size); /* zeroed */
void *mem_grow(void *old, size_t count, size_t size);
char *mem_str(const char *s); /* NULL gives NULL */
char *mem_strn(const char *s, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
