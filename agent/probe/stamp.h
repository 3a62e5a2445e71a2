/*
 * stamp: when a packet left and came, by the kernel where it tells.
 *
 * A busy loop reads late; the kernel's stamp of arrival (SO_TIMESTAMPNS) is free of that. An instant is known on
 * both clocks, so that durations do not follow a wall clock that is set meanwhile. Runs in the eyes process.
 */
#ifndef SANSANG_STAMP_H
#define SANSANG_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stamp {
	int64_t real_ns, mono_ns;
};

struct stamp stamp_now(void);
/* CLOCK_MONOTONIC alone. */
int64_t stamp_mono_ns(void);
/* From now on arrivals at `fd` are stamped. */
void stamp_hear(int fd);
/* recv(); `at`: when it came. Bytes or -1 and errno. */
ssize_t stamp_receive(int fd, void *out, size_t size, struct stamp *at);
/* Between two stamps somebody set the wall clock by more than it drifts. */
bool stamp_stepped(const struct stamp *from, const struct stamp *to);

#endif
