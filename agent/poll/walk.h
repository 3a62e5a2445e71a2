/*
 * walk: reads what is asked of one device (model.h's rows), giving each varbind as it comes, at the pace that the device bears.
 *
 * Group by group: its scalars together in one GET, then its columns side by side by GETBULK, with repetitions that
 * grow while answers come whole and fast and halve on a timeout or tooBig. A device that does not answer GETBULK but a
 * plain GETNEXT is walked with GETNEXT from then on (the session remembers: session.h); v1 always is. A name that does not
 * increase ends its column, as does a column beyond WALK_ROWS_MAX; both are counted and named in the result. When the very first
 * request is not answered the walk ends at once: the device is away.
 *
 * At most one walk a session at a time. Runs in the eyes process (and in the command `snmp`). Nothing blocks; no callback comes from within walk_start.
 */
#ifndef SANSANG_WALK_H
#define SANSANG_WALK_H

#include "agent/poll/model.h"
#include "common/metric.h"

#define WALK_ROWS_MAX 20000 /* of one column */

struct walk_result {
	enum reason reason; /* OK, TIMEOUT, UNREACHABLE, REFUSED, AUTHENTICATION, PROTOCOL, DNS, LOCAL */
	char note[96];      /* what was wrong, in words: of a walk that ended well too ("ifDescr does not increase") */
	unsigned values, requests, retries, loops;
	unsigned repetitions; /* at the end */
	bool getnext;         /* walked without GETBULK though the version has it */
	bool slow;            /* it had to be asked for less at a time */
	int64_t rtt_us;       /* of the first answer; METRIC_UNKNOWN without one */
	int64_t took_us;
};

struct walk_handlers {
	/* Whether to ask for this row; called when its group is reached. */
	bool (*wants)(void *arg, size_t ask);
	void (*on_varbind)(void *arg, size_t ask, const struct varbind *v);
	/* The last call; the walk is freed after it. `r` is borrowed. */
	void (*on_done)(void *arg, const struct walk_result *r);
	void *arg;
};

struct session;
struct walk;

/* `asks` are borrowed until on_done: rows of a group stand beside each other. `most_ms`: ends what is left after so long, reason TIMEOUT. */
struct walk *walk_start(
        struct session *s, const struct model_ask *asks, size_t count, int64_t most_ms, const struct walk_handlers *h);
/* Without on_done. */
void walk_cancel(struct walk *w);

#endif
