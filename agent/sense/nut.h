/*
 * nut: the conversation with NUT's upsd: what we ask it and what its lines mean. Pure: bytes in, readings out; ups.c knows the network.
 *
 * Source: NUT's developer guide, chapter "Network protocol information" (RFC 9271), and "Status data" of its variables. Lines end with LF;
 * words are parted by blanks, or stand in quotes with \" and \\. Requests are answered in their order: what comes otherwise is
 * -EPROTO and ends the conversation. Runs in the eyes process.
 */
#ifndef SANSANG_NUT_H
#define SANSANG_NUT_H

#include "common/buf.h"

#define NUT_PORT "3493"
#define NUT_LINE_MAX 1024
#define NUT_WORD_MAX 256
#define NUT_UPS_MAX 8
#define NUT_NAME_MAX 64 /* with the NUL */

/* Of ups.status. */
enum nut_status {
	NUT_ON_MAINS = 1 << 0,
	NUT_ON_BATTERY = 1 << 1,
	NUT_LOW = 1 << 2,
	NUT_FORCED = 1 << 3, /* its primary is shutting all down */
	NUT_REPLACE = 1 << 4,
	NUT_OVERLOAD = 1 << 5,
	NUT_BYPASS = 1 << 6,
	NUT_OFF = 1 << 7,
	NUT_CALIBRATING = 1 << 8,
	NUT_ALARM = 1 << 9,
};

/* NAN: it does not tell. */
struct nut_readings {
	unsigned status; /* of enum nut_status */
	double charge_pct, runtime_s, load_pct, input_v, battery_v, temperature_c;
};

struct nut_handlers {
	/* The list of all is here (nut_ask_list). */
	void (*on_listed)(void *arg);
	void (*on_status)(void *arg, size_t ups, unsigned status);
	void (*on_readings)(void *arg, size_t ups, const struct nut_readings *r);
	/* upsd refused: "DATA-STALE", "UNKNOWN-UPS", "ACCESS-DENIED" ...; `ups` SIZE_MAX: the list. */
	void (*on_refused)(void *arg, size_t ups, const char *word);
	void *arg;
};

struct nut;

/* Borrows `handlers` for its life. */
struct nut *nut_new(const struct nut_handlers *handlers);
void nut_free(struct nut *n);
/* A new connection: nothing is asked, nothing half read. The UPSs stay known. */
void nut_reset(struct nut *n);

/* What is asked is appended to `out`. */
void nut_ask_list(struct nut *n, struct buf *out);
void nut_ask_status(struct nut *n, struct buf *out);   /* of every known UPS */
void nut_ask_readings(struct nut *n, struct buf *out); /* the same */
/* Answers that are still to come. */
size_t nut_waiting(const struct nut *n);
/* Bytes of upsd; 0 or -EPROTO. Calls the handlers, which must not free `n`. */
int nut_put(struct nut *n, const void *data, size_t len);

size_t nut_count(const struct nut *n);
const char *nut_name(const struct nut *n, size_t ups);
/* The only one wanted, instead of a list. */
void nut_set_only(struct nut *n, const char *name);

#endif
