/*
 * state: what a check is, from what was seen of it. Pure: samples and time in,
 * transitions out; no clock, no libuv, no SQLite.
 *
 * A row at `at` speaks for the step that begins there. A state changes only after as
 * many rows as the rule of its kind asks for, and then from the first of them on. A
 * check that was not seen for 2.5 steps is unobserved from the end of the last step
 * that was seen; the first row after that decides at once unless it is bad news that the
 * rule wants confirmed. What a kind accuses whom of stands in one table with its rule. Runs in judge. Times are UTC ms.
 */
#ifndef SANSANG_JUDGE_STATE_H
#define SANSANG_JUDGE_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Rising by how bad it is; the numbers are stored. */
enum state { STATE_UNOBSERVED, STATE_UP, STATE_DEGRADED, STATE_DOWN };
const char *state_name(int state); /* "up" ...; "unobserved" out of range */

/* Kinds of checks; the first ones stand in the order of enum metric_class_id. The numbers are stored. */
enum check_kind {
	KIND_HOST,
	KIND_INTERFACE,
	KIND_PATH,
	KIND_UPLINK,
	KIND_SERVICE,
	KIND_AGENT,
	KIND_HEALTH,
	KIND_CLOCK,
	KIND_UPS,
	KIND_GEAR,
	KIND_MTU,
	KIND_TLS,
	KIND_ROWS,                 /* those before it have rows of the class with their number */
	KIND_CONFLICT = KIND_ROWS, /* another machine has an address of the node (address.h) */
	KIND_COUNT
};
const char *check_kind_name(int kind); /* as the class: "host", "if", "path", "uplink", "svc", "agent", "health" ... */

struct state_rule {
	uint8_t down_rows, up_rows, degraded_rows; /* rows in a row that make it so */
};
const struct state_rule *state_rule(enum check_kind kind);

/* Is a check of that kind in that state somebody's matter (trouble.h)? Others only have a state. */
bool state_accuses(enum check_kind kind, int state);
/* Is it an alarm when its unit is live? Otherwise a warning: what still works, or may yet. */
bool state_alarms(enum check_kind kind);

struct state_machine {
	uint8_t state, reason; /* enum reason of common/metric.h */
	uint8_t run_state;     /* what the rows that differ say, and how many they are */
	uint8_t run;
	int64_t since, at; /* at: last evidence, 0 none */
	int64_t run_at;    /* first of the run */
};

struct transition {
	uint8_t from, to, reason;
	int64_t since, at; /* when `from` began, and when `to` did */
};

/* Gives the number of transitions, at most 2, oldest first. Evidence that is not newer than the last is passed over. */
unsigned state_feed(struct state_machine *m, const struct state_rule *rule, int64_t step_ms, int64_t at,
        enum state seen, uint8_t reason, struct transition out[2]);
/* Sets a state that needs no confirmation. True when it changed. */
bool state_set(struct state_machine *m, int64_t at, enum state to, uint8_t reason, struct transition *out);
/* The state as it shows at `now`; *since (may be NULL) is when that began. */
enum state state_now(const struct state_machine *m, int64_t step_ms, int64_t now, int64_t *since);
/* The step that evidence of this kind may be expected in: gear that is down is asked more and more rarely (agent/poll/poller.h). */
int64_t state_step_ms(enum check_kind kind, const struct state_machine *m, int64_t step_ms);
/* How long after the last evidence a check becomes unobserved. */
int64_t state_patience_ms(int64_t step_ms);

#endif
