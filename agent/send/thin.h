/*
 * thin: an hour of batches becomes one, with a row of each set in five minutes.
 *
 * A gauge's row is the mean of what it stands for, a counter's the last value; a
 * service's row is never averaged: its last one is kept, and each one at which
 * up or reason changed. Dictionary entries stay, and so do events. THIN_ALL keeps
 * only the dictionary and the events that tell of earlier losses.
 *
 * Pure: no disk, no clock. Runs in the agent process, for the spool.
 */
#ifndef SANSANG_THIN_H
#define SANSANG_THIN_H

#include "common/batch.h"

#define THIN_STEP_MS 300000
/* Stop adding when thin_size() is above: it guesses three bytes a value, at worst there are ten, and the result must fit a batch. */
#define THIN_BYTES_MAX (64 * 1024)

enum thin_mode { THIN_ROWS, THIN_ALL };

struct thin;

/* The class of a set whose dictionary entry may be elsewhere; NULL: unknown, its rows are kept as they are. */
typedef const struct metric_class *(*thin_class_of)(void *arg, uint32_t set);

/* `wall_shift_ms`: wall minus boot, aligns the five minutes. */
struct thin *thin_new(enum thin_mode mode, int64_t wall_shift_ms, thin_class_of class_of, void *arg);
void thin_free(struct thin *t);
/* Batches of one boot, in order. A damaged one counts as lost: -EBADMSG. */
int thin_add(struct thin *t, const uint8_t *body, size_t len);
size_t thin_size(const struct thin *t);
/* Appends the encoding, led by an event that says what happened. */
void thin_finish(struct thin *t, struct buf *out);

#endif
