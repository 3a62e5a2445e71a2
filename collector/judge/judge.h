/*
 * judge: what the journal says about the province, thought through.
 *
 * struct judge is the whole of judge's mind: no libuv, no SQLite and no clock of its own, so scenario tests
 * replay a month by calling judge_record() and judge_tick(). What must be kept (dirty nodes, checks and incidents,
 * closed intervals, finished hours, people's acts) is gathered here until store.h writes it down
 * with the journal cursor in one transaction.
 *
 *   judge_record -> reading.c (batches) -> state.c -> trouble.c (what a bad state means) -> incident.c
 *                -> isolation.c (is it we who are cut off?)
 *
 * Runs in judge. Times are UTC ms; `now` is the journal's time while judge catches up and the clock's after.
 */
#ifndef SANSANG_JUDGE_JUDGE_H
#define SANSANG_JUDGE_JUDGE_H

#include "collector/journal/journal.h"
#include "collector/judge/excuse.h"
#include "collector/judge/fleet.h"
#include "collector/judge/incident.h"
#include "common/zone.h"

/* A check that is down, from its first bad evidence on. */
struct trouble {
	struct judge_check *check;
	int64_t from;
	int64_t begun;                /* when it was detected; 0: before a restart */
	int64_t due;                  /* when to decide what it is; 0: decided */
	uint8_t reason;               /* enum reason */
	bool connected;               /* the connection came about */
	bool primary;                 /* it makes its incident; otherwise it is only affected */
	struct incident *incident;    /* NULL while undecided */
	const struct incident *after; /* it outlived this one, which explains it no more */
	struct facts *known;          /* owned; said before it had an incident, NULL: nothing */
};

/* A transition that waits until the whole record is read. */
struct move {
	struct judge_check *check;
	struct transition t;
	bool connected;
};

struct closed_interval {
	int64_t check_id, start, stop;
	uint8_t state, reason;
};

/* A stretch without rows within an incident whose final cause is not known yet (rejudge.h). */
struct gap {
	struct judge_check *check;
	struct incident *incident;
	int64_t start, stop;
};

/* From when on a site's minutes are others than they were. */
struct rejudged {
	char site[64];
	int64_t since;
};

struct finished_hour {
	int64_t check_id, hour;
	struct buf body; /* owned */
};

struct noted_act {
	char incident[192], by[64], word[32];
	char *text; /* owned */
	int64_t at;
};

struct complaints; /* complaint.c */
struct drills;     /* drill.c */

struct judge_source {
	/* What a set number means, see follower_dict(). */
	bool (*dict)(void *arg, const char *node, uint64_t epoch, uint32_t set, const char **class_name,
	        uint8_t *layout, const char **instance);
	void *arg;
};

struct judge {
	struct fleet fleet;
	const struct inventory *inv; /* borrowed */
	struct topology *topology;   /* owned; NULL before the first inventory */
	struct book *book;           /* owned; NULL before the first question */
	const struct zone *zone;     /* borrowed; NULL is UTC */
	struct judge_source source;
	struct incidents incidents;
	struct trouble **troubles; /* owned */
	size_t trouble_count, trouble_cap;
	bool troubles_dirty;
	struct move *moves;
	size_t move_count, move_cap;
	struct closed_interval *closed;
	size_t closed_count, closed_cap;
	struct gap *gaps;
	size_t gap_count, gap_cap;
	bool gaps_dirty;
	struct rejudged *rejudged; /* since the last commit */
	size_t rejudged_count, rejudged_cap;
	struct finished_hour *hours;
	size_t hour_count, hour_cap;
	struct noted_act *acts;
	size_t act_count, act_cap;
	struct node_event *events; /* not yet on disk */
	size_t event_count, event_cap;
	struct excuses excuses;
	struct complaints *complaints; /* owned; NULL before the first */
	struct drills *drills;         /* owned; NULL before the first */
	int64_t now;
	uint64_t rows;         /* read since the start */
	int64_t swept_at;      /* when old checks were looked for */
	bool awaiting;         /* somebody may have something to add about what is over (testimony.c) */
	int64_t testified_at;  /* when that was looked at */
	int64_t surveyed_at;   /* when open incidents were looked at (survey.c) */
	int64_t forgot_at;     /* when what is long over left memory */
	struct incident *cut;  /* the collector's own line is down: this incident; NULL it is not */
	bool cut_by_path;      /* seen by the agent beside the collector, not by a mass of silent agents */
	int64_t cut_ended_at;  /* agents need a while to come back */
	struct incident *worn; /* the collector's own line is bad, not dead: this incident; NULL it is well */
	bool uncertain;        /* the record at hand is of a boot that could not be verified */
	bool urgent;           /* something to conclude: commit soon */
	/* A check's shown state changed, or (check NULL) all may have. */
	void (*on_state)(void *arg, const struct judge_check *c);
	void *arg;
};

void judge_init(struct judge *j, int64_t step_ms, const struct judge_source *source);
void judge_set_inventory(struct judge *j, const struct inventory *inv);
/* Everything in it, also what was made up from rows of another time. */
void judge_record(struct judge *j, const struct record *r);
/* A state told ahead of the samples. `at` is when it began, collector's clock. */
void judge_hint(struct judge *j, const char *node, const char *class_name, const char *subject, bool up, int reason,
        int64_t at);
/* Time went on to `now`: decides what waited, looks for checks that fell silent. */
void judge_tick(struct judge *j, int64_t now);
/* After loading: connections are believed only for a while. */
void judge_resume(struct judge *j, int64_t now);
void judge_free(struct judge *j);

/* ---- between the parts of judge ---- */

/* Puts a transition aside until judge_settle(). */
void judge_move(struct judge *j, struct judge_check *c, const struct transition *t, bool connected);
/* What the moves mean, in the order of time. */
void judge_settle(struct judge *j);
void judge_keep_hour(struct judge *j, struct judge_check *c);

#endif
