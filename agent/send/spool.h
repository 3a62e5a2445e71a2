/*
 * spool: batches wait here, on disk, until the collector has them on its own.
 *
 * One SQLite file <dir>/spool.db (WAL, synchronous=FULL, one transaction a step).
 * A batch's key is (epoch, seq): the epoch is 64 random bits, seq begins at 1 and is given
 * without holes. Each batch knows its boot and the agent's wall clock at its base; the
 * collector's offset of a boot is kept once told. Set numbers are (class, instance) ->
 * number, kept for the life of the file.
 *
 * spool_renew() begins a new epoch: what is not acknowledged is renumbered behind
 * batches that hold nothing but the whole dictionary, so the bodies stay as they
 * are and still make sense to a collector that never saw the old epoch.
 *
 * Full: the oldest hour becomes 5-minute rows (a service keeps its changes of state), later
 * the oldest go. What is left stands under the last number of what it was made
 * of, with all its dictionary entries and an event that says what was lost; the numbers between are gaps.
 *
 * Runs in the agent process only, in its loop's thread; nothing here waits but for the disk.
 */
#ifndef SANSANG_SPOOL_H
#define SANSANG_SPOOL_H

#include "common/batch.h"
#include "common/clock.h"

struct spool;

struct spool_batch {
	uint64_t seq;
	uint8_t boot_id[BOOT_ID_BYTES];
	int64_t wall_ms;   /* the agent's wall clock at the batch's base */
	bool offset_known; /* the collector told wall = boot + offset for this boot */
	int64_t offset_ms;
	const uint8_t *body; /* borrowed until the next call on this spool */
	size_t len;
};

/* Makes <dir>/spool.db when there is none; one that is damaged is set aside as spool.db.broken and begun anew. 0 or -errno, logged. */
int spool_open(struct spool **out, const char *dir, int64_t max_bytes);
void spool_close(struct spool *s);

uint64_t spool_epoch(const struct spool *s);
uint64_t spool_next_seq(const struct spool *s);      /* what the next batch will get; the first is 1 */
uint64_t spool_oldest_seq(const struct spool *s);    /* not acknowledged; 0 when empty */
uint64_t spool_backlog(const struct spool *s);       /* batches not acknowledged */
int64_t spool_bytes(const struct spool *s);          /* about what they take */
const uint8_t *spool_boot_id(const struct spool *s); /* of this boot, BOOT_ID_BYTES */

/* The number of (class, instance); *fresh until a batch that was put holds its entry. UINT32_MAX when the table is full. */
uint32_t spool_number(struct spool *s, enum metric_class_id class_id, const char *instance, bool *fresh);
/* Appends a batch of this boot; on disk when it returns 0. -errno: it is lost, and the next one that goes in says so. */
int spool_put(struct spool *s, int64_t base_boot_ms, const uint8_t *body, size_t len);

/* The first batch at or after `from_seq` that is not acknowledged. 0, -ENOENT when there is none, -EIO. */
int spool_peek(struct spool *s, uint64_t from_seq, struct spool_batch *out);
/* All up to `seq` of `epoch` are on the collector's disk; another epoch's word is passed over. Deleted with the next put. */
void spool_ack(struct spool *s, uint64_t epoch, uint64_t seq);
/* A new epoch; peek again from 1. 0 or -errno, then nothing has changed. */
int spool_renew(struct spool *s);

/* What the collector said of this boot: it goes with every batch of it from now on. */
int spool_set_offset(struct spool *s, int64_t offset_ms);
/* Of this boot. */
bool spool_offset(const struct spool *s, int64_t *offset_ms);

#endif
