/*
 * sight: the agent process's end of the channel to its eyes (talk.h).
 *
 * Keeps what the eyes must know and tells it anew whenever they come (they may die at any time); gives what they see to the sink,
 * once it is checked: they parse strangers' bytes. Everything is borrowed during the call. Runs in the agent process.
 */
#ifndef SANSANG_SIGHT_H
#define SANSANG_SIGHT_H

#include <uv.h>

#include "agent/sense/sense.h"

struct sight;

struct sight_handlers {
	/* A message of theirs has been given to the sink; what waited for it may go. */
	void (*on_told)(void *arg);
	/* json NULL: the eyes went away before they had an answer. */
	void (*on_answer)(void *arg, uint64_t id, const char *json, size_t len);
	void *arg;
};

/* `sink` and `handlers` are borrowed for the life of it. */
struct sight *sight_new(uv_loop_t *loop, const struct sink *sink, const struct sight_handlers *handlers);
/* The eyes have come (again). Takes `fd`. */
void sight_link(struct sight *s, int fd);
void sight_clock(struct sight *s, int64_t offset_ms, int64_t step_ms);
void sight_place(struct sight *s, const struct sense_place *place);
void sight_central(struct sight *s, const char *json, size_t len);
/* Asks them (ask.h); the answer may come during the call. */
void sight_ask(struct sight *s, uint64_t id, const char *json, size_t len);
/* CPU time and resident bytes of the eyes as last told; 0 unknown. */
void sight_usage(const struct sight *s, int64_t *cpu_us, int64_t *rss_bytes);
/* Closes the channel; call sight_free when the loop has ended. */
void sight_close(struct sight *s);
void sight_free(struct sight *s);

#endif
