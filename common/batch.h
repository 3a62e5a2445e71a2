/*
 * batch: the compact bytes that spool, wire and journal share.
 *
 *   batch   := version(1)=1 base_boot_ms(varint) item*
 *   item    := 1 set class layout instance              dictionary entry
 *            | 2 set columns rows time* column*         rows of one set, column after column
 *            | 3 time kind text                         event
 *   time    := svarint, milliseconds since the item before it in this item's list (first: since base)
 *   column  := for each row varint: 0 unknown, else 1 + zigzag(value - last known value, first: 0)
 *
 * Times are boot-clock milliseconds of the boot that the envelope names (the
 * journal record or wire message around it says which boot, and the offset that
 * makes wall time of it). A set is a number that the spool gives to one
 * (class, instance) for the life of its epoch; its dictionary entry stands in
 * the first batch that uses it. Values are scaled integers (metric.h).
 *
 * The encoder groups rows by set; the decoder is bounded, allocates nothing, and
 * gives rows of one set in the order in which they were put. Strings given to
 * handlers are valid during the call. Decoding an item that breaks a limit fails
 * whole: -EBADMSG, handlers may have seen earlier items.
 */
#ifndef SANSANG_BATCH_H
#define SANSANG_BATCH_H

#include "common/buf.h"
#include "common/metric.h"

#define BATCH_BYTES_MAX (256 * 1024)
#define BATCH_ROWS_MAX 4096  /* of one item */
#define BATCH_SETS_MAX 65536 /* set numbers are below this */
#define BATCH_TEXT_MAX 4096

struct batch_writer;

struct batch_writer *batch_writer_new(void);
void batch_writer_free(struct batch_writer *w);
void batch_dict(struct batch_writer *w, uint32_t set, const char *class_name, uint8_t layout, const char *instance);
/* `count` at most METRIC_COLUMNS_MAX; rows of one set in time order. */
void batch_row(struct batch_writer *w, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count);
/* kind: a short word ("carrier"); text: free, cut at BATCH_TEXT_MAX. */
void batch_event(struct batch_writer *w, int64_t boot_ms, const char *kind, const char *text);
/* Bytes that batch_finish would give, about. */
size_t batch_size(const struct batch_writer *w);
/* Appends the encoding to `out` and empties the writer. An empty writer appends nothing. */
void batch_finish(struct batch_writer *w, struct buf *out);

struct batch_handlers {
	void (*on_dict)(void *arg, uint32_t set, const char *class_name, uint8_t layout, const char *instance);
	void (*on_row)(void *arg, uint32_t set, int64_t boot_ms, const int64_t *values, unsigned count);
	void (*on_event)(void *arg, int64_t boot_ms, const char *kind, const char *text);
};

struct batch_summary {
	uint32_t rows, values, events, dicts;
	int64_t first_boot_ms, last_boot_ms;
};

/* Any handler may be NULL; `summary` too. 0 or -EBADMSG. */
int batch_decode(
        const uint8_t *data, size_t len, const struct batch_handlers *h, void *arg, struct batch_summary *summary);

#endif
