/*
 * stall: what the kernel knows of a connection that says nothing any more (TCP_INFO), and what that means.
 *
 * Each side sees half: that what we send is not acknowledged while the other side's still arrives is loss on our way out
 * alone; that small segments arrive (they are acknowledged out of turn, or wait out of order) while others are repeated in vain
 * is an MTU hole; that all is acknowledged and nothing is said is a program that hangs. Any process.
 */
#ifndef SANSANG_STALL_H
#define SANSANG_STALL_H

#include <stddef.h>
#include <stdint.h>

enum stall_kind {
	STALL_NONE,     /* nothing waits, or not for long */
	STALL_SILENT,   /* all that we sent is acknowledged: the network is well, the other program says nothing */
	STALL_OUT,      /* theirs arrives, ours does not */
	STALL_HOLE_OUT, /* of ours the small ones arrive */
	STALL_HOLE_IN,  /* of theirs the small ones arrive */
	STALL_DEAD,     /* nothing arrives: both ways, or only theirs; their side can tell */
};

struct stall {
	enum stall_kind kind;
	unsigned unacked, sacked, repeated, mss, rtt_us; /* segments, bytes, microseconds */
	unsigned in_a_row;                               /* repetitions without any progress */
	unsigned out_of_order;                           /* segments that came so, since the beginning */
	unsigned acked_ms_ago, heard_ms_ago;             /* their last segment, and their last data in order */
};

/* 0 or -errno. */
int stall_read(int fd, struct stall *out);
/* Of the other members; `silent_ms`: how long counts as silence. */
enum stall_kind stall_judge(const struct stall *s, unsigned silent_ms);
/* "hole-out"; for machines. */
const char *stall_name(enum stall_kind kind);
/* For a person: "3 segments of 1448 bytes unacknowledged, ...: full-size segments vanish on the way out (an MTU hole)". Gives `out`. */
const char *stall_words(const struct stall *s, char *out, size_t size);

#endif
