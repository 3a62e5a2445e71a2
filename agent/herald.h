/*
 * herald: the agent's end of the channel to its witness (agent/witness/), when one is configured: is the collector heard, does the own way out work?
 *
 * Told at each change, and everything anew when the witness is linked. Runs in the agent process.
 */
#ifndef SANSANG_HERALD_H
#define SANSANG_HERALD_H

#include <uv.h>

#include "common/metric.h"

struct herald;

struct herald *herald_new(uv_loop_t *loop);
/* Takes `fd`: the witness came (again). */
void herald_link(struct herald *h, int fd);
void herald_site(struct herald *h, const char *site);
void herald_alive(struct herald *h);
/* No connection: why. `refused`: by the collector itself, so it is alive. */
void herald_trouble(struct herald *h, bool refused, const char *why);
/* A row of ours: the paths to the gateway and over the lines say whether our way out works. */
void herald_row(
        struct herald *h, enum metric_class_id class_id, const char *subject, int64_t boot_ms, const int64_t *values);
/* Closes its channel; free it after the loop has ended. */
void herald_close(struct herald *h);
void herald_free(struct herald *h);

#endif
