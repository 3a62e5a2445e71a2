/*
 * prober: the driver of all probes of this agent.
 *
 * Each check runs at a phase of its period (a hash of `spread` and of its id), in
 * collector time, and holds its own timer and descriptor, so a slow target delays no
 * other. A line that loses something is looked at more closely between its runs (closer.h). A check that was up and fails is repeated twice, a second apart, before the result says
 * down (probe_type.tries_often: once is enough). Runs in the eyes process and in `sansang-agent probe`.
 */
#ifndef SANSANG_PROBER_H
#define SANSANG_PROBER_H

#include <uv.h>

#include "agent/probe/spec.h"

struct prober;

struct prober_handlers {
	/* `boot_ms`: when the run was due. `changed`: up differs from the last result, or this is the first. */
	void (*on_result)(
	        void *arg, const struct check_spec *spec, int64_t boot_ms, const struct probe_result *r, bool changed);
	void *arg;
};

/* `icmp` is borrowed and may be NULL (no echoes then). */
struct prober *prober_new(uv_loop_t *loop, struct icmp *icmp, const struct prober_handlers *h);
/* Replaces the list; checks that stay as they were go on undisturbed. */
void prober_set(struct prober *p, const struct check_spec *specs, size_t count, const char *spread);
/* collector time = boot time + offset. */
void prober_align(struct prober *p, int64_t offset_ms);
/* All checks now, once, beside their schedule. */
void prober_run_now(struct prober *p);
/* Closes its handles; the memory goes with the last. No handler is called any more. */
void prober_close(struct prober *p);

#endif
