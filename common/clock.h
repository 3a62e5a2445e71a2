/*
 * clock: time and chance through one door, so that a test can replay a month in a second.
 *
 * Wall times are milliseconds since 1970 UTC; boot times are CLOCK_BOOTTIME
 * milliseconds, which never jump and count sleep. A boot is named by the
 * kernel's random boot_id. clock_fake() replaces both clocks until clock_real().
 */
#ifndef SANSANG_CLOCK_H
#define SANSANG_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define BOOT_ID_BYTES 16

int64_t clock_wall_ms(void);
int64_t clock_boot_ms(void);
/* 0, or -errno with the id zeroed. */
int clock_boot_id(uint8_t id[BOOT_ID_BYTES]);

void clock_fake(int64_t wall_ms, int64_t boot_ms);
void clock_fake_advance(int64_t ms);
void clock_real(void);

/* Random bytes from the kernel; dies if it has none. */
void chance_bytes(void *out, size_t len);
uint64_t chance_u64(void);
/* Even over 0 .. limit-1; limit 0 gives 0. */
uint64_t chance_below(uint64_t limit);

/* "2025-07-01T00:00:00Z" of wall milliseconds; size at least 32. Gives `out`. */
const char *clock_format_utc(int64_t wall_ms, char *out, size_t size);

#endif
