/*
 * note: what a result says to a person, made of words of ours and of strangers.
 *
 * Always printable UTF-8 of at most PROBE_NOTE_MAX - 1 bytes: control letters, those that turn the direction
 * of writing, and broken sequences become '?', and it is cut at a whole letter. Runs in the eyes process.
 */
#ifndef SANSANG_NOTE_H
#define SANSANG_NOTE_H

#include <stddef.h>

#include "agent/probe/probe.h"

/* Replaces the note. */
void note_put(char note[PROBE_NOTE_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Goes on after "; ", or begins. */
void note_add(char note[PROBE_NOTE_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As much of `from` as fits, clean; a NUL within becomes '?' too. `size` at least 1. */
void note_clean(const void *from, size_t len, char *out, size_t size);

#endif
