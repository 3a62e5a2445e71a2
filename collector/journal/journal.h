/*
 * journal: the collector's narrow waist. Nothing changes state but through it.
 *
 * Records are kept in segment files `<dir>/<first id, 16 digits>.seg`, SQLite databases
 * (WAL, synchronous=FULL) that are dropped whole by age and size, never past the slowest
 * follower. Ids rise by one over all segments. Append and consume are separate halves:
 * only core appends; a follower opens the same files read-only, in its own process, at
 * its own cursor, and needs nobody's leave. Each segment begins with the stream table
 * (last sequence of every node's epoch) and the dictionary as they stood, so both halves
 * can start at any segment.
 */
#ifndef SANSANG_JOURNAL_H
#define SANSANG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/clock.h"

enum record_kind {
	RECORD_BATCH = 1, /* body: common/batch.h bytes. node, epoch, seq, boot, offset_ms, flags */
	RECORD_GAP = 2,   /* the agent lost batches: epoch, seq = first missing; body: JSON {"next": seq} */
	RECORD_AGENT =
	        3, /* body: JSON {"state": "connected|configured|silent|heard|closed|reset|refused", "why", "software", "address", "rtt_us", "skew_ms", "config_version": of the central configuration that the agent has in force} */
	RECORD_INVENTORY =
	        4, /* body: JSON {"digest": hex}: a new inventory is in force; file <state_dir>/inventory/<digest>.yaml */
	RECORD_CONCLUSION = 5, /* judge's: body: JSON, see collector/judge/conclusion.h; key unique */
	RECORD_ACT =
	        6, /* a person's: body: JSON {"act": "ack|comment|revoke|token|enrol|user|...", "by", "target", "text", ...}; also the audit log */
	RECORD_PROCESS = 7, /* body: JSON {"role", "index", "how"}: a process died */
};

#define RECORD_UNCERTAIN 1u /* flags: the batch's boot could not be verified, its times are the agent's word */
#define RECORD_SIMULATED 2u /* flags: of a simulated site */

struct record {
	int64_t id;    /* given by append */
	int64_t at_ms; /* collector's wall clock at append */
	enum record_kind kind;
	uint32_t flags;
	const char *node; /* "" when of no node */
	uint64_t epoch, seq;
	uint8_t boot[BOOT_ID_BYTES];
	int64_t offset_ms; /* wall = boot + offset, for the times in a batch */
	/* "" or unique: an append with a key seen before in the journal is answered with the old id and stores nothing */
	const char *key;
	const uint8_t *body;
	size_t body_len;
};

/* ---- append half: core ---- */

struct journal;

struct journal_limits {
	int64_t keep_ms;
	int64_t max_bytes;
	int64_t segment_bytes; /* begin a new segment above this; 0: 64 MB */
};

/* status 0: on disk, `id` is the record's. -EALREADY: (node, epoch, seq) or key was there before, stores nothing, id of the old one if known, else 0. -ENOSPC: full. Else -errno: also of a batch whose stream failed a moment ago, until the one that failed comes again. */
typedef void (*journal_on_append)(int status, int64_t id, void *arg);

/* Makes the folder when missing. 0 or -errno, logged. `on_full` is told when appends begin (true) and cease (false) to be refused for want of room. */
int journal_open(struct journal **out, uv_loop_t *loop, const char *dir, const struct journal_limits *limits,
        void (*on_full)(bool full, void *arg), void *arg);
/* Copies the record. Answers in order, after the group commit (a thread commits what has gathered; at most a few ms). `at_ms` and `id` of the argument are ignored. */
void journal_append(struct journal *j, const struct record *r, journal_on_append on_append, void *arg);
/* A dictionary entry (batch.h) of the batch that is appended next: kept for segment starts. */
void journal_dict(struct journal *j, const char *node, uint64_t epoch, uint32_t set, const char *class_name,
        uint8_t layout, const char *instance);
/* Last appended sequence of the node's epoch, counting what is still queued; 0 none. */
uint64_t journal_stream_seq(const struct journal *j, const char *node, uint64_t epoch);
/* The same, but only what is on disk: what an agent may be told. */
uint64_t journal_stream_committed(const struct journal *j, const char *node, uint64_t epoch);
/* The node has begun a newer epoch since: its box was put back to an older image. */
bool journal_stream_outdated(const struct journal *j, const char *node, uint64_t epoch);
int64_t journal_last_id(const struct journal *j); /* committed */
bool journal_full(const struct journal *j);       /* appends are refused for want of room */
/* No segment with ids above the slowest cursor is dropped. */
void journal_set_cursor(struct journal *j, const char *follower, int64_t id);
int64_t journal_slowest(const struct journal *j); /* the slowest cursor; INT64_MAX without followers */
size_t journal_queued(const struct journal *j);   /* bytes waiting for a commit */
/* Commits what is queued, answers all; its memory goes when the loop has closed its handles. */
void journal_close(struct journal *j);

/* ---- consume half: followers ---- */

struct follower;

/* Records after `cursor`. 0 or -errno, logged. A missing folder is waited for: next() gives 0. */
int follower_open(struct follower **out, const char *dir, int64_t cursor);
/* 1 and *r (valid until the next call), 0 at the end for now, -errno (logged). */
int follower_next(struct follower *f, struct record *r);
/*
 * What set means to (node, epoch): from dictionary entries in batches already given by next(), and
 * those of the segment's start. class_name and instance are valid until the next call of any follower function. False when unknown.
 */
bool follower_dict(struct follower *f, const char *node, uint64_t epoch, uint32_t set, const char **class_name,
        uint8_t *layout, const char **instance);
void follower_close(struct follower *f);

#endif
