/*
 * process: one program, several processes, a duty each.
 *
 * process_main() is the supervisor: it starts every role of the table as a child
 * (fork and exec of this same binary with `--role NAME:INDEX`), joins the pairs
 * that the links name by socket pairs, restarts a child that dies (back-off 50 ms to
 * 5 s, doubling while deaths come within 10 s) with new channels to its peers,
 * and tells the role named in `witness` of each death. A child that ends with status 0 once ready has
 * chosen to begin afresh: it is started again too, but nobody is told. It parses nothing. SIGTERM and SIGINT stop
 * the children in the reverse order of the table; SIGHUP is passed to the
 * witness only. A child whose supervisor dies gets SIGKILL (PR_SET_PDEATHSIG).
 *
 * In the child, process_main() calls role->run, which sets up, drops what it does
 * not need (sandbox.h), calls process_ready() and runs its loop.
 */
#ifndef SANSANG_PROCESS_H
#define SANSANG_PROCESS_H

#include <uv.h>

#include "common/channel.h"

struct process;

struct process_role {
	const char *name;
	/* Exit status of the process. `arg` is process_table.arg. */
	int (*run)(struct process *self, void *arg);
	unsigned count; /* instances; 0 means the role is switched off */
	const char *
	        program; /* NULL: this binary; otherwise the name of another one in the same folder, which calls process_main() with the same role */
};

struct process_link {
	const char *a, *b; /* every instance of a is joined with every instance of b */
};

struct process_table {
	const struct process_role *roles; /* ends with name NULL; started in this order */
	const struct process_link *links; /* ends with a NULL */
	const char *witness;              /* role told of deaths, or NULL */
	char *const *argv;                /* of main(): given to the children again */
	void *arg;
};

/*
 * `role` is NULL in the supervisor, or the value of --role in a child. Returns the exit status.
 */
int process_main(const struct process_table *table, const char *role);

struct process_events {
	/* A peer came (again): the old channel to it, if any, has had its on_close. Takes the descriptor; open it with channel_open. */
	void (*on_link)(const char *peer, unsigned index, int fd, void *arg);
	void (*on_stop)(void *arg);   /* SIGTERM: close what is open, the loop then ends; exit is forced after 10 s */
	void (*on_reload)(void *arg); /* SIGHUP, witness only; may be NULL */
	void (*on_death)(const char *role, unsigned index, const char *how, void *arg); /* witness only; may be NULL */
};

/* Begins listening to the supervisor on `loop`. Call it once, before process_ready(). */
void process_listen(struct process *self, uv_loop_t *loop, const struct process_events *events, void *arg);
/* Closes the handles that process_listen opened, so that uv_run can end. */
void process_close(struct process *self);
/* Says that start-up is done; the supervisor starts the next role only then. */
void process_ready(struct process *self);
const char *process_role_name(const struct process *self);
unsigned process_index(const struct process *self);
unsigned process_count(const struct process *self);

#endif
