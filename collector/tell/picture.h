/*
 * picture: asks render for the graph of a letter, and does not wait for ever.
 *
 * Tell process. The answer comes exactly once: a PNG of at most PICTURE_BYTES_MAX, or
 * nothing after PICTURE_WAIT_MS, on an error, or when render is away. One that is too large is asked for again, smaller, twice.
 */
#ifndef SANSANG_TELL_PICTURE_H
#define SANSANG_TELL_PICTURE_H

#include <uv.h>

#include "common/channel.h"

#define PICTURE_WAIT_MS 5000
#define PICTURE_BYTES_MAX (60 * 1024)

struct picture;

/* `png` is valid during the call; NULL: none. */
typedef void (*picture_on_done)(const uint8_t *png, size_t len, void *arg);

struct picture *picture_open(uv_loop_t *loop);
void picture_set_render(struct picture *p, struct channel *render); /* NULL: away */
/* One at a time: a question while one is open forgets the older one. `question` NULL: there is nothing to draw. May answer at once. */
void picture_ask(struct picture *p, const char *question, picture_on_done on_done, void *arg);
/* No answer comes any more. Closes its timer; free it after the loop has ended. */
void picture_close(struct picture *p);
void picture_free(struct picture *p);

#endif
