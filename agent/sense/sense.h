/*
 * sense: what a kind of sense is: something this host can know of itself and of its own wires.
 *
 * A sense is a file with a `const struct sense` and a row in agent/senses.c, which says in which process it
 * runs: those that only ask the kernel in the agent process, those that parse strangers' bytes in the eyes.
 * Any member but `open` and `close` may be NULL.
 */
#ifndef SANSANG_SENSE_H
#define SANSANG_SENSE_H

#include <uv.h>

#include "agent/config.h"
#include "agent/sink.h"

struct sense_context {
	uv_loop_t *loop;
	const struct sink *sink;
	const struct agent_config *config;
	const char *proc_root, *sys_root, *etc_root; /* "/proc", "/sys", "/etc"; tests give folders of their own */
};

/* Where this host stands, as far as known: numeric addresses, "" unknown. */
struct sense_place {
	const char *gateway;   /* of the default route */
	const char *interface; /* by which it leaves */
	const char *collector;
};

struct sense {
	const char *name;
	/* Before rights are dropped: sockets and files; nothing may be told yet. The context is borrowed for the sense's life. NULL: nothing to sense here, which is no error. */
	void *(*open)(const struct sense_context *context);
	/* Rights are dropped, the loop is about to run: timers and polls, and what there is to tell from the start. */
	void (*start)(void *state);
	/* Once a step. */
	void (*read)(void *state, int64_t boot_ms);
	/* Routes or the connection changed. */
	void (*place)(void *state, const struct sense_place *place);
	/* Closes its handles. */
	void (*stop)(void *state);
	/* The loop has ended (or never ran). */
	void (*close)(void *state);
};

#endif
