/*
 * stall: what the kernel knows of a connection that says nothing any more (TCP_INFO), and what that means.
 *
 * Each side sees half. We repeat ourselves in vain, and the other side's heartbeats, new ones, go on: our acknowledgements
 * arrive, so what is small does, and it is an MTU hole; when only their repetitions come, nothing of ours arrives, and it is
 * loss one way. All is acknowledged and nothing is said: a program hangs, or theirs is the side of the hole. Any process.
 */
#ifndef SANSANG_STALL_H
#define SANSANG_STALL_H

#include <stddef.h>
#include <stdint.h>

enum stall_kind {
	STALL_NONE, /* nothing waits, or not for long */
	STALL_SILENT, /* all that we sent is acknowledged: the other program says nothing, or only its small ones arrive */
	STALL_OUT,    /* theirs arrives, ours does not */
	STALL_HOLE_OUT, /* of ours the small ones arrive */
	STALL_HOLE_IN,  /* of theirs the small ones arrive */
	STALL_DEAD,     /* nothing arrives: both ways, or only theirs; their side can tell */
};

struct stall {
	enum stall_kind kind;
	unsigned unacked, sacked, repeated, mss, rtt_us; /* segments, bytes, microseconds */
	unsigned in_a_row;                               /* repetitions without any progress */
	unsigned segments_out, segments_in;              /* with data, since the beginning, repetitions too */
	unsigned out_of_order;                           /* segments that came so, since the beginning */
	unsigned acked_ms_ago, heard_ms_ago;             /* their last segment, and their last data in order */
};

/* 0 or -errno. */
int stall_read(int fd, struct stall *out);
/* Of the other members; `silent_ms`: how long counts as silence. */
enum stall_kind stall_judge(const struct stall *s, unsigned silent_ms);
/* "hole-out"; for machines. */
const char *stall_name(enum stall_kind kind);
/* For a person: "an MTU hole on our way out: only what is small arrives; tcp: 3 segments unacknowledged, ...". Gives `out`. */
const char *stall_words(const struct stall *s, char *out, size_t size);

#endif
