/*
 * walk: reads columns and scalars of one device, giving each varbind as it comes, at the pace that the device bears.
 *
 * Scalars are asked together; then the columns of each table side by side by GETBULK, with repetitions that grow while answers come whole and
 * fast and halve on a timeout or tooBig. A device that does not answer GETBULK but a plain GETNEXT is walked with GETNEXT from then on (the
 * session remembers: session.h); v1 always is. An OID that does not increase ends its column, as does a column beyond WALK_ROWS_MAX; both are counted
 * and named in the result. When the very first request is not answered the walk ends at once: the device is away.
 *
 * At most one walk a session at a time. Runs in the eyes process (and in the command `snmp`). Nothing blocks; no callback comes from within walk_start.
 */
#ifndef SANSANG_WALK_H
#define SANSANG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/metric.h"

#define WALK_ROWS_MAX 20000 /* of one column */

/* ASN.1 tags of the values that we hand on; exceptions (noSuchObject...) never come. */
enum varbind_type {
	VARBIND_INTEGER = 0x02,
	VARBIND_BYTES = 0x04,
	VARBIND_OID = 0x06,
	VARBIND_ADDRESS = 0x40, /* IpAddress, 4 bytes */
	VARBIND_COUNTER = 0x41,
	VARBIND_GAUGE = 0x42,
	VARBIND_TICKS = 0x43,
	VARBIND_OPAQUE = 0x44,
	VARBIND_COUNTER64 = 0x46,
};

/* One value. All pointers are borrowed for the call only. */
struct varbind {
	unsigned root;            /* which of the roots it lies under */
	uint8_t type;             /* of enum varbind_type */
	const unsigned long *oid; /* the whole name, `oid_len` numbers, each below 2^32 */
	size_t oid_len, index_at; /* oid + index_at: the row's index, oid_len - index_at >= 1 numbers */
	uint64_t number; /* of INTEGER (sign-extended: cast to int64_t), COUNTER, GAUGE, TICKS, COUNTER64; else 0 */
	const uint8_t *bytes;      /* of BYTES, ADDRESS and OPAQUE, not NUL-terminated; else NULL */
	const unsigned long *name; /* of OID, `len` numbers; else NULL */
	size_t len;
};

struct walk_root {
	const unsigned long *oid; /* "1.3.6.1.2.1.2.2.1.10", or of a scalar "1.3.6.1.2.1.1.3" without its .0 */
	uint8_t oid_len;
	uint8_t table; /* 0: a scalar, one instance at most. Neighbours in the list of equal `table`: columns of one table, asked side by side */
};

struct walk_result {
	enum reason reason; /* OK, TIMEOUT, UNREACHABLE, REFUSED, AUTHENTICATION, PROTOCOL, DNS, LOCAL */
	char note
	        [96]; /* what was wrong, in words: also of a walk that ended well ("ifDescr does not increase" as a number) */
	unsigned values, requests, retries, loops;
	unsigned repetitions; /* at the end */
	bool getnext;         /* walked without GETBULK though the version has it */
	bool unfinished;      /* it answers, but did not tell all in time: TIMEOUT */
	bool slow;            /* it had to be asked for less at a time */
	int64_t rtt_us;       /* of the first answer; METRIC_UNKNOWN without one */
	int64_t took_us;
};

struct walk_handlers {
	void (*on_varbind)(void *arg, const struct varbind *v);
	/* The last call; the walk is freed after it. `r` is borrowed. */
	void (*on_done)(void *arg, const struct walk_result *r);
	void *arg;
};

struct session;
struct walk;

/* `roots` are borrowed until on_done; scalars first is the cheapest order. `most_ms`: ends what is left after so long, reason TIMEOUT. */
struct walk *walk_start(
        struct session *s, const struct walk_root *roots, size_t count, int64_t most_ms, const struct walk_handlers *h);
/* Without on_done. */
void walk_cancel(struct walk *w);

#endif
