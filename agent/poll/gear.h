/*
 * gear: what one device's polls become: rows, states and events for the sink, from its model, with what must be remembered from poll to poll.
 *
 * Runs in the eyes process; driven by poller.c.
 */
#ifndef SANSANG_POLL_GEAR_H
#define SANSANG_POLL_GEAR_H

#include "agent/poll/model.h"
#include "agent/sink.h"

struct gear;

/* `id` and `sink` are borrowed for its life. */
struct gear *gear_new(const char *id, const struct sink *sink);
void gear_free(struct gear *g);
/* The device's own; gear.c reads it after a walk. */
struct model *gear_model(struct gear *g);
/* A poll begins: clears the model. */
void gear_begin(struct gear *g);
/*
 * It ended well: tells all. False: what came cannot be told by the names known (it restarted, or has other interfaces): poll
 * again soon, which then is a full poll.
 */
bool gear_told(struct gear *g, int64_t boot_ms, const struct walk_result *r);
/* It ended badly. `sure`: it is down by now, and not a datagram or two lost. */
void gear_silent(struct gear *g, int64_t boot_ms, const struct walk_result *r, bool sure);
bool gear_up(const struct gear *g);
/*
 * The subject of an interface ("mk-sw1/ge-0-0-1") by its ifIndex; false when it is not known.
 */
bool gear_interface(const struct gear *g, int64_t index, char *out, size_t size);

#endif
