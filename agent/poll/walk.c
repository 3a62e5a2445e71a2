#include "agent/poll/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/poll/message.h"
#include "agent/poll/session.h"
#include "common/clock.h"
#include "common/memory.h"

#define COLUMNS_MAX 12
#define VARBINDS_FIRST 64 /* of one answer: about what fits in a datagram that is not cut in pieces */
#define VARBINDS_MOST 360
#define VARBINDS_LEAST 8
#define REPETITIONS_FIRST 10
#define REPETITIONS_MOST 60
#define FAST_US 300000
#define FIRST_TIMEOUT_MS 1000
#define FIRST_RETRIES 2
#define TIMEOUT_MS 1500
#define RETRIES 1
#define DOUBT_WALKS 100 /* after so many what a device could not bear is tried again: it may have been the line */

enum { ERROR_TOO_BIG = 1, ERROR_NO_NAME = 2 };

struct column {
	unsigned root;
	bool done;
	unsigned rows;
	size_t len;
	unsigned long last[MESSAGE_OID_MAX]; /* the name told last; of a scalar what is asked for */
};

struct walk {
	struct session *session;
	struct session_pace *pace;
	const struct walk_root *roots;
	size_t count, next; /* the first root that no batch has taken */
	struct walk_handlers handlers;
	struct walk_result result;
	int64_t begun_ms, most_ms;
	bool answered, engine_retried;
	bool scalars; /* what the batch is of */
	unsigned scalars_most;

	struct column columns[COLUMNS_MAX];
	size_t width; /* of the batch */
	enum session_command command;
	unsigned asked_repetitions;
	struct column *asked[COLUMNS_MAX]; /* of the request under way, in its order */
	size_t asked_count;
};

static void step(struct walk *w);

/* ---- the end ---- */

static void walk_end(struct walk *w, enum reason reason, const char *note)
{
	struct walk_handlers h = w->handlers;
	struct walk_result r = w->result;

	r.reason = reason;
	if (note)
		snprintf(r.note, sizeof(r.note), "%s", note);
	r.took_us = (clock_boot_ms() - w->begun_ms) * 1000;
	r.repetitions = w->pace->repetitions;
	r.getnext = w->pace->getnext;
	if ((w->pace->getnext || w->pace->varbinds_most < VARBINDS_MOST) && ++w->pace->walks >= DOUBT_WALKS) {
		w->pace->getnext = false;
		w->pace->varbinds_most = VARBINDS_MOST;
	}
	free(w);
	h.on_done(h.arg, &r);
}

static void note_root(struct walk *w, const struct walk_root *root, const char *what)
{
	size_t at = 0, size = sizeof(w->result.note);

	if (w->result.note[0])
		return;
	for (size_t i = 0; i < root->oid_len && at < size - 12; i++)
		at += (size_t)snprintf(w->result.note + at, size - at, i ? ".%lu" : "%lu", root->oid[i]);
	snprintf(w->result.note + at, size - at, " %s", what);
}

/* ---- what comes ---- */

static int oid_compare(const unsigned long *a, size_t a_len, const unsigned long *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return a_len < b_len ? -1 : a_len > b_len;
}

static bool under(const struct walk_root *root, const struct varbind *v)
{
	if (v->oid_len <= root->oid_len)
		return false;
	/* roots differ at their ends */
	for (size_t i = root->oid_len; i-- > 0;)
		if (v->oid[i] != root->oid[i])
			return false;
	return true;
}

static void column_take(struct walk *w, struct column *c, struct varbind *v)
{
	const struct walk_root *root = &w->roots[c->root];

	if (c->done)
		return;
	if (v->type >= MESSAGE_NO_OBJECT || !under(root, v)) {
		c->done = true;
		return;
	}
	if (!w->scalars && (oid_compare(v->oid, v->oid_len, c->last, c->len) <= 0 || ++c->rows > WALK_ROWS_MAX)) {
		w->result.loops++;
		note_root(w, root, c->rows > WALK_ROWS_MAX ? "has too many rows" : "does not increase");
		c->done = true;
		return;
	}
	memcpy(c->last, v->oid, v->oid_len * sizeof(c->last[0]));
	c->len = v->oid_len;
	c->done = w->scalars;
	if (v->type == 5)
		return; /* NULL is no value */
	v->root = c->root;
	v->index_at = root->oid_len;
	w->result.values++;
	w->handlers.on_varbind(w->handlers.arg, v);
}

/* The count of varbinds. */
static size_t take_all(struct walk *w, struct session_answer *a)
{
	struct varbind v;
	size_t at = 0, column = 0;

	while (session_next(a, &v)) {
		column_take(w, w->asked[column], &v);
		at++;
		if (++column == w->asked_count)
			column = 0;
	}
	return at;
}

/* ---- pace ---- */

static unsigned more_of(unsigned now, unsigned most)
{
	return now + now / 2 + 1 < most ? now + now / 2 + 1 : most;
}

/* A whole and quick answer earns a larger question; one that was cut says what fits. */
static void pace_learn(struct walk *w, const struct session_answer *a, size_t got, size_t asked)
{
	struct session_pace *p = w->pace;

	if (got < asked) {
		p->varbinds = got < VARBINDS_LEAST ? VARBINDS_LEAST : (unsigned)got;
	} else if (a->rtt_us < FAST_US && !a->retries) {
		p->repetitions = more_of(p->repetitions, p->most ? p->most : REPETITIONS_MOST);
		p->varbinds = more_of(p->varbinds, p->varbinds_most);
	}
}

static bool pace_getnext(struct walk *w)
{
	w->result.slow = w->pace->getnext = true;
	w->pace->bulk = false;
	w->pace->walks = 0;
	return true;
}

/* Asks for less at a time; false when there is no less. */
static bool pace_shrink(struct walk *w)
{
	w->result.slow = true;
	if (w->command == SESSION_GETBULK && w->asked_repetitions > 1) {
		w->pace->repetitions = w->asked_repetitions / 2;
		/* where pieces of datagrams get lost a larger answer would be lost at each poll */
		w->pace->varbinds = w->pace->varbinds_most = w->pace->repetitions * (unsigned)w->asked_count;
		w->pace->walks = 0;
		return true;
	}
	if (w->asked_count > 1 && w->scalars)
		w->scalars_most = (unsigned)w->asked_count / 2;
	else if (w->asked_count > 1)
		w->pace->columns = (unsigned)w->asked_count / 2;
	else
		return w->command == SESSION_GETBULK && pace_getnext(w);
	return true;
}

/* It gave no use of GETBULK, or of several at once. */
static bool pace_simplify(struct walk *w)
{
	return w->command == SESSION_GETBULK ? pace_getnext(w) : pace_shrink(w);
}

/* ---- answers ---- */

/* A column that the device cannot tell is left; the others are asked again. */
static void got_error(struct walk *w, const struct session_answer *a)
{
	size_t index = (size_t)a->error_index;
	char what[32];

	if (a->error == ERROR_TOO_BIG || a->error_index < 1 || index > w->asked_count) {
		if (!(a->error == ERROR_TOO_BIG ? pace_shrink(w) : pace_simplify(w)))
			w->asked[0]->done = true;
	} else {
		w->asked[index - 1]->done = true;
	}
	if (a->error != ERROR_NO_NAME && a->error != ERROR_TOO_BIG) {
		snprintf(what, sizeof(what), "gives error %ld", a->error);
		note_root(w, &w->roots[w->asked[index >= 1 && index <= w->asked_count ? index - 1 : 0]->root], what);
	}
	step(w);
}

static void got_values(struct walk *w, struct session_answer *a)
{
	size_t got = take_all(w, a),
	       asked = w->asked_count * (w->command == SESSION_GETBULK ? w->asked_repetitions : 1);
	bool broken = session_broken(a);

	if (broken)
		note_root(w, &w->roots[w->asked[0]->root], "came broken");
	if (!got && !pace_simplify(w))
		w->asked[0]->done = true;
	/* of a GET what was not told is not asked for again */
	for (size_t i = 0; w->scalars && got && i < w->asked_count; i++)
		w->asked[i]->done = true;
	if (w->command == SESSION_GETBULK) {
		w->pace->bulk |= got > 0;
		pace_learn(w, a, got, asked);
	}
	step(w);
}

static void got_nothing(struct walk *w, const struct session_answer *a)
{
	if (a->reason == REASON_PROTOCOL && !w->engine_retried) {
		w->engine_retried = true;
		step(w);
	} else if (a->reason != REASON_TIMEOUT || !w->answered) {
		walk_end(w, a->reason, a->note);
	} else if (w->command == SESSION_GETBULK && !w->pace->bulk) {
		pace_getnext(w); /* it answers, but perhaps not this */
		step(w);
	} else if (!pace_shrink(w)) {
		walk_end(w, REASON_TIMEOUT, "it stopped answering");
	} else {
		step(w);
	}
}

static void on_answer(void *arg, const struct session_answer *told)
{
	struct session_answer a = *told;
	struct walk *w = arg;

	w->result.retries += a.retries;
	if (a.reason != REASON_OK) {
		got_nothing(w, &a);
		return;
	}
	if (!w->answered)
		w->result.rtt_us = a.rtt_us;
	w->answered = true;
	if (a.error)
		got_error(w, &a);
	else
		got_values(w, &a);
}

/* ---- questions ---- */

/* The next roots that go together; false when all are walked. */
static bool batch_next(struct walk *w)
{
	size_t most = COLUMNS_MAX;

	if (w->next == w->count)
		return false;
	w->scalars = !w->roots[w->next].table;
	if (w->scalars && w->scalars_most)
		most = w->scalars_most;
	if (!w->scalars && w->pace->columns && w->pace->columns < most)
		most = w->pace->columns;
	w->width = 0;
	for (uint8_t table = w->roots[w->next].table;
	        w->width < most && w->next < w->count && w->roots[w->next].table == table; w->next++) {
		struct column *c = &w->columns[w->width++];
		const struct walk_root *root = &w->roots[w->next];

		c->root = (unsigned)w->next;
		c->done = false;
		c->rows = 0;
		c->len = root->oid_len;
		memcpy(c->last, root->oid, root->oid_len * sizeof(c->last[0]));
		/* v1 fails a whole GET for one scalar that is missing, GETNEXT goes on to what follows */
		if (w->scalars && session_version(w->session) != 1)
			c->last[c->len++] = 0;
	}
	return true;
}

static enum session_command command_of(const struct walk *w)
{
	int version = session_version(w->session);

	if (w->scalars)
		return version == 1 ? SESSION_GETNEXT : SESSION_GET;
	return version == 1 || w->pace->getnext ? SESSION_GETNEXT : SESSION_GETBULK;
}

static void ask(struct walk *w)
{
	const unsigned long *oids[COLUMNS_MAX];
	size_t lens[COLUMNS_MAX];
	unsigned most;
	struct session_request r = {.command = w->command,
	        .oids = oids,
	        .oid_lens = lens,
	        .count = w->asked_count,
	        .retries = w->answered ? RETRIES : FIRST_RETRIES,
	        .timeout_ms = w->answered ? TIMEOUT_MS : FIRST_TIMEOUT_MS,
	        .on_answer = on_answer,
	        .arg = w};

	for (size_t i = 0; i < w->asked_count; i++) {
		oids[i] = w->asked[i]->last;
		lens[i] = w->asked[i]->len;
	}
	most = w->pace->varbinds / (unsigned)w->asked_count;
	most = most ? most : 1;
	w->asked_repetitions = r.repetitions = w->pace->repetitions < most ? w->pace->repetitions : most;
	w->result.requests++;
	session_ask(w->session, &r);
}

/* Asks for what is left of the batch, or for the next. */
static void step(struct walk *w)
{
	size_t most;

	if (clock_boot_ms() - w->begun_ms > w->most_ms) {
		w->result.unfinished = w->result.slow = w->answered;
		walk_end(w, REASON_TIMEOUT, "it takes too long");
		return;
	}
	do {
		w->command = command_of(w);
		most = w->scalars ? w->scalars_most : w->pace->columns;
		w->asked_count = 0;
		for (size_t i = 0; i < w->width && (!most || w->asked_count < most); i++)
			if (!w->columns[i].done)
				w->asked[w->asked_count++] = &w->columns[i];
		if (w->asked_count) {
			ask(w);
			return;
		}
	} while (batch_next(w));
	walk_end(w, REASON_OK, NULL);
}

struct walk *walk_start(
        struct session *s, const struct walk_root *roots, size_t count, int64_t most_ms, const struct walk_handlers *h)
{
	struct walk *w = mem_alloc(sizeof(*w));

	w->session = s;
	w->pace = session_pace(s);
	w->roots = roots;
	w->count = count;
	w->handlers = *h;
	w->begun_ms = clock_boot_ms();
	if (!w->pace->repetitions) {
		w->pace->repetitions = w->pace->most ? w->pace->most : REPETITIONS_FIRST;
		w->pace->varbinds = VARBINDS_FIRST;
		w->pace->varbinds_most = VARBINDS_MOST;
	}
	w->most_ms = most_ms;
	w->result.rtt_us = METRIC_UNKNOWN;
	step(w);
	return w;
}

void walk_cancel(struct walk *w)
{
	session_cancel(w->session);
	free(w);
}
