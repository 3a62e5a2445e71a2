/*
 * burst: at most so many begin in one turn of the loop; the others wait for the next ones.
 *
 * Whatever else the loop has to do gets its turn in between. Waiting costs no wake-ups of its own. Runs in the eyes process.
 */
#ifndef SANSANG_BURST_H
#define SANSANG_BURST_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#define BURST_MAX 32

/* Part of what waits; zero at first. */
struct burst_place {
	struct burst_place *next;
	bool waiting;
};

struct burst {
	struct burst_place *first, **end;
	void (*begin)(struct burst_place *place);
	uv_idle_t idle; /* runs while some wait */
	uint64_t turn_ms;
	unsigned begun;
};

void burst_init(struct burst *b, uv_loop_t *loop, void (*begin)(struct burst_place *place));
/* True: begin now. False: `place` is borrowed, begin() comes for it in a later turn. */
bool burst_may(struct burst *b, struct burst_place *place);
/* It does not want to begin any more; nothing when it does not wait. */
void burst_leave(struct burst *b, struct burst_place *place);
/* `on_closed` gets &b->idle; b lives until then. */
void burst_close(struct burst *b, uv_close_cb on_closed);

#endif
