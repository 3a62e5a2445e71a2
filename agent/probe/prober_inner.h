/*
 * prober_inner: what a prober and its checks hold. For prober.c and its test alone.
 */
#ifndef SANSANG_PROBER_INNER_H
#define SANSANG_PROBER_INNER_H

#include "agent/probe/burst.h"
#include "agent/probe/closer.h"
#include "agent/probe/icmp.h"
#include "agent/probe/prober.h"

enum phase { PHASE_IDLE, PHASE_QUEUE, PHASE_NAME, PHASE_RUN, PHASE_PAUSE };

struct check {
	struct prober *prober;
	struct burst_place place; /* among those that begin in a later turn */
	struct check_spec spec;   /* owns the texts of its options */
	uint64_t hash;
	enum phase phase;
	bool known, up, kept;
	bool literal_only; /* the kind knows what the host stands for: it gets an address of no family */
	unsigned attempt;
	int64_t due_boot_ms;         /* of this run, or of the next */
	uint64_t attempt_ms;         /* loop time at which the attempt began */
	union probe_address literal; /* family 0: the host is a name */
	int fd;                      /* that the epoll set holds for it */
	uv_timer_t timer;
	int64_t numbers_kept[PROBE_KEPT];
	struct closer closer;
	bool looking;                /* the run that goes on is a closer one */
	struct probe_options look;   /* ... and its options */
	union probe_address address; /* of the last run */
	_Alignas(16) char state[PROBE_STATE_MAX];
};

enum prober_poll { POLL_RUNS, POLL_ICMP, PROBER_POLLS = POLL_ICMP + ICMP_FAMILIES };

struct prober {
	uv_loop_t *loop;
	struct icmp *icmp;
	struct trust *trust;
	char node[METRIC_NODE_MAX]; /* `spread` */
	struct prober_handlers handlers;
	struct names *names;
	struct check **checks;
	size_t count, count_of[2]; /* by at_once */
	unsigned looking;          /* checks */
	struct burst burst;
	int64_t offset_ms;
	uint64_t agent; /* hash of `spread` */
	int epoll;      /* of all descriptors of runs: one poll handle for all */
	uv_poll_t polls[PROBER_POLLS];
	uv_prepare_t before_sleep; /* what echoes were gathered leave */
	unsigned open_handles;
	bool closing;
};

#endif
