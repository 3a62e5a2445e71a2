/*
 * icmp_run: one run of echoes by itself: when each is due, what it still waits for, and what it comes to.
 *
 * Echoes go all at once, one by one (gap_ms), or in trains: `train` of them, an eighth of the time-out later the next. When none of a
 * run came, `more` further ones are sent at eighty in a time-out before the run says that its target is down. Pure; part of icmp.h.
 */
#ifndef SANSANG_ICMP_RUN_H
#define SANSANG_ICMP_RUN_H

#include "agent/probe/complaint.h"
#include "agent/probe/probe.h"

#define NO_TRIP (-1)
#define ICMP_TIMED                                                                                                     \
	8 /* of a run in trains: the others wait for these in a thin line's queue, so only these tell the time */
#define BIT(seq) (UINT64_C(1) << (seq))

struct icmp_run {
	struct icmp *ic; /* NULL: it holds no slot */
	void *owner;
	union probe_address address, source;
	unsigned interface;
	uint32_t slot, number;
	uint8_t count, more, train; /* options.h */
	uint8_t sent, received, failed;
	uint8_t next; /* the echo after the last one answered */
	unsigned reordered, duplicates;
	int error;                     /* why one was not sent */
	struct complaint complaint;    /* reason 0: nobody complained */
	uint64_t answered, complained; /* bits of echoes */
	int64_t drift_ns;              /* realtime minus monotonic when it began */
	int64_t begun_ms, timeout_ms, gap_ms;
	int64_t longest_ns; /* round trip so far */
	int64_t last_ms;    /* when the last echo was sent */
	int64_t *ns;        /* owned; CLOCK_REALTIME of sending; of an answered one the round trip or NO_TRIP */
};

/* How many echoes the run sends, as it looks now. */
unsigned icmp_run_wanted(const struct icmp_run *r);
/* All that it wants was sent and has its answer or complaint. */
bool icmp_run_complete(const struct icmp_run *r);
/* When an echo is due, after the beginning. */
int64_t icmp_run_due_ms(const struct icmp_run *r, unsigned echo);
struct probe_want icmp_run_next(const struct icmp_run *r, int64_t now_ms);
/* Round trips, bursts of loss and details of what was sent (at least one). */
void icmp_run_summarize(const struct icmp_run *r, struct probe_result *out);

#endif
