/*
 * record: the bytes of one journal record within a block.
 *
 *   record := kind(1) flags(varint) at_ms(svarint) node(len 1, bytes, NUL) key(len 1, bytes, NUL)
 *             [epoch(8) seq(varint) boot(16) offset_ms(svarint)] body(blob)
 *
 * The part in brackets is there when RECORD_STREAM is set. The id is not written: a block
 * names the id of its first record, the others follow by one.
 */
#ifndef SANSANG_JOURNAL_RECORD_H
#define SANSANG_JOURNAL_RECORD_H

#include "collector/journal/journal.h"
#include "common/buf.h"

#define RECORD_NAME_MAX 255u       /* letters of node and key */
#define RECORD_STREAM (1u << 30)   /* epoch, seq, boot, offset are written; not seen by readers */
#define RECORD_HAS_DICT (1u << 31) /* the batch holds dictionary entries; not seen by readers */

/* r->flags may hold RECORD_HAS_DICT. `at_ms` is written in place of r->at_ms. 0 or -EINVAL. */
int record_pack(struct buf *out, const struct record *r, int64_t at_ms);
/* Strings and body are borrowed from the cursor's bytes. Internal flags stay in r->flags. 0 or -EBADMSG. */
int record_unpack(struct cursor *c, struct record *r);

#endif
